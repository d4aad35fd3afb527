import type { Clock } from "../../domain/clock.ts";
import type { Journal } from "../journal/journal.ts";
import type { Projector } from "../projector.ts";

const LOOK_FIRST_MS = 20;
const LOOK_MAX_MS = 1_000;

/**
 * Resolves once no batch up to `seq` is in the journal: what the engine holds of them comes to it no more.
 * @throws StorageUnavailable, and what `signal` aborts with
 */
export async function journalPassed(
  parts: {
    readonly journal: Pick<Journal, "oldestSeq">;
    readonly projector: Pick<Projector, "checkpoint">;
    readonly clock: Clock;
  },
  seq: number,
  signal: AbortSignal,
): Promise<void> {
  const { journal, projector, clock } = parts;
  for (let pauseMs = LOOK_FIRST_MS; ; pauseMs = Math.min(LOOK_MAX_MS, 2 * pauseMs)) {
    signal.throwIfAborted();
    const oldest = await journal.oldestSeq();
    if (oldest === null || oldest > seq) return;
    projector.checkpoint();
    await clock.sleepUntil(clock.monotonicMs() + pauseMs, signal);
  }
}
