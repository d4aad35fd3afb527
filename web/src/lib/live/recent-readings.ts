import type { LiveReading } from "./latest-batch.ts";

/** For how long at least a reading is remembered, ms: longer than a page's data is under way. */
export const REMEMBERED_MS = 10_000;

/**
 * The newest reading of each metric of the last seconds. Data that a page loads anew may have left the server before a reading that came by the
 * stream meanwhile; applied again, nothing goes back.
 */
export class RecentReadings {
  #young = new Map<string, LiveReading>();
  #old = new Map<string, LiveReading>();
  #turnedMs = -Infinity;

  /** @param nowMs of any clock that never goes back */
  add(reading: LiveReading, nowMs: number): void {
    if (nowMs - this.#turnedMs > REMEMBERED_MS) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#turnedMs = nowMs;
    }
    const known = this.#young.get(reading.metricId);
    if (!known || known.timeMs <= reading.timeMs) this.#young.set(reading.metricId, reading);
  }

  /** Those of the last `REMEMBERED_MS` and some before them, each metric's oldest first. */
  *all(): Generator<LiveReading, void, undefined> {
    yield* this.#old.values();
    yield* this.#young.values();
  }
}
