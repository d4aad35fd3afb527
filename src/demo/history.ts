import { setImmediate as nextTurn } from "node:timers/promises";
import type { Fleet } from "../../simulators/energygrid/index.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { CoverageLedger } from "../collect/ledger/coverage-ledger.ts";
import type { Outcome } from "../domain/coverage.ts";
import type { Device } from "../domain/device.ts";
import { ACTIVE_POWER } from "../domain/metric.ts";
import { QUALITY, type ReadingColumns, ReadingColumnsBuilder } from "../domain/reading.ts";
import type { IngestPipeline } from "../ingest/pipeline.ts";
import type { TelemetryStore } from "../telemetry/store.ts";

/** Days of the past that the demo has from the beginning: a week of any site's own days. */
export const HISTORY_DAYS = 8;
const SLOT_MS = 300_000;
const DAY_MS = 86_400_000;
/** Devices whose day is computed in one turn of the event loop: about 10 ms. */
const DEVICES_PER_BATCH = 20;

export interface DemoHistoryParts {
  readonly catalogue: Pick<Catalogue, "devices" | "directory">;
  readonly pipeline: Pick<IngestPipeline, "acceptHistory">;
  readonly store: Pick<TelemetryStore, "readRaw">;
  readonly ledger: Pick<CoverageLedger, "note">;
  readonly fleet: Fleet;
  /** Readings are written up to here, epoch ms. */
  readonly nowMs: number;
}

/**
 * Gives the simulated inverters a past, so that a first look at a chart shows one: active power every 5 minutes, the newest
 * day first, and an entry in the ledger, as if they had been asked. What an earlier start has written is not written again.
 */
export async function writeDemoHistory(parts: DemoHistoryParts, signal: AbortSignal): Promise<void> {
  const devices = (await parts.catalogue.devices.all()).filter(({ serialNumber }) =>
    parts.fleet.has(serialNumber ?? ""),
  );
  const todayMs = Math.floor(parts.nowMs / DAY_MS) * DAY_MS;
  for (let day = 0; day < HISTORY_DAYS; day++) {
    const dayMs = todayMs - day * DAY_MS;
    if (await isWritten(parts, devices.at(-1), dayMs)) continue;
    for (let first = 0; first < devices.length; first += DEVICES_PER_BATCH) {
      signal.throwIfAborted();
      const batch = devices.slice(first, first + DEVICES_PER_BATCH);
      await parts.pipeline.acceptHistory(pastOf(batch, dayMs, parts));
      notePast(batch, dayMs, parts);
      await nextTurn();
    }
  }
}

/** A day is written device by device, so it is whole when the last device has its first slot. (Offline just then, it is written again: harmless.) */
async function isWritten(
  { catalogue, store }: DemoHistoryParts,
  last: Device | undefined,
  dayMs: number,
): Promise<boolean> {
  const owner = last && catalogue.directory.ofDevice(last.id, ACTIVE_POWER.name);
  if (!owner) return true;
  const page = await store.readRaw({ series: [owner.series], fromMs: dayMs, toMs: dayMs + 1, limit: 1 });
  return page.columns.length > 0;
}

function pastOf(
  devices: readonly Device[],
  dayMs: number,
  { catalogue, fleet, nowMs }: DemoHistoryParts,
): ReadingColumns {
  const builder = new ReadingColumnsBuilder();
  for (const device of devices) {
    const owner = catalogue.directory.ofDevice(device.id, ACTIVE_POWER.name);
    const inverter = fleet.get(device.serialNumber ?? "");
    if (!owner || !inverter) continue;
    for (let timeMs = dayMs; timeMs < Math.min(dayMs + DAY_MS, nowMs); timeMs += SLOT_MS) {
      const state = inverter.at(timeMs);
      if (state.online) builder.push(owner.series, timeMs, state.powerW, QUALITY.good);
    }
  }
  return builder.finish();
}

/** A day of inverters in the ledger: what came, and where they were offline, nothing. */
function notePast(
  devices: readonly Device[],
  dayMs: number,
  { catalogue, fleet, ledger, nowMs }: DemoHistoryParts,
): void {
  const untilMs = Math.min(dayMs + DAY_MS, nowMs);
  for (const device of devices) {
    const owner = catalogue.directory.ofDevice(device.id, ACTIVE_POWER.name);
    const inverter = fleet.get(device.serialNumber ?? "");
    if (!owner || !inverter) continue;
    const outcomeAt = (timeMs: number): Outcome => (inverter.at(timeMs).online ? "data" : "nothing");
    for (let fromMs = dayMs; fromMs < untilMs; ) {
      const outcome = outcomeAt(fromMs);
      let toMs = fromMs;
      while (toMs < untilMs && outcomeAt(toMs) === outcome) toMs += SLOT_MS;
      ledger.note(owner.series, { fromMs, toMs: Math.min(toMs, untilMs), outcome, askedAtMs: nowMs, request: 0 });
      fromMs = toMs;
    }
  }
}
