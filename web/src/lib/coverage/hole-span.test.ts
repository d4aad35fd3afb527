import { expect, test } from "vitest";
import { hullOf, parseHoleSpan } from "./hole-span.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12);
const DAY_MS = 86_400_000;
const parse = (from: string, to: string) => parseHoleSpan(new URLSearchParams({ from, to }), NOW_MS);

test("the stretch is the address's, up to now", () => {
  expect(parse("2026-11-21T00:00:00Z", "2026-11-22T00:00:00.500Z")).toEqual({
    fromMs: Date.UTC(2026, 10, 21),
    toMs: Date.UTC(2026, 10, 22) + 500,
  });
  expect(parse("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z").toMs).toBe(NOW_MS);
});

test.each([
  ["", ""],
  ["2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z"],
  ["2026-11-22T13:00:00Z", "2026-11-22T14:00:00Z"],
  ["2026-11-21T00:00:00", "2026-11-22T00:00:00Z"],
  ["2026-11-21", "2026-11-22"],
  ["2020-01-01T00:00:00Z", "2026-11-22T00:00:00Z"],
  ["2026-99-01T00:00:00Z", "2026-11-22T00:00:00Z"],
])("from %s to %s is no stretch: it is the last day", (from, to) => {
  expect(parse(from, to)).toEqual({ fromMs: NOW_MS - DAY_MS, toMs: NOW_MS });
});

test("400 days are a stretch, and a ms more is none", () => {
  const iso = (timeMs: number): string => new Date(timeMs).toISOString();
  expect(parse(iso(NOW_MS - 400 * DAY_MS), iso(NOW_MS)).fromMs).toBe(NOW_MS - 400 * DAY_MS);
  expect(parse(iso(NOW_MS - 400 * DAY_MS - 1), iso(NOW_MS)).fromMs).toBe(NOW_MS - DAY_MS);
});

test("what is missing reaches from its first to its last", () => {
  expect(hullOf([])).toBeNull();
  expect(
    hullOf([
      { from: "2026-11-21T05:00:00.000Z", to: "2026-11-21T06:00:00.000Z" },
      { from: "2026-11-21T01:00:00.000Z", to: "2026-11-21T08:00:00.000Z" },
    ]),
  ).toEqual({ from: "2026-11-21T01:00:00.000Z", to: "2026-11-21T08:00:00.000Z" });
});
