import type { Clock } from "../../domain/clock.ts";
import type { Log } from "../../domain/log.ts";
import { EngineUnavailable } from "../engine.ts";
import type { HorizonView } from "../lifecycle/horizon.ts";
import { DAY_MS } from "../rollups/days.ts";
import type { DirtyView } from "../rollups/planner.ts";
import { PENDING_READINGS_MAX } from "../rollups/roller.ts";
import { readRows } from "../row-binary.ts";
import type { TouchedDays } from "../sql/connection.ts";
import type { HiddenReadings } from "../sql/hidden.ts";
import { selectNewestDays, selectWholeDays } from "../sql/select-day.ts";
import { daysOfRows } from "./cached-days.ts";
import type { DayCache } from "./day-cache.ts";

/** Days of series that are considered, the newest: more than fit, and few enough to look through. */
export const WARM_DAYS_MAX = 20_000;
/** The share of the cache that is filled beforehand; the rest is for what is asked for beyond. */
const FILLED_SHARE = 0.9;
/** Readings that are asked for at once: some milliseconds of this thread's time. */
const READINGS_AIM = 50_000;
const PAIRS_FIRST = 4;
const PAIRS_MAX = 512;
/** Pause while the engine or the load does not allow it, ms. */
const YIELD_MS = 1_000;

export interface DayWarmerParts {
  readonly query: (sql: string) => Promise<Uint8Array>;
  readonly cache: DayCache;
  readonly dirty: DirtyView;
  /** Readings that are deleted and not yet gone. */
  readonly hidden: () => readonly HiddenReadings[];
  readonly horizons: HorizonView;
  /** Readings acked and not yet in the engine. */
  readonly pendingReadings: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Reads the newest days of all series into the cache beforehand, so that what a person looks at first is there: days that are rolled up, since
 * those are not being written to. Works at most half of the time, and not while readings wait for the engine.
 */
export class DayWarmer {
  readonly #parts: DayWarmerParts;
  readonly #stopped = new AbortController();
  #running: Promise<void> | null = null;
  #isWanted = false;
  #pairsAtOnce = PAIRS_FIRST;
  /** What a day takes in the cache, of those that were read last. */
  #pairBytes = 1;

  constructor(parts: DayWarmerParts) {
    this.#parts = parts;
  }

  /** There are days that may be worth having: looks for them once more. */
  warm(): void {
    this.#isWanted = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Resolves once nothing is under way. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { log } = this.#parts;
    while (this.#isWanted && !this.#stopped.signal.aborted) {
      this.#isWanted = false;
      try {
        await this.#fill(await this.#newestDays());
      } catch (error) {
        // Nobody waits for it: days are read when they are asked for.
        if (!(error instanceof EngineUnavailable)) log.warn({ err: error }, "days could not be read beforehand");
      }
    }
  }

  /** From the newest on. @throws EngineUnavailable, EngineRefused */
  async #newestDays(): Promise<TouchedDays> {
    const { length, columns } = readRows(await this.#parts.query(selectNewestDays(WARM_DAYS_MAX)), ["UInt32", "Int64"]);
    return { length, series: columns[0], days: Int32Array.from(columns[1]) };
  }

  async #fill({ length, series, days }: TouchedDays): Promise<void> {
    const { clock } = this.#parts;
    for (let at = 0; at < length; ) {
      if (this.#stopped.signal.aborted || this.#pairsThatFit() === 0) return;
      if (this.#isBusy()) {
        await this.#rest(YIELD_MS);
        continue;
      }
      const startedMs = clock.monotonicMs();
      const pairsMax = Math.min(this.#pairsAtOnce, this.#pairsThatFit());
      const wanted: { series: number; day: number }[] = [];
      // Days that lie together are read with one condition.
      const day = days[at] ?? 0;
      for (; at < length && days[at] === day && wanted.length < pairsMax; at++) {
        const each = series[at] ?? 0;
        if (this.#isWorthReading(each, day)) wanted.push({ series: each, day });
      }
      if (wanted.length === 0) continue;
      await this.#read(
        wanted.map((pair) => pair.series),
        day,
      );
      await this.#rest(clock.monotonicMs() - startedMs);
    }
  }

  async #read(series: readonly number[], day: number): Promise<void> {
    const { cache, query } = this.#parts;
    const asked = (async () => {
      const answer = readRows(await query(selectWholeDays(series, day)), ["UInt32", "Int64", "Float64"]);
      this.#adapt(series.length, answer.length);
      return daysOfRows(answer, day);
    })();
    // Each is told apart by the cache, which knows what is written to meanwhile.
    const loads = series.map((each) =>
      cache.load(each, [day], async () => {
        const columns = (await asked).get(each);
        return new Map(columns ? [[day, columns]] : []);
      }),
    );
    const bytesBefore = cache.bytes;
    await Promise.all(loads);
    this.#pairBytes = Math.max(1, (cache.bytes - bytesBefore) / series.length);
  }

  #isWorthReading(series: number, day: number): boolean {
    const { cache, dirty, horizons } = this.#parts;
    if (cache.has(series, day) || day * DAY_MS < horizons.of(series).readingsFromMs) return false;
    return dirty.daysOf(series, day, day).length === 0;
  }

  /** As many days as find room, by the size of the last ones; 0 when the cache is full. */
  #pairsThatFit(): number {
    const { bytes, bytesMax } = this.#parts.cache;
    return Math.ceil(Math.max(0, bytesMax * FILLED_SHARE - bytes) / this.#pairBytes);
  }

  #isBusy(): boolean {
    return this.#parts.pendingReadings() > PENDING_READINGS_MAX || this.#parts.hidden().length > 0;
  }

  #adapt(pairs: number, readings: number): void {
    const aimed = Math.floor((pairs * READINGS_AIM) / Math.max(1, readings));
    this.#pairsAtOnce = Math.max(1, Math.min(PAIRS_MAX, pairs * 2, aimed));
  }

  async #rest(ms: number): Promise<void> {
    const { clock } = this.#parts;
    await clock.sleepUntil(clock.monotonicMs() + ms, this.#stopped.signal).catch(() => {});
  }
}
