import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FaultDice } from "./faults.ts";
import { createPlant, HYDRO_DATABASE_ID, type Signal } from "./plant.ts";
import { PIECE_CHARS, pointPieces, type Series, spoiled } from "./points.ts";
import { SampleCursor } from "./samples.ts";
import { AGGREGATIONS, type Aggregation, WindowCursor, windowsTouched } from "./windows.ts";

const signals = createPlant(1).databases.get(HYDRO_DATABASE_ID)?.signals ?? [];
const START = Date.UTC(2026, 10, 20, 8);

interface Point {
  readonly timestamp: string;
  readonly value: number;
}

function seriesOf(cursor: Series["cursor"], pointsExpected = 1): Series {
  return { cursor, opening: '{"timestamp":"', ending: () => "}", pointsExpected };
}

function written(series: readonly Series[]): Point[] {
  return JSON.parse([...pointPieces("", series, "")].join("")) as Point[];
}

function raw(signal: Signal, fromMs: number, toMs: number): Point[] {
  return written([seriesOf(new SampleCursor(signal, { fromMs, toMs }))]);
}

describe("points as text", () => {
  test("hold the time to the ms and the value as a number, over seconds, minutes and years", () => {
    for (const fromMs of [START, Date.UTC(2026, 11, 31, 23, 59, 50)]) {
      for (const signal of signals.slice(0, 45)) {
        const cursor = new SampleCursor(signal, { fromMs, toMs: fromMs + 80_000 });
        for (const { timestamp, value } of raw(signal, fromMs, fromMs + 80_000)) {
          expect(cursor.next()).toBe(true);
          expect(timestamp).toBe(new Date(cursor.timeMs).toISOString());
          expect(value).toBe(cursor.thousandths / 1_000);
        }
        expect(cursor.next()).toBe(false);
      }
    }
  });

  test("keep their times in an answer of three hours, series after series", () => {
    const slow = signals.filter(({ periodMs }) => periodMs === 1_000).slice(0, 2);
    const range = { fromMs: START, toMs: START + 3 * 3_600_000 };
    const points = written(slow.map((signal) => seriesOf(new SampleCursor(signal, range))));
    const times = slow.flatMap(({ phaseMs }) => Array.from({ length: 10_800 }, (_, i) => START + phaseMs + i * 1_000));
    expect(points.map(({ timestamp }) => Date.parse(timestamp))).toEqual(times);
  });

  test("come in pieces of a bounded size, between what stands before and after", () => {
    const all = signals
      .slice(0, 5)
      .map((signal) => seriesOf(new SampleCursor(signal, { fromMs: START, toMs: START + 600_000 })));
    const pieces = [...pointPieces('{"points":', all, "}")];
    expect(pieces.length).toBeGreaterThan(5);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(PIECE_CHARS + 200);
    expect((JSON.parse(pieces.join("")) as { points: Point[] }).points.length).toBeGreaterThan(10_000);
    expect([...pointPieces("a", [], "z")].join("")).toBe("a[]z");
  });
});

describe("windows", () => {
  const reckon: Readonly<Record<Aggregation, (values: readonly number[]) => number>> = {
    mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
    sum: (values) => values.reduce((sum, value) => sum + value, 0),
    max: (values) => Math.max(...values),
    min: (values) => Math.min(...values),
    count: (values) => values.length,
    first: (values) => values[0] ?? Number.NaN,
    last: (values) => values.at(-1) ?? Number.NaN,
  };

  test("are what the raw points make, at the start of each window that holds one", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...signals),
        fc.constantFrom(...AGGREGATIONS),
        fc.constantFrom(100, 200, 700, 1_000, 60_000),
        fc.integer({ min: 0, max: 90_000 }),
        fc.integer({ min: 0, max: 90_000 }),
        (signal, aggregation, windowMs, leadMs, spanMs) => {
          const range = { fromMs: START + leadMs, toMs: START + leadMs + spanMs };
          const windows = new Map<number, number[]>();
          for (const { timestamp, value } of raw(signal, range.fromMs, range.toMs)) {
            const startMs = Math.floor(Date.parse(timestamp) / windowMs) * windowMs;
            windows.set(startMs, [...(windows.get(startMs) ?? []), value]);
          }
          const made = written([seriesOf(new WindowCursor(signal, range, windowMs, aggregation))]);
          expect(made.map(({ timestamp }) => Date.parse(timestamp))).toEqual([...windows.keys()]);
          expect(made.length).toBeLessThanOrEqual(windowsTouched(range, windowMs));
          for (const [i, values] of [...windows.values()].entries()) {
            expect(made[i]?.value).toBeCloseTo(reckon[aggregation](values), 6);
          }
        },
      ),
    );
  });

  test.each([
    [0, 0, 0],
    [0, 1, 1],
    [0, 1_000, 1],
    [0, 1_001, 2],
    [999, 1_001, 2],
    [1_000, 2_000, 1],
  ])("%i to %i touches %i windows of a second", (fromMs, toMs, windows) =>
    expect(windowsTouched({ fromMs, toMs }, 1_000)).toBe(windows),
  );
});

describe("a bad day", () => {
  const all = (): Series[] =>
    signals.slice(0, 5).map((signal) => ({
      ...seriesOf(new SampleCursor(signal, { fromMs: START, toMs: START + 2_000 }), 2_000 / signal.periodMs),
      opening: `{"index":"${signal.index}","timestamp":"`,
    }));
  const whole = written(all());

  test("repeats one point, and it is the same", () => {
    const dice = new FaultDice(1);
    dice.set({ "repeated-point": 1 });
    const places = new Set<number>();
    for (let request = 1; request <= 40; request++) {
      const points = written(spoiled(all(), dice, request));
      expect(points).toHaveLength(whole.length + 1);
      const at = points.findIndex((point, i) => JSON.stringify(point) === JSON.stringify(points[i + 1]));
      expect(points.toSpliced(at, 1)).toEqual(whole);
      places.add(at);
    }
    expect(places.size).toBeGreaterThan(5);
  });

  test("leaves out one whole series", () => {
    const dice = new FaultDice(1);
    dice.set({ "missing-series": { next: 1 } });
    const indexes = (points: readonly Point[]): Set<unknown> =>
      new Set(points.map((point) => (point as Point & { index: string }).index));
    const points = written(spoiled(all(), dice, 1));
    expect(indexes(points).size).toBe(4);
    expect(points).toEqual(whole.filter((point) => indexes(points).has((point as Point & { index: string }).index)));
    expect(written(spoiled(all(), dice, 2))).toEqual(whole);
    expect(spoiled([], dice, 3)).toEqual([]);
  });
});
