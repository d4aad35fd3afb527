import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InvalidInput } from "../domain/errors.ts";
import { type LatestReading, READING_TIME_MS, ReadingColumnsBuilder } from "../domain/reading.ts";
import type { ContractStore } from "./contract.ts";
import { type ReadingRow, rowsOf, stepsFrom } from "./contract-model.ts";
import type { JournaledStore } from "./journaled-store.ts";
import { DAY_MS } from "./rollups/days.ts";
import { DELETION_SERIES_MAX, RAW_PAGE_ROWS_MAX, STEP_AGGREGATES, type TimeWindow } from "./store.ts";

export interface LifecycleStore extends ContractStore {
  readonly store: JournaledStore;
}

const ALL_TIME: TimeWindow = { fromMs: 0, toMs: READING_TIME_MS.max + 1 };
const RECEIVED_MS = Date.UTC(2026, 6, 1);
const FROM_MS = Date.UTC(2026, 4, 29);
const MINUTE_MS = 60_000;
const SERIES = 3;
const DAYS = 4;
const SUM_TOLERANCE = 1e-12;

/** What a store must do of what is deleted. `openAt` opens the store of a folder, again and again. */
export function lifecycleContract(
  name: string,
  openAt: (dataDir: string) => Promise<LifecycleStore>,
  sizes: { readonly histories: number },
): void {
  describe(`${name}: deletion`, () => {
    const dataDir = mkdtempSync(join(tmpdir(), "kilowatch-lifecycle-"));
    let opened: LifecycleStore;
    let seriesGiven = 0;

    beforeAll(async () => {
      opened = await openAt(dataDir);
    });
    afterAll(async () => {
      await opened.store.close();
      rmSync(dataDir, { recursive: true, force: true });
    });

    async function reopen(): Promise<void> {
      await opened.store.close();
      opened = await openAt(dataDir);
    }

    async function append(rows: readonly ReadingRow[]): Promise<void> {
      const builder = new ReadingColumnsBuilder();
      for (const row of rows) builder.push(...row);
      await opened.store.append(builder.finish(), RECEIVED_MS);
    }

    async function readAll(series: readonly number[]): Promise<ReadingRow[]> {
      return rowsOf((await opened.store.readRaw({ series, ...ALL_TIME, limit: RAW_PAGE_ROWS_MAX })).columns);
    }

    test("what is deleted is gone at once, and what comes in its place is there", async () => {
      const series = ++seriesGiven;
      const rows = [1, 2, 3, 4].map((day): ReadingRow => [series, FROM_MS + day * DAY_MS, day, 0]);
      await append(rows);
      await opened.store.rollAll();
      await opened.store.deleteReadings({ series: [series], fromMs: FROM_MS + 3 * DAY_MS, toMs: FROM_MS + 9 * DAY_MS });
      expect(await readAll([series])).toStrictEqual(rows.slice(0, 2));
      const timeMs = FROM_MS + 2 * DAY_MS;
      expect(opened.store.latest(series)).toStrictEqual({ timeMs, value: 2, quality: 0, receivedAtMs: timeMs });
      const again: ReadingRow = [series, FROM_MS + 4 * DAY_MS, 44, 1];
      await append([again]);
      await reopen();
      expect(await readAll([series])).toStrictEqual([...rows.slice(0, 2), again]);
      expect(opened.store.latest(series)?.value).toBe(44);
      await opened.store.deleteReadings({ series: [series], ...ALL_TIME });
      expect(await readAll([series])).toStrictEqual([]);
      expect(opened.store.latest(series)).toBeUndefined();
      await reopen();
      expect(await readAll([series])).toStrictEqual([]);
      expect(opened.store.latest(series)).toBeUndefined();
    });

    test("a deletion of too much is refused, and of nothing does nothing", async () => {
      const tooMany = Array.from({ length: DELETION_SERIES_MAX + 1 }, (_, index) => index + 1_000_000);
      await expect(opened.store.deleteReadings({ series: tooMany, ...ALL_TIME })).rejects.toThrow(InvalidInput);
      await expect(opened.store.deleteReadings({ series: [1], fromMs: 0.5, toMs: 2 })).rejects.toThrow(InvalidInput);
      await opened.store.deleteReadings({ series: [], ...ALL_TIME });
      await opened.store.deleteReadings({ series: [seriesGiven], fromMs: 9, toMs: 9 });
      await opened.store.deleteReadings({ series: tooMany.slice(1), ...ALL_TIME });
    });

    test("any history of appends, deletions, roll-ups, restarts and crashes of the engine reads as a plain map says", {
      timeout: 180_000,
    }, async () => {
      await fc.assert(
        fc.asyncProperty(histories, async (steps) => {
          const base = seriesGiven;
          seriesGiven += SERIES;
          const model = new LifecycleModel();
          for (const step of steps) {
            if (step.kind === "append") {
              const rows = step.rows.map(
                ([of, minute, value]): ReadingRow => [base + of, FROM_MS + minute * MINUTE_MS, value, 0],
              );
              await append(rows);
              model.append(rows);
            } else if (step.kind === "delete") {
              const series = step.series.map((of) => base + of);
              const fromMs = step.from === null ? 0 : FROM_MS + step.from * MINUTE_MS;
              const toMs =
                step.minutes === null ? ALL_TIME.toMs : FROM_MS + ((step.from ?? 0) + step.minutes) * MINUTE_MS;
              await opened.store.deleteReadings({ series, fromMs, toMs });
              model.delete(series, { fromMs, toMs });
            } else if (step.kind === "roll") await rollAll();
            else if (step.kind === "restart") await reopen();
            else opened.killEngine();
          }
          await checkAgainst(model, base);
          await rollAll();
          await checkAgainst(model, base);
        }),
        { numRuns: sizes.histories, endOnFailure: true },
      );
    });

    /** An engine that was killed is not back yet: then what was asked of it is asked again. */
    async function rollAll(): Promise<void> {
      await readAll([1]);
      await opened.store.rollAll();
    }

    async function checkAgainst(model: LifecycleModel, base: number): Promise<void> {
      const series = Array.from({ length: SERIES }, (_, index) => base + index + 1);
      const rows = model.rows();
      expect(await readAll(series)).toStrictEqual(rows);
      await opened.store.latestKnown();
      for (const each of series) expect(model.latest(each)).toContainEqual(opened.store.latest(each));
      for (const [index, aggregate] of STEP_AGGREGATES.entries()) {
        const stepMs = [15 * MINUTE_MS, 60 * MINUTE_MS, DAY_MS][index % 3] ?? DAY_MS;
        const query = { series, fromMs: FROM_MS, toMs: FROM_MS + DAYS * DAY_MS, stepMs, aggregate };
        const steps = await opened.store.readSteps(query);
        const expected = stepsFrom(rows, query);
        const keys = Array.from(steps.series, (each, row) => [each, steps.startsMs[row], steps.counts[row]]);
        expect(keys).toStrictEqual(expected.map((step) => [step.series, step.startMs, step.count]));
        for (const [row, { value, magnitude }] of expected.entries()) {
          const difference = Math.abs((steps.values[row] ?? Number.NaN) - value);
          expect(difference).toBeLessThanOrEqual(magnitude * SUM_TOLERANCE);
        }
      }
    }
  });
}

