import { WHOLE_SERIES } from "../rollups/dirty-days.ts";
import type { TouchedDays } from "../sql/connection.ts";
import type { DayColumns } from "./day-columns.ts";

/** Bytes of packed readings that are kept: some 3,700 days of a series that is read every 10 s and changes little from one reading to the next. */
export const DAY_CACHE_BYTES_MAX = 64 * 1024 ** 2;

interface Kept {
  readonly series: number;
  readonly day: number;
  readonly columns: DayColumns;
}

/**
 * Days of series that were read of late, so that a chart that is drawn again costs no request to the engine. What is written to is dropped before
 * a reader can know of it; and what was being read meanwhile is not kept.
 */
export class DayCache {
  readonly bytesMax: number;
  readonly #bySeries = new Map<number, Map<number, Kept>>();
  /** From the least to the most recently used. */
  readonly #used = new Set<Kept>();
  /** Reads under way whose answer may be kept. */
  readonly #coming = new Set<{ readonly series: number; readonly days: ReadonlySet<number>; isTrue: boolean }>();
  #bytes = 0;

  constructor(bytesMax: number = DAY_CACHE_BYTES_MAX) {
    this.bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Like `get`, and does not count as a use. */
  has(series: number, day: number): boolean {
    return this.#bySeries.get(series)?.has(day) ?? false;
  }

  get(series: number, day: number): DayColumns | undefined {
    const kept = this.#bySeries.get(series)?.get(day);
    if (!kept) return undefined;
    this.#used.delete(kept);
    this.#used.add(kept);
    return kept.columns;
  }

  /**
   * Reads days of a series and keeps them, unless they are written to meanwhile.
   * @param read answers each day's readings, also of days that have none
   */
  async load(
    series: number,
    days: readonly number[],
    read: () => Promise<ReadonlyMap<number, DayColumns>>,
  ): Promise<ReadonlyMap<number, DayColumns>> {
    const coming = { series, days: new Set(days), isTrue: true };
    this.#coming.add(coming);
    try {
      const columns = await read();
      if (coming.isTrue) for (const [day, each] of columns) this.#keep({ series, day, columns: each });
      return columns;
    } finally {
      this.#coming.delete(coming);
    }
  }

  /** These days have changed. */
  drop({ length, series, days }: TouchedDays): void {
    if (this.#used.size === 0 && this.#coming.size === 0) return;
    for (let row = 0; row < length; row++) {
      const day = days[row] ?? 0;
      const kept = this.#bySeries.get(series[row] ?? 0);
      if (!kept) continue;
      for (const each of day === WHOLE_SERIES ? [...kept.values()] : [kept.get(day)]) if (each) this.#remove(each);
    }
    for (const coming of this.#coming) {
      for (let row = 0; row < length && coming.isTrue; row++) {
        const day = days[row] ?? 0;
        coming.isTrue = coming.series !== series[row] || !(day === WHOLE_SERIES || coming.days.has(day));
      }
    }
  }

  #keep(kept: Kept): void {
    const { series, day, columns } = kept;
    if (columns.bytes > this.bytesMax) return;
    const before = this.#bySeries.get(series)?.get(day);
    if (before) this.#remove(before);
    const days = this.#bySeries.get(series) ?? new Map<number, Kept>();
    this.#bySeries.set(series, days.set(day, kept));
    this.#used.add(kept);
    this.#bytes += columns.bytes;
    for (const oldest of this.#used) {
      if (this.#bytes <= this.bytesMax) break;
      this.#remove(oldest);
    }
  }

  #remove(kept: Kept): void {
    const days = this.#bySeries.get(kept.series);
    days?.delete(kept.day);
    if (days?.size === 0) this.#bySeries.delete(kept.series);
    this.#used.delete(kept);
    this.#bytes -= kept.columns.bytes;
  }
}
