import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InvalidInput } from "../domain/errors.ts";
import { READING_TIME_MS, type ReadingColumns, ReadingColumnsBuilder } from "../domain/reading.ts";
import { modelOf, type ReadingRow, rowsOf, type StoreModel, stepsFrom } from "./contract-model.ts";
import { RAW_PAGE_ROWS_MAX, STEP_AGGREGATES, type TelemetryStore, type TimeWindow } from "./store.ts";

/** A store as the contract needs it. */
export interface ContractStore {
  readonly store: TelemetryStore;
  /** Ends the engine as a crash would. */
  killEngine(): void;
}

export interface ContractSizes {
  /** Random histories that are tried; each reopens the store some times. */
  readonly histories: number;
  readonly hugeBatchRows: number;
}

const ALL_TIME: TimeWindow = { fromMs: 0, toMs: READING_TIME_MS.max + 1 };
const MEAN_MONTH_MS = 2_629_746_000;
const NOON_MS = Date.UTC(2026, 5, 21, 12);
const RECEIVED_MS = NOON_MS + 5_000;
/** Sums and means add in an order that is the engine's own: a share of the sum of absolute values. */
const SUM_TOLERANCE = 1e-12;

/** What every telemetry store must do. `openAt` opens the store of a folder, again and again. */
export function telemetryContract(
  name: string,
  openAt: (dataDir: string) => Promise<ContractStore>,
  sizes: ContractSizes,
): void {
  describe(`${name}: the contract of a telemetry store`, () => {
    const dataDir = mkdtempSync(join(tmpdir(), "kilowatch-contract-"));
    let opened: ContractStore;
    let seriesGiven = 0;
    const store = (): TelemetryStore => opened.store;
    /** Tests share a store, and never a series. */
    const newSeries = (): number => ++seriesGiven;

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

    async function readAll(
      series: readonly number[],
      window = ALL_TIME,
      limit = RAW_PAGE_ROWS_MAX,
    ): Promise<ReadingRow[]> {
      const rows: ReadingRow[] = [];
      for (let page = await store().readRaw({ series, ...window, limit }); ; ) {
        expect(page.columns.length).toBeLessThanOrEqual(limit);
        rows.push(...rowsOf(page.columns));
        if (!page.next) return rows;
        expect(page.columns.length).toBe(limit);
        page = await store().readRaw({ series, ...window, limit, after: page.next });
      }
    }

    test("what was appended is read back to the bit, in the order of time and series", async () => {
      const [a, b] = [newSeries(), newSeries()];
      const rows: ReadingRow[] = [
        [a, 0, -0, 0],
        [b, 0, 1e308, 1],
        [a, 1, -1e308, 2],
        [b, 1, 5e-324, 255],
        [a, 2, 0.1 + 0.2, 0],
        [b, READING_TIME_MS.max, 1 / 3, 0],
      ];
      await store().append(columnsOf(rows.toReversed()), RECEIVED_MS);
      expect(await readAll([b, a, b])).toStrictEqual(rows);
      await reopen();
      expect(await readAll([b, a])).toStrictEqual(rows);
      expect(store().latest(a)).toStrictEqual({ timeMs: 2, value: 0.1 + 0.2, quality: 0, receivedAtMs: RECEIVED_MS });
    });

    test("a window takes its start and leaves its end out", async () => {
      const series = newSeries();
      await store().append(columnsOf([10, 20, 30].map((timeMs) => [series, timeMs, timeMs, 0])), RECEIVED_MS);
      expect((await readAll([series], { fromMs: 10, toMs: 30 })).map(([, timeMs]) => timeMs)).toStrictEqual([10, 20]);
      expect(await readAll([series], { fromMs: 11, toMs: 20 })).toStrictEqual([]);
      expect(await readAll([series], { fromMs: 20, toMs: 20 })).toStrictEqual([]);
      expect(await readAll([])).toStrictEqual([]);
    });

    test("the last write of a (series, time) wins: within a batch, across batches, across a restart", async () => {
      const series = newSeries();
      const write = (...values: number[]) =>
        store().append(columnsOf(values.map((value) => [series, 1_000, value, 0])), RECEIVED_MS);
      const held = async () => [(await readAll([series])).map(([, , value]) => value), store().latest(series)?.value];
      await write(1, 3, 2);
      expect(await held()).toStrictEqual([[2], 2]);
      await write(1);
      expect(await held()).toStrictEqual([[1], 1]);
      await Promise.all([write(7), write(8), write(9, 6)]);
      expect(await held()).toStrictEqual([[6], 6]);
      await reopen();
      expect(await held()).toStrictEqual([[6], 6]);
      await write(5);
      expect(await held()).toStrictEqual([[5], 5]);
    });

    test("a late reading is stored and never becomes the latest, also after a restart", async () => {
      const series = newSeries();
      await store().append(columnsOf([[series, NOON_MS, 2, 0]]), RECEIVED_MS);
      await store().append(columnsOf([[series, NOON_MS - 1, 1, 1]]), RECEIVED_MS + 1);
      const latest = { timeMs: NOON_MS, value: 2, quality: 0, receivedAtMs: RECEIVED_MS };
      expect(store().latest(series)).toStrictEqual(latest);
      expect((await readAll([series])).map(([, , value]) => value)).toStrictEqual([1, 2]);
      await reopen();
      expect(store().latest(series)).toStrictEqual(latest);
      expect(store().latest(newSeries())).toBeUndefined();
    });

    test("pages of any size join to the whole, also where readings share a time", async () => {
      const given = [newSeries(), newSeries(), newSeries()];
      const rows = [0, 1, 2, 3].flatMap((timeMs) => given.map((series): ReadingRow => [series, timeMs, series, 0]));
      await store().append(columnsOf(rows), RECEIVED_MS);
      for (const limit of [1, 2, 3, 5, 11, 12, 13]) expect(await readAll(given, ALL_TIME, limit)).toStrictEqual(rows);
      for (const limit of [0, RAW_PAGE_ROWS_MAX + 1, Number.NaN]) {
        await expect(store().readRaw({ series: given, ...ALL_TIME, limit })).rejects.toThrow(InvalidInput);
      }
    });

    test("an empty batch is taken; one that no engine could hold is refused whole", async () => {
      await store().append(columnsOf([]), RECEIVED_MS);
      const series = newSeries();
      const wrong: ReadingRow[] = [
        [series, -1, 1, 0],
        [series, 0.5, 1, 0],
        [series, READING_TIME_MS.max + 1, 1, 0],
        [series, Number.NaN, 1, 0],
        [series, 1, Number.NaN, 0],
        [series, 1, Number.POSITIVE_INFINITY, 0],
      ];
      for (const row of wrong) {
        await expect(store().append(columnsOf([[series, 1, 1, 0], row]), RECEIVED_MS)).rejects.toThrow(InvalidInput);
      }
      expect(await readAll([series])).toStrictEqual([]);
      expect(store().latest(series)).toBeUndefined();
    });

    test("any history of appends, restarts and crashes of the engine reads as a plain map says", {
      timeout: 120_000,
    }, async () => {
      await fc.assert(
        fc.asyncProperty(histories, async (steps) => {
          const base = seriesGiven;
          seriesGiven += MODEL_SERIES;
          const model = modelOf();
          for (const step of steps) {
            if ("batches" in step) {
              const batches = step.batches.map((batch) =>
                batch.map(([series, ...rest]): ReadingRow => [base + series, ...rest]),
              );
              // Batches that are appended at once are stored in the order of the calls.
              await Promise.all(batches.map((batch) => store().append(columnsOf(batch), RECEIVED_MS)));
              for (const batch of batches) model.append(batch, RECEIVED_MS);
            } else if (step.kind === "restart") await reopen();
            else if (step.kind === "kill") opened.killEngine();
            else await checkAgainst(model, base);
          }
          await checkAgainst(model, base);
        }),
        { numRuns: sizes.histories, endOnFailure: true },
      );
    });

    test("200 different months and the ends of time in one batch", async () => {
      const series = newSeries();
      const timesMs = [
        0,
        ...Array.from({ length: 200 }, (_, month) => NOON_MS + month * MEAN_MONTH_MS),
        READING_TIME_MS.max,
      ];
      const rows = timesMs.map((timeMs): ReadingRow => [series, timeMs, timeMs, 0]);
      await store().append(columnsOf(rows), RECEIVED_MS);
      expect(await readAll([series])).toStrictEqual(rows);
      const steps = await store().readSteps({
        series: [series],
        ...ALL_TIME,
        stepMs: READING_TIME_MS.max + 1,
        aggregate: "count",
      });
      expect([...steps.values]).toStrictEqual([202]);
    });

    test("one reading in every month of every year in one batch", async () => {
      const series = newSeries();
      const builder = new ReadingColumnsBuilder();
      for (let timeMs = 0; timeMs <= READING_TIME_MS.max; timeMs += MEAN_MONTH_MS) builder.push(series, timeMs, 1, 0);
      const { length } = builder.finish();
      expect(length).toBeGreaterThan(96_000);
      await store().append(builder.finish(), RECEIVED_MS);
      const query = { series: [series], ...ALL_TIME, stepMs: READING_TIME_MS.max + 1 };
      const counted = await store().readSteps({ ...query, aggregate: "count" });
      expect([...counted.values]).toStrictEqual([length]);
    });

    test("a huge batch is whole, and its last row for a time wins over its first", async () => {
      const series = newSeries();
      const builder = new ReadingColumnsBuilder();
      for (let row = 0; row < sizes.hugeBatchRows; row++) builder.push(series, row % (sizes.hugeBatchRows - 1), row, 0);
      await store().append(builder.finish(), RECEIVED_MS);
      const query = { series: [series], ...ALL_TIME, stepMs: READING_TIME_MS.max + 1 };
      expect([...(await store().readSteps({ ...query, aggregate: "count" })).values]).toStrictEqual([
        sizes.hugeBatchRows - 1,
      ]);
      expect((await readAll([series], { fromMs: 0, toMs: 1 })).map(([, , value]) => value)).toStrictEqual([
        sizes.hugeBatchRows - 1,
      ]);
      expect((await store().readSteps({ ...query, stepMs: 1_000, aggregate: "max" })).length).toBe(
        Math.ceil((sizes.hugeBatchRows - 1) / 1_000),
      );
    });

    test("steps that make no sense are refused", async () => {
      const series = [newSeries()];
      for (const stepMs of [0, -1, 0.5, Number.NaN]) {
        await expect(store().readSteps({ series, ...ALL_TIME, stepMs, aggregate: "sum" })).rejects.toThrow(
          InvalidInput,
        );
      }
    });

    async function checkAgainst(model: StoreModel, base: number): Promise<void> {
      const series = Array.from({ length: MODEL_SERIES }, (_, index) => base + index + 1);
      expect(await readAll(series, ALL_TIME, 50)).toStrictEqual(model.rows(series));
      for (const each of series) expect(store().latest(each)).toStrictEqual(model.latest(each));
      const window = { fromMs: 3, toMs: 40 };
      await Promise.all(
        STEP_AGGREGATES.map(async (aggregate, index) => {
          const [stepMs, originMs] = STEPS[index % STEPS.length] ?? STEPS[0];
          const query = { series, ...window, stepMs, originMs, aggregate };
          const steps = await store().readSteps(query);
          const expected = stepsFrom(model.rows(series), query);
          const keys = Array.from(steps.series, (each, row) => [each, steps.startsMs[row], steps.counts[row]]);
          expect(keys).toStrictEqual(expected.map((step) => [step.series, step.startMs, step.count]));
          expected.forEach(({ value, magnitude }, row) => {
            const difference = Math.abs((steps.values[row] ?? Number.NaN) - value);
            expect(difference).toBeLessThanOrEqual(magnitude * SUM_TOLERANCE);
          });
        }),
      );
    }
  });
}

const MODEL_SERIES = 4;
const STEPS = [
  [1, 0],
  [7, 3],
  [10, -4],
  [60, 59],
] as const;
const modelRow = fc.tuple(
  fc.integer({ min: 1, max: MODEL_SERIES }),
  // Few times, so that they meet often.
  fc.integer({ min: 0, max: 45 }),
  fc.integer({ min: -1e9, max: 1e9 }).map((thousandths) => thousandths / 1_000),
  fc.nat(2),
);
const appends = fc.record({
  batches: fc.array(fc.array(modelRow, { maxLength: 30 }), { minLength: 1, maxLength: 4 }),
});
const other = fc.record({ kind: fc.constantFrom("restart", "kill", "check") });
const histories = fc.array(fc.oneof({ weight: 3, arbitrary: appends }, { weight: 2, arbitrary: other }), {
  minLength: 3,
  maxLength: 10,
});

function columnsOf(rows: readonly ReadingRow[]): ReadingColumns {
  const builder = new ReadingColumnsBuilder();
  for (const row of rows) builder.push(...row);
  return builder.finish();
}
