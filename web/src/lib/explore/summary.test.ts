import { expect, test } from "vitest";
import type { Series } from "../api/types.gen.ts";
import { loadSummary, summarise, summaryStep } from "./summary.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MADRID = "Europe/Madrid";

function answer(step: string, series: [points: [number, number][], coverages: number[]][]): Series {
  return {
    from: "",
    to: "",
    step,
    timezone: MADRID,
    series: series.map(([points, pointCoverage], place) => ({
      metricId: `${place}`,
      unit: "W",
      points,
      coverage: 1,
      pointCoverage,
    })),
    nextCursor: null,
    plan: { rollup: null, rollupShare: 0 },
    gapRule: { maxGapS: 3_600, between: "linear" },
  };
}

test("steps are those that a person would take", () => {
  const stepOf = (days: number): string => summaryStep({ fromMs: 0, toMs: days * DAY_MS });
  expect([1 / 24, 2, 7, 62, 63, 365, 5 * 366, 3_650].map(stepOf)).toEqual([
    "auto",
    "auto",
    "P1D",
    "P1D",
    "P1M",
    "P1M",
    "P1M",
    "P1Y",
  ]);
});

test("metrics of different density stand in one row where their steps are the same", () => {
  const range = { fromMs: 0, toMs: 3 * HOUR_MS };
  const weighted = answer("PT1H", [
    [
      [
        [0, 1],
        [HOUR_MS, 2],
        [2 * HOUR_MS, 3],
      ],
      [1, 0.5, 1],
    ],
    [[[HOUR_MS, 20]], [0.25]],
  ]);
  // What the line between readings says counts for more than a mean of those that happen to lie in the step.
  const plain = answer("PT1H", [
    [[[0, 9]], []],
    [[[2 * HOUR_MS, 30]], []],
  ]);
  const summary = summarise(weighted, plain, range, MADRID, 10 * HOUR_MS);
  expect(summary.rows.map(({ cells }) => cells.map((cell) => cell?.mean ?? null))).toEqual([
    [1, null],
    [2, 20],
    [3, 30],
  ]);
  expect(summary.coverages[0]).toBeCloseTo(2.5 / 3);
  expect(summary.coverages[1]).toBeCloseTo(0.25 / 3);
});

test("what is yet to come is not missing", () => {
  const range = { fromMs: 0, toMs: DAY_MS };
  const none = answer("PT12H", [[[], []]]);
  const half = answer("PT12H", [[[[0, 1]], [1]]]);
  expect(summarise(half, none, range, MADRID, 12 * HOUR_MS).coverages).toEqual([1]);
  expect(summarise(half, none, range, MADRID, 10 * DAY_MS).coverages).toEqual([0.5]);
  expect(summarise(none, none, range, MADRID, -DAY_MS).coverages).toEqual([0]);
});

test("a day is as long as its place's clocks make it", () => {
  // 25 October 2026 has 25 hours in Madrid; the range ends with it.
  const startMs = Date.UTC(2026, 9, 24, 22);
  const range = { fromMs: startMs, toMs: startMs + 25 * HOUR_MS };
  const day = answer("P1D", [[[[startMs, 1]], [1]]]);
  expect(summarise(day, day, range, MADRID, range.toMs).coverages).toEqual([1]);
});

test("asks for both means by the calendar of the place", async () => {
  const asked: string[] = [];
  const ask = async <T>(path: string): Promise<T> => {
    asked.push(path);
    return answer("P1D", [[[[0, 1]], [1]]]) as T;
  };
  const summary = await loadSummary(ask, ["0"], { fromMs: 0, toMs: 7 * DAY_MS }, MADRID, DAY_MS);
  expect(summary.step).toBe("P1D");
  expect(asked).toEqual([
    expect.stringMatching(/step=P1D&agg=time_weighted_mean&coverage=points/),
    expect.stringMatching(/agg=mean/),
  ]);
  expect(asked.every((path) => path.includes("timezone=Europe%2FMadrid"))).toBe(true);
});
