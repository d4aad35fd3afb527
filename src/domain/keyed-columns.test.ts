import { expect, test } from "vitest";
import { createKeyedColumnsBuilder } from "./keyed-columns.ts";

test("grows to its limit and keeps every row in order", () => {
  const rows = createKeyedColumnsBuilder(0, 10_000);
  for (let row = 0; row < 10_000; row++) expect(rows.push(row % 7, row, -row)).toBe(true);
  expect(rows.push(1, 1, 1)).toBe(false);
  const columns = rows.finish();
  expect(columns.length).toBe(10_000);
  for (let row = 0; row < 10_000; row++) {
    expect([columns.keys[row], columns.timesMs[row], columns.values[row]]).toEqual([row % 7, row, -row]);
  }
});

test("has the room that was expected from the start, and never more than its limit", () => {
  const rows = createKeyedColumnsBuilder(1_000, 2_000);
  expect(rows.capacity).toBe(1_000);
  const before = rows.values;
  for (let row = 0; row < 1_000; row++) rows.push(0, row, row);
  expect(rows.values).toBe(before);
  rows.push(0, 0, 0);
  expect(rows.capacity).toBe(2_000);
  expect(createKeyedColumnsBuilder(5_000, 2_000).capacity).toBe(2_000);
});
