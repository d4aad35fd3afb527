import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInput } from "../../domain/errors.ts";
import {
  AGGREGATED_SAMPLES_MAX,
  cutPoints,
  halved,
  type Piece,
  POINTS_PER_CALL_MAX,
  type PointQuery,
  planPoints,
  RAW_WINDOW_MS,
  SAMPLES_PER_S_MAX,
  SIGNALS_PER_CALL_MAX,
} from "./cut.ts";
import { queryBody } from "./point-calls.ts";

const DAY_MS = 86_400_000;
const MIDNIGHT = Date.UTC(2026, 10, 20);
const day = (indexes: number, more: Partial<PointQuery> = {}): PointQuery => ({
  databaseId: 123,
  indexes: Array.from({ length: indexes }, (_, number) => String(1001 + number)),
  fromMs: MIDNIGHT,
  toMs: MIDNIGHT + DAY_MS,
  ...more,
});

const query = fc
  .record({
    indexes: fc.uniqueArray(fc.integer({ min: 1, max: 9_999 }).map(String), { minLength: 1, maxLength: 70 }),
    fromMs: fc.integer({ min: MIDNIGHT - DAY_MS, max: MIDNIGHT + DAY_MS }),
    spanMs: fc.oneof(fc.integer({ min: 1, max: 3 * DAY_MS }), fc.constantFrom(1, RAW_WINDOW_MS, DAY_MS)),
    windowMs: fc.option(fc.constantFrom(50, 200, 1_000, 7_000, 60_000, 3_600_000, DAY_MS), { nil: undefined }),
  })
  .map(({ spanMs, ...rest }): PointQuery => ({ databaseId: 123, ...rest, toMs: rest.fromMs + spanMs }));
const blockSize = fc.integer({ min: 1, max: SIGNALS_PER_CALL_MAX });

describe("a raw day", () => {
  test("of 200 signals is 48 windows of 20 blocks, whatever time of day it begins", () => {
    for (const shiftMs of [0, 1, 600_000, 20_700_000]) {
      const shifted = day(200, { fromMs: MIDNIGHT + shiftMs, toMs: MIDNIGHT + DAY_MS + shiftMs });
      expect([...cutPoints(shifted)]).toHaveLength(960);
      expect(planPoints(shifted)).toMatchObject({ pieces: 960, windows: 48, blocks: 20, spanMs: 96_000 });
    }
  });

  test("is asked for in windows that span less than 30 minutes and leave out no ms", () => {
    const bodies = [...cutPoints(day(3))].map(queryBody).reverse();
    expect(bodies).toHaveLength(48);
    expect(bodies[0]).toEqual({
      databaseId: 123,
      measurementIndexes: ["1001", "1002", "1003"],
      startTime: "2026-11-20T00:00:00.000Z",
      endTime: "2026-11-20T00:29:59.9999999Z",
      aggFunction: "mean",
    });
    expect(bodies.map(({ startTime }) => Date.parse(startTime))).toEqual(
      Array.from({ length: 48 }, (_, window) => MIDNIGHT + window * RAW_WINDOW_MS),
    );
    expect(bodies.every(({ endTime }) => /:(29|59):59\.9999999Z$/.test(endTime))).toBe(true);
  });
});

test("pieces cover every signal and ms exactly once, newest window first, in as few calls as the limits allow", () => {
  fc.assert(
    fc.property(query, blockSize, (asked, size) => {
      const pieces = [...cutPoints(asked, { blockSize: size })];
      const windows = [...new Map(pieces.map(({ fromMs, toMs }) => [fromMs, { fromMs, toMs }])).values()];
      expect(windows[0]?.toMs).toBe(asked.toMs);
      expect(windows.at(-1)?.fromMs).toBe(asked.fromMs);
      for (const [at, window] of windows.entries()) {
        if (at > 0) expect(window.toMs).toBe(windows[at - 1]?.fromMs);
        const inside = pieces.filter(({ fromMs }) => fromMs === window.fromMs);
        expect(inside.flatMap(({ indexes }) => indexes)).toEqual(asked.indexes);
      }
      expect(pieces.map(({ fromMs }) => fromMs)).toEqual(pieces.map(({ fromMs }) => fromMs).sort((a, b) => b - a));
      expect(new Set(pieces.map(({ key }) => key)).size).toBe(pieces.length);
      expect(pieces.every(({ key }) => /^[\x21-\x7e]+$/.test(key))).toBe(true);
      expect([...cutPoints(asked, { blockSize: size })]).toEqual(pieces);
      expect(planPoints(asked, { blockSize: size }).pieces).toBe(pieces.length);
      expect(cutPoints(asked, { blockSize: size }).pieces).toBe(pieces.length);
      const blocks = Math.ceil(asked.indexes.length / size);
      if (asked.windowMs === undefined) {
        expect(pieces).toHaveLength(blocks * Math.ceil((asked.toMs - asked.fromMs) / RAW_WINDOW_MS));
      }
      for (const piece of pieces) expectWithinLimits(piece, size);
    }),
    { numRuns: 60 },
  );
});

