import { expect, test } from "vitest";
import { REMEMBERED_MS, RecentReadings } from "./recent-readings.ts";

const reading = (metricId: string, timeMs: number) => ({ metricId, timeMs, value: timeMs, quality: "good" as const });
const valuesOf = (recent: RecentReadings) => Array.from(recent.all(), ({ metricId, value }) => `${metricId}${value}`);

test("the newest of each metric by its own time is remembered, and the last word among equals", () => {
  const recent = new RecentReadings();
  for (const [metricId, timeMs] of [
    ["a", 2],
    ["b", 1],
    ["a", 1],
    ["a", 3],
  ] as const)
    recent.add(reading(metricId, timeMs), 0);
  recent.add({ ...reading("b", 1), value: 9 }, 0);
  expect(valuesOf(recent).sort()).toEqual(["a3", "b9"]);
});

test("a reading is remembered for ten seconds at least, and not for ever", () => {
  const recent = new RecentReadings();
  recent.add(reading("a", 1), 0);
  recent.add(reading("b", 2), REMEMBERED_MS);
  recent.add(reading("c", 3), REMEMBERED_MS + 1);
  expect(valuesOf(recent)).toEqual(["a1", "b2", "c3"]);
  recent.add(reading("d", 4), 2 * REMEMBERED_MS + 2);
  expect(valuesOf(recent)).toEqual(["c3", "d4"]);
});
