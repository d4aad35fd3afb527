import type { Interval } from "../../../src/domain/intervals.ts";
import { type ReadingColumns, ReadingColumnsBuilder } from "../../../src/domain/reading.ts";
import type { VirtualClock } from "../../../src/domain/virtual-clock.ts";

/** A batch is on its way to the disk for so long, and its acknowledgement back as long. */
const WRITE_MS = 4;

/** What is stored for ever, whichever process brought it; a process may be killed before or after its batch is written. */
export class SimStore {
  readonly #clock: VirtualClock;
  readonly #values = new Map<number, Map<number, number>>();
  readonly accept = (columns: ReadingColumns): Promise<void> => this.#write(columns);
  readonly acceptHistory = (columns: ReadingColumns): Promise<void> => this.#write(columns);

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  has(series: number, timeMs: number): boolean {
    return this.#values.get(series)?.has(timeMs) ?? false;
  }

  /** Times of what is stored of a series within a span. */
  timesOf(series: number, { fromMs, toMs }: Interval): number[] {
    return [...(this.#values.get(series)?.keys() ?? [])].filter((timeMs) => timeMs >= fromMs && timeMs < toMs);
  }

  async held(series: readonly number[], within: Interval): Promise<ReadingColumns> {
    const builder = new ReadingColumnsBuilder();
    for (const one of series) {
      for (const timeMs of this.timesOf(one, within))
        builder.push(one, timeMs, this.#values.get(one)?.get(timeMs) ?? 0, 0);
    }
    return builder.finish();
  }

  async #write({ length, series, timesMs, values }: ReadingColumns): Promise<void> {
    await this.#clock.sleepUntil(this.#clock.monotonicMs() + WRITE_MS);
    for (let row = 0; row < length; row++) {
      const key = series[row] ?? 0;
      const held = this.#values.get(key) ?? new Map<number, number>();
      held.set(timesMs[row] ?? 0, values[row] ?? 0);
      this.#values.set(key, held);
    }
    await this.#clock.sleepUntil(this.#clock.monotonicMs() + WRITE_MS);
  }
}
