import type { Restatements } from "../../catalogue/restatements.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Interval } from "../../domain/intervals.ts";
import type { ReadingColumns } from "../../domain/reading.ts";
import type { Restatement } from "../../domain/restatement.ts";
import type { CoverageLedger } from "../ledger/coverage-ledger.ts";
import type { PlacedReading } from "./window-asker.ts";

/** What is stored of some series within a span, in any order. @throws StorageUnavailable */
export type HeldReadings = (series: readonly number[], within: Interval) => Promise<ReadingColumns>;

export interface RestatementFinderParts {
  readonly held: HeldReadings;
  readonly ledger: CoverageLedger;
  readonly restatements: Pick<Restatements, "add">;
  readonly clock: Clock;
}

/** Finds values that a vendor has changed since they were read. */
export class RestatementFinder {
  readonly #parts: RestatementFinderParts;

  constructor(parts: RestatementFinderParts) {
    this.#parts = parts;
  }

  /**
   * Keeps what differs from what is held, with both values, before the new ones are stored: afterwards nobody would know what was there.
   * A crash in between finds them once more.
   *
   * @throws StorageUnavailable
   */
  async find(window: Interval, readings: readonly PlacedReading[]): Promise<void> {
    if (readings.length === 0) return;
    const { held, restatements, clock } = this.#parts;
    const series = [...new Set(readings.map((reading) => reading.series))];
    const before = await held(series, window);
    const valueAt = new Map<string, number>();
    for (let row = 0; row < before.length; row++) {
      valueAt.set(keyOf(before.series[row] ?? 0, before.timesMs[row] ?? 0), before.values[row] ?? 0);
    }
    const foundAtMs = Math.trunc(clock.nowMs());
    const found: Restatement[] = [];
    for (const { series: own, timeMs, value } of readings) {
      const formerValue = valueAt.get(keyOf(own, timeMs));
      if (formerValue === undefined || formerValue === value) continue;
      const formerReceivedAtMs = await this.#askedAtMs(own, timeMs);
      found.push({ series: own, timeMs, foundAtMs, formerValue, formerReceivedAtMs, value });
    }
    await restatements.add(found);
  }

  /** When a value's stretch was asked for last; the value's own time where nobody knows. */
  async #askedAtMs(series: number, timeMs: number): Promise<number> {
    const [run] = await this.#parts.ledger.runs(series, { fromMs: timeMs, toMs: timeMs + 1 });
    return run?.askedAtMs ?? timeMs;
  }
}

function keyOf(series: number, timeMs: number): string {
  return `${series} ${timeMs}`;
}
