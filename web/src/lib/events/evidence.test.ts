import { expect, test } from "vitest";
import { seenBy } from "./evidence.ts";

test("evidence reads as people write it, in the metric's unit and the site's time", () => {
  const evidence = {
    greatest: 7_200_000,
    looks: "too_large",
    lastReadingAt: "2026-11-20T23:30:00.000Z",
    usuallyEveryS: 300,
    aheadS: 5_400,
    shareOfRatedUpTo: 0.02,
    readings: 14,
  };
  const seen = Object.fromEntries(seenBy(evidence, "W", "Europe/Madrid").map(({ name, value }) => [name, value]));
  expect(Object.values(seen)).toEqual([
    "7.20 MW",
    "looks too large",
    "Sat 21 Nov, 00:30",
    "5 min",
    "1.5 h",
    "2 %",
    "14",
  ]);
});

test("what has no words stays as it is, whatever it is", () => {
  const hostile = "<img src=x onerror=alert(1)>";
  expect(seenBy({ [hostile]: hostile, soonAt: "Tomorrow" }, "W", "UTC")).toEqual([
    { name: hostile, value: hostile },
    { name: "soonAt", value: "Tomorrow" },
  ]);
});
