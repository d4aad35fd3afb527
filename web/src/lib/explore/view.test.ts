import fc from "fast-check";
import { expect, test } from "vitest";
import { AGGREGATES, formatView, PICKS_MAX, parseView, QUICK_RANGES, type View } from "./view.ts";

const read = (text: string): View => parseView(new URLSearchParams(text));
const idOf = (place: number): string => `01900000-0000-7000-8000-${String(place).padStart(12, "0")}`;

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });
const id = fc.nat(1_000).map(idOf);
const view: fc.Arbitrary<View> = fc.record({
  picks: optional(fc.uniqueArray(id, { maxLength: PICKS_MAX })),
  setId: optional(id),
  range: fc.oneof(
    fc.constantFrom(...QUICK_RANGES).map((name) => ({ kind: "quick" as const, name })),
    fc
      .record({
        fromMs: fc.integer({ min: 0, max: Date.UTC(2100, 0) }),
        lengthMs: fc.integer({ min: 1_000, max: 1e12 }),
      })
      .map(({ fromMs, lengthMs }) => ({ kind: "fixed" as const, fromMs, toMs: fromMs + lengthMs })),
  ),
  aggregate: fc.constantFrom(...AGGREGATES),
  compares: fc.boolean(),
  timezone: optional(fc.constantFrom("UTC", "Europe/Madrid", "America/Argentina/Buenos_Aires")),
  search: fc.record({
    text: fc.string({ maxLength: 200 }),
    siteId: optional(id),
    deviceId: optional(id),
    after: optional(fc.stringMatching(/^[A-Za-z0-9_-]{1,100}$/)),
  }),
});

test("what an address says comes back from it", () => {
  fc.assert(
    fc.property(view, (shown) => {
      expect(read(formatView(shown))).toEqual(shown);
    }),
  );
});

test("whatever is in an address, a view comes of it", () => {
  const name = fc.constantFrom(
    "m",
    "set",
    "range",
    "from",
    "to",
    "agg",
    "compare",
    "tz",
    "q",
    "site",
    "device",
    "after",
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.string())), (fields) => {
      const shown = read(new URLSearchParams(fields).toString());
      expect(read(formatView(shown))).toEqual(shown);
    }),
  );
});

test("draws at most so many metrics, each once", () => {
  const ids = (count: number): string => Array.from({ length: count }, (_, place) => idOf(place)).join(",");
  expect(read(`m=${ids(PICKS_MAX)}`).picks).toHaveLength(PICKS_MAX);
  expect(read(`m=${ids(PICKS_MAX + 1)}`).picks).toHaveLength(PICKS_MAX);
  expect(read(`m=${idOf(1)},x,${idOf(2)},${idOf(1)}`).picks).toEqual([idOf(1), idOf(2)]);
  expect(read("m=").picks).toEqual([]);
});

test("a range that ends before it begins is none, and a short one is made a second long", () => {
  expect(read("from=2026-06-02T00:00:00Z&to=2026-06-01T00:00:00Z").range).toEqual({ kind: "quick", name: "today" });
  const from = Date.UTC(2026, 5, 1);
  expect(read("from=2026-06-01T00:00:00.000Z&to=2026-06-01T00:00:00.100Z").range).toEqual({
    kind: "fixed",
    fromMs: from - 450,
    toMs: from + 550,
  });
  expect(read("tz=Nowhere/Land").timezone).toBeNull();
});
