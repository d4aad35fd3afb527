import { expect, test } from "vitest";
import { ARRIVALS_MAX, arrivalOf, newestArrivals } from "./arrivals.ts";

const at = (second: number, metricId = `m${second}`) => ({
  metricId,
  deviceId: "d",
  name: "active_power",
  value: second,
  unit: "W",
  // A late reading: its own time says nothing about when it came.
  time: new Date(-second * 1_000).toISOString(),
  receivedAt: new Date(second * 1_000).toISOString(),
  quality: "good" as const,
});

test("what arrived last comes first, and no more than the list holds", () => {
  const latest = Array.from({ length: ARRIVALS_MAX + 1 }, (_, second) => at(second));
  const newest = newestArrivals(latest);
  expect(newest.map(({ value }) => value)).toEqual(
    Array.from({ length: ARRIVALS_MAX }, (_, place) => ARRIVALS_MAX - place),
  );
  expect(newestArrivals(latest.slice(0, 1))).toHaveLength(1);
});

test("a device that is gone by now goes by its id", () => {
  expect(arrivalOf(at(1), undefined)).toMatchObject({ deviceName: "d", timeMs: -1_000, receivedMs: 1_000 });
});
