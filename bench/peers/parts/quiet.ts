import { setTimeout as sleep } from "node:timers/promises";
import type { RunningPeer } from "../peer.ts";
import { cpuMs } from "../processes.ts";
import type { Stage } from "../stage.ts";

/** A peer that uses less of a core than this, looked at for so long, does nothing in the background. */
const BUSY_SHARE = 0.05;
const LOOK_MS = 2_000;
/** What begins a moment after the start must not be missed. */
const QUIET_LOOKS = 3;
const WAIT_MS_MAX = 180_000;

/**
 * Resolves once a peer that was just started has done what it does then: merging, opening caches, reading ahead. A server runs for months, and its first
 * seconds are not what is measured.
 */
export async function untilQuiet(stage: Stage, running: RunningPeer): Promise<void> {
  if (stage.isLook) return;
  const untilMs = performance.now() + WAIT_MS_MAX;
  let quietLooks = 0;
  for (let beforeMs = cpuMs(running.processIds()); quietLooks < QUIET_LOOKS && performance.now() < untilMs; ) {
    await sleep(LOOK_MS);
    const nowMs = cpuMs(running.processIds());
    quietLooks = nowMs - beforeMs < LOOK_MS * BUSY_SHARE ? quietLooks + 1 : 0;
    beforeMs = nowMs;
  }
}