function expectWithinLimits({ indexes, fromMs, toMs, windowMs }: Piece, size: number): void {
  expect(indexes.length).toBeLessThanOrEqual(size);
  expect(toMs).toBeGreaterThan(fromMs);
  const spanMs = toMs - fromMs;
  if (windowMs === null) {
    expect(spanMs).toBeLessThanOrEqual(RAW_WINDOW_MS);
    return;
  }
  const windows = Math.ceil(toMs / windowMs) - Math.floor(fromMs / windowMs);
  const samples = indexes.length * SAMPLES_PER_S_MAX * (spanMs / 1000);
  expect(Math.min(windows * indexes.length, samples)).toBeLessThanOrEqual(POINTS_PER_CALL_MAX);
  if (windows > 1) expect(samples).toBeLessThanOrEqual(AGGREGATED_SAMPLES_MAX);
}

test("aggregates are not split: windows begin on multiples of the period, and end exactly there", () => {
  fc.assert(
    fc.property(query, (asked) => {
      const { windowMs = 1_000 } = asked;
      for (const piece of cutPoints({ ...asked, windowMs })) {
        expect(piece.fromMs === asked.fromMs || piece.fromMs % windowMs === 0).toBe(true);
        expect(piece.toMs === asked.toMs || piece.toMs % windowMs === 0).toBe(true);
        expect(queryBody(piece).endTime).toBe(new Date(piece.toMs).toISOString());
      }
    }),
    { numRuns: 30 },
  );
  expect(queryBody([...cutPoints(day(1, { windowMs: 200, aggFunction: "max" }))][0] as Piece)).toMatchObject({
    windowPeriod: "200ms",
    aggFunction: "max",
  });
});

test("windows shorter than the fastest sampling take no more calls than those as long", () => {
  const calls = (windowMs: number): number => cutPoints(day(10, { windowMs })).pieces;
  expect([calls(1), calls(50), calls(200), calls(400)]).toEqual([24, 24, 24, 12]);
});

test("a piece's key is the one that earlier versions gave it, since journals hold them", () => {
  const keyOf = (query: PointQuery): string | undefined => [...cutPoints(query)][0]?.key;
  expect(keyOf(day(2, { databaseId: "Hydro 1", toMs: MIDNIGHT + 1 }))).toBe(
    "Hydro%201/2026-11-20T00%3A00%3A00.000Z/2026-11-20T00%3A00%3A00.001Z/mean/raw/1001/1002",
  );
  expect(keyOf(day(1, { toMs: MIDNIGHT + 1, windowMs: 60_000, aggFunction: "max" }))).toBe(
    "123/2026-11-20T00%3A00%3A00.000Z/2026-11-20T00%3A00%3A00.001Z/max/1m/1001",
  );
});

test("a range of years is cut lazily", () => {
  const pieces = cutPoints(day(200, { fromMs: 0 }));
  const [first] = pieces;
  expect(first?.toMs).toBe(MIDNIGHT + DAY_MS);
  expect(pieces.pieces).toBeGreaterThan(10_000_000);
});

test("halves make the whole, the newer first", () => {
  fc.assert(
    fc.property(query, (asked) => {
      const [piece] = cutPoints(asked);
      const halves = piece && halved(piece);
      if (!piece || !halves) return;
      const [newer, older] = halves;
      expect([older.fromMs, older.toMs, newer.toMs]).toEqual([piece.fromMs, newer.fromMs, piece.toMs]);
      expect(older.toMs).toBeGreaterThan(older.fromMs);
      expect(newer.fromMs % (asked.windowMs ?? 1)).toBe(0);
      expect(new Set([newer.key, older.key, piece.key]).size).toBe(3);
    }),
  );
  const [tiny] = cutPoints(day(1, { toMs: MIDNIGHT + 1 }));
  expect(tiny && halved(tiny)).toBeNull();
});

test.each<[string, Partial<PointQuery>, string]>([
  ["no signal", { indexes: [] }, "signals"],
  ["an empty index", { indexes: ["1001", ""] }, "signals"],
  ["an end at the start", { toMs: MIDNIGHT }, "to"],
  ["a time that is not whole", { fromMs: 0.5 }, "from"],
  ["a time that is none", { toMs: Number.NaN }, "to"],
  ["a window of 0", { windowMs: 0 }, "window"],
  ["a window of half a ms", { windowMs: 0.5 }, "window"],
])("%s is refused at once", (_name, wrong, path) => {
  const cutting = (): unknown => cutPoints(day(1, wrong));
  expect(cutting).toThrow(InvalidInput);
  expect(cutting).toThrow(path);
});

test.each([0, 21, 1.5])("a block of %d signals is refused, since the vendor would", (size) => {
  expect(() => cutPoints(day(1), { blockSize: size })).toThrow(InvalidInput);
});

test("a signal that is named twice is asked for once", () => {
  const [piece] = cutPoints(day(1, { indexes: ["7", "8", "7"] }));
  expect(piece?.indexes).toEqual(["7", "8"]);
});
