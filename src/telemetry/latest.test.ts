import fc from "fast-check";
import { expect, test } from "vitest";
import { type ReadingColumns, ReadingColumnsBuilder } from "../domain/reading.ts";
import { modelOf, type ReadingRow } from "./contract-model.ts";
import { type LatestColumns, LatestReadings, NO_READING_MS } from "./latest.ts";
import { deletedBy } from "./lifecycle/deleted.ts";

const row = fc.tuple(fc.nat(3000), fc.nat(20), fc.double({ noNaN: true }), fc.nat(2));
const batches = fc.array(fc.array(row, { maxLength: 40 }), { maxLength: 12 });

function columnsOf(rows: readonly ReadingRow[]): ReadingColumns {
  const builder = new ReadingColumnsBuilder();
  for (const each of rows) builder.push(...each);
  return builder.finish();
}

test("the newest time wins, and at one time the later append, for any batches", () => {
  fc.assert(
    fc.property(batches, (given) => {
      const latest = new LatestReadings();
      const model = modelOf();
      given.forEach((batch, index) => {
        latest.apply(index + 1, columnsOf(batch), 100 + index);
        model.append(batch, 100 + index);
        for (const [series] of batch) expect(latest.lastSeq(series)).toBe(index + 1);
      });
      for (const series of new Set(given.flat().map(([each]) => each))) {
        expect(latest.get(series)).toStrictEqual(model.latest(series));
      }
      expect(latest.get(3001)).toBeUndefined();
      expect(latest.lastSeq(3001)).toBe(0);
    }),
  );
});

test("what was saved at any moments, and then the batches since any earlier one, lead back to the same", () => {
  fc.assert(
    fc.property(batches, fc.array(fc.nat(30)), fc.nat(12), (given, saves, replayFrom) => {
      const latest = new LatestReadings();
      const saved: LatestColumns[] = [];
      given.forEach((batch, index) => {
        latest.apply(index + 1, columnsOf(batch), index);
        // Before a batch is taken from the journal, everything that has changed until then is saved.
        const all = index < replayFrom ? latest.unsaved : (saves[index] ?? 0);
        saved.push(latest.takeUnsaved(all));
      });
      const restarted = new LatestReadings();
      for (const each of saved) restarted.restore(each);
      given.forEach((batch, index) => {
        if (index >= replayFrom) restarted.apply(index + 1, columnsOf(batch), index);
      });
      for (const [series] of given.flat()) expect(restarted.get(series)).toStrictEqual(latest.get(series));
    }),
  );
});

test("rows that are put back are given again, as they are by then", () => {
  const latest = new LatestReadings();
  latest.apply(
    1,
    columnsOf([
      [1, 5, 1, 0],
      [2, 5, 1, 0],
    ]),
    0,
  );
  const taken = latest.takeUnsaved(1);
  expect([...taken.series]).toStrictEqual([1]);
  expect(latest.unsaved).toBe(1);
  latest.putBack(taken);
  expect(latest.unsaved).toBe(2);
  latest.apply(2, columnsOf([[1, 6, 1, 0]]), 0);
  const again = latest.takeUnsaved(9);
  expect([...again.series]).toStrictEqual([2, 1]);
  expect([...again.timesMs]).toStrictEqual([5, 6]);
  expect(latest.unsaved).toBe(0);
});

test("series far apart are kept as well as those side by side", () => {
  const latest = new LatestReadings();
  const far = [0, 4_194_303, 4_194_304, 4_194_305, 4_294_967_295];
  latest.apply(1, columnsOf(far.map((series) => [series, 1, series, 0])), 7);
  for (const series of far)
    expect(latest.get(series)).toStrictEqual({ timeMs: 1, value: series, quality: 0, receivedAtMs: 7 });
  expect(latest.get(4_194_302)).toBeUndefined();
  expect(latest.get(4_294_967_294)).toBeUndefined();
});

test("a deletion takes the newest readings that came before it, and what is looked up stands in unless newer has come", () => {
  const latest = new LatestReadings();
  const rows: ReadingRow[] = [
    [1, 5, 1, 0],
    [2, 5, 1, 0],
    [3, 9, 1, 0],
  ];
  latest.apply(7, columnsOf(rows), 0);
  latest.apply(9, columnsOf([[2, 6, 2, 0]]), 0);
  latest.takeUnsaved(9);
  const deletion = { series: Uint32Array.of(1, 2, 3, 4), fromMs: 5, toMs: 9, seq: 8 };
  expect(latest.drop(deletion)).toStrictEqual([1]);
  expect(latest.get(1)).toBeUndefined();
  expect([latest.get(2)?.timeMs, latest.get(3)?.timeMs]).toStrictEqual([6, 9]);
  expect([...latest.takeUnsaved(9).timesMs]).toStrictEqual([NO_READING_MS]);
  const isDeleted = deletedBy([deletion]);
  const offer = (timeMs: number, seq: number): number | undefined => {
    const [time, value] = [Float64Array.of(timeMs), Float64Array.of(timeMs)];
    const found = { length: 1, series: Uint32Array.of(1), timesMs: time, values: value, qualities: Uint8Array.of(0) };
    latest.offer({ ...found, receivedAtMs: time, seqs: Float64Array.of(seq) }, isDeleted);
    return latest.get(1)?.timeMs;
  };
  expect(offer(6, 8)).toBeUndefined();
  expect(offer(4, 8)).toBe(4);
  expect(offer(3, 8)).toBe(4);
  expect(offer(6, 9)).toBe(6);
  // A batch of before the deletion that is read again after a crash.
  latest.apply(8, columnsOf([[1, 8, 8, 0]]), 0, isDeleted);
  expect(latest.get(1)?.timeMs).toBe(6);
});
