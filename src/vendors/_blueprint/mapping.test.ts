import { expect, test } from "vitest";
import { ACTIVE_POWER, ONLINE } from "../../domain/metric.ts";
import { QUALITY } from "../../domain/reading.ts";
import { toLatest } from "./mapping.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 12);
const TIME = "2026-11-21T12:59:58+01:00";
const TIME_MS = NOW_MS - 2_000;
const ROW = { id: "M-1", time: TIME, values: { power_w: 3_240, connected: true } };

const told = (...rows: unknown[]) => toLatest(["M-1", "M-2"], rows, NOW_MS, (text) => text.replaceAll("secret", "…"));

test("a row's values are readings at the row's time, in UTC; a device without a row is missing", () => {
  const { readings, missing, issues } = told(ROW);
  const common = { device: "M-1", timeMs: TIME_MS, quality: QUALITY.good };
  expect(readings).toEqual([
    { ...common, metric: ACTIVE_POWER, value: 3_240 },
    { ...common, metric: ONLINE, value: 1 },
  ]);
  expect(missing).toEqual(["M-2"]);
  expect(issues).toEqual([]);
});

test.each<[string, unknown[], string, number]>([
  ["names no device", [ROW, { time: TIME }], "unreadable_value", 2],
  ["is of a device that was not asked for", [{ ...ROW, id: "M-3" }], "unasked_device", 0],
  ["comes twice", [ROW, ROW], "repeated_device", 2],
  ["has no time with a zone", [{ ...ROW, time: "2026-11-21T12:00:00" }], "unreadable_value", 0],
  ["lies before 2000", [{ ...ROW, time: "1999-12-31T23:59:59Z" }], "implausible_time", 0],
  ["lies more than a day ahead", [{ ...ROW, time: "2026-11-22T12:00:00.001Z" }], "implausible_time", 0],
  ["has a point that nobody knows", [{ ...ROW, values: { toString: 1 } }], "unknown_point", 0],
  ["has a power that is none", [{ ...ROW, values: { power_w: "much", connected: false } }], "unreadable_value", 1],
])("a row that %s is an issue, with the original beside it", (_name, rows, kind, readings) => {
  const latest = told(...rows);
  expect(latest.issues).toEqual([
    expect.objectContaining({ kind, original: JSON.stringify(rows.at(-1)).slice(0, 200) }),
  ]);
  expect(latest.readings).toHaveLength(readings);
});

test("a day ahead to the millisecond, and the first moment of 2000, are taken", () => {
  for (const time of ["2026-11-22T12:00:00Z", "2000-01-01T00:00:00Z"])
    expect(told({ ...ROW, time }).issues).toEqual([]);
});

test("a row that is nested too deeply to be written costs no other its place", () => {
  const depth = 100_000;
  const deep = JSON.parse("[".repeat(depth) + "]".repeat(depth)) as unknown;
  const { readings, issues } = told(deep, { ...ROW, values: { power_w: deep, connected: true } });
  expect(issues.map(({ kind }) => kind)).toEqual(["unreadable_value", "unreadable_value"]);
  expect(readings).toHaveLength(1);
});

test("no issue repeats a secret, or more than 200 characters", () => {
  const { issues } = told({ id: "secret", x: "y".repeat(500) });
  expect(issues[0]?.device).toBe("…");
  expect(issues[0]?.original).toHaveLength(200);
});
