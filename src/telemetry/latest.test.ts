import fc from "fast-check";
import { expect, test } from "vitest";
import { type ReadingColumns, ReadingColumnsBuilder } from "../domain/reading.ts";
import { modelOf, type ReadingRow } from "./contract-model.ts";
import { LatestReadings, type LatestRow } from "./latest.ts";

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
      const saved = new Map<number, LatestRow>();
      given.forEach((batch, index) => {
        latest.apply(index + 1, columnsOf(batch), index);
        // Before a batch is taken from the journal, everything that has changed until then is saved.
        const all = index < replayFrom ? latest.unsaved : (saves[index] ?? 0);
        latest.saveUnsaved(all, (rows) => rows.forEach((each) => void saved.set(each.series, each)));
      });
      const restarted = new LatestReadings();
      for (const each of saved.values()) restarted.restore(each);
      given.forEach((batch, index) => {
        if (index >= replayFrom) restarted.apply(index + 1, columnsOf(batch), index);
      });
      for (const [series] of given.flat()) expect(restarted.get(series)).toStrictEqual(latest.get(series));
    }),
  );
});

test("rows whose saving fails stay unsaved", () => {
  const latest = new LatestReadings();
  latest.apply(
    1,
    columnsOf([
      [1, 5, 1, 0],
      [2, 5, 1, 0],
    ]),
    0,
  );
  const full = () => {
    throw new Error("full");
  };
  expect(() => latest.saveUnsaved(1, full)).toThrow("full");
  expect(latest.unsaved).toBe(2);
  const seen: number[] = [];
  latest.saveUnsaved(1, (rows) => seen.push(...rows.map(({ series }) => series)));
  latest.apply(2, columnsOf([[1, 6, 1, 0]]), 0);
  latest.saveUnsaved(9, (rows) => seen.push(...rows.map(({ series }) => series)));
  expect(seen).toStrictEqual([1, 2, 1]);
});