const minute = fc.nat((DAYS * DAY_MS) / MINUTE_MS - 1);
const some = fc.record({
  kind: fc.constant("append" as const),
  rows: fc.array(
    // Few times, so that they meet often.
    fc.tuple(fc.integer({ min: 1, max: SERIES }), fc.oneof(minute, fc.nat(60)), fc.integer({ min: -1e6, max: 1e6 })),
    { minLength: 1, maxLength: 40 },
  ),
});
const deletion = fc.record({
  kind: fc.constant("delete" as const),
  series: fc.uniqueArray(fc.integer({ min: 1, max: SERIES }), { minLength: 1, maxLength: SERIES }),
  from: fc.option(minute, { freq: 5 }),
  minutes: fc.option(fc.integer({ min: 1, max: 2 * 1_440 }), { freq: 5 }),
});
const other = fc.record({ kind: fc.constantFrom("roll" as const, "restart" as const, "kill" as const) });
const histories = fc.array(fc.oneof({ weight: 3, arbitrary: some }, { weight: 2, arbitrary: deletion }, other), {
  minLength: 3,
  maxLength: 9,
});

class LifecycleModel {
  readonly #held = new Map<string, ReadingRow>();
  readonly #latest = new Map<number, LatestReading>();
  readonly #lookedUp = new Set<number>();

  append(rows: readonly ReadingRow[]): void {
    for (const row of rows) {
      const [series, timeMs, value, quality] = row;
      this.#held.set(`${series} ${timeMs}`, row);
      const newest = this.#latest.get(series)?.timeMs ?? 0;
      if (timeMs < newest) continue;
      this.#latest.set(series, { timeMs, value, quality, receivedAtMs: RECEIVED_MS });
      this.#lookedUp.delete(series);
    }
  }

  delete(series: readonly number[], { fromMs, toMs }: TimeWindow): void {
    const isIn = (timeMs: number): boolean => timeMs >= fromMs && timeMs < toMs;
    for (const [key, [of, timeMs]] of this.#held) {
      if (series.includes(of) && isIn(timeMs)) this.#held.delete(key);
    }
    for (const each of series) {
      if (!isIn(this.#latest.get(each)?.timeMs ?? -1)) continue;
      this.#latest.delete(each);
      const newest = this.rows().findLast(([of]) => of === each);
      // When it came is not kept beside what is not the latest.
      if (newest) {
        const [, timeMs, value, quality] = newest;
        this.#latest.set(each, { timeMs, value, quality, receivedAtMs: timeMs });
        this.#lookedUp.add(each);
      }
    }
  }

  /** In the order of time and series. */
  rows(): ReadingRow[] {
    return [...this.#held.values()].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  }

  /**
   * What may be answered. When a reading came that was looked up is known again after a restart, as long as the journal still holds its batch:
   * how long it does is the engine's affair.
   */
  latest(series: number): (LatestReading | undefined)[] {
    const latest = this.#latest.get(series);
    return latest && this.#lookedUp.has(series) ? [latest, { ...latest, receivedAtMs: RECEIVED_MS }] : [latest];
  }
}
