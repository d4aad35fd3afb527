import { describe, expect, test } from "vitest";
import { DataSet, dataSetPlan, deviceName } from "./data-set.ts";
import { ALL_SERIES, differenceOf, expectedPoints, type Points, question, stepMsOf } from "./questions.ts";

const set = new DataSet({ ...dataSetPlan("B", 0.02), seriesCount: 600 });

describe("what a data set answers", () => {
  test("a minute holds the readings from its beginning to before its end, late ones where they came", () => {
    const asked = question("day-by-minute", 3, set);
    if (asked.kind !== "day-by-minute") throw new Error("another kind");
    const points = expectedPoints(asked, set).get(deviceName(asked.series)) ?? [];
    const [beginMs, mean] = points[4] ?? [0, 0];
    const values = Array.from({ length: set.plan.ticks }, (_, tick) => tick)
      .filter((tick) => Math.floor((set.timeMs(asked.series, tick) - asked.fromMs) / 60_000) === 4)
      .map((tick) => set.hundredths(asked.series, tick) / 100);
    expect(beginMs).toBe(asked.fromMs + 4 * 60_000);
    expect(mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 9);
    expect(points).toHaveLength(Math.ceil((asked.toMs - asked.fromMs) / 60_000));
  });

  test("the sum by hour is over the series of one site, which the last site may have less than 500 of", () => {
    const asked = question("site-by-hour", 1, set);
    const points = expectedPoints(asked, set).get(ALL_SERIES) ?? [];
    let hundredths = 0;
    for (let series = 500; series < 600; series++)
      for (let tick = 0; tick < set.plan.ticks; tick++) hundredths += set.hundredths(series, tick);
    expect(points.reduce((sum, [, value]) => sum + value, 0)).toBeCloseTo(hundredths / 100, 4);
  });

  test("a range in 500 begins at whole steps since the epoch and stays within the data", () => {
    const whole = new DataSet(dataSetPlan("A", 1));
    const asked = question("range-in-500", 1, whole);
    expect(asked.fromMs % stepMsOf(asked)).toBe(0);
    expect((asked.toMs - asked.fromMs) / stepMsOf(asked)).toBe(500);
    expect(asked.toMs).toBeLessThanOrEqual(whole.endMs);
  });

  test("the latest is the last of each", () => {
    const points = expectedPoints(question("latest", 0, set), set);
    expect(points.size).toBe(600);
    expect(points.get("d0007")).toEqual([
      [set.timeMs(6, set.plan.ticks - 1), set.hundredths(6, set.plan.ticks - 1) / 100],
    ]);
  });
});

describe("two answers", () => {
  const wanted: Points = new Map([
    [
      "d0001",
      [
        [1_000, 2],
        [2_000, 3],
      ],
    ],
  ]);
  test.each<[string, Points, RegExp | null]>([
    [
      "are one when they are the same",
      new Map([
        [
          "d0001",
          [
            [1_000, 2],
            [2_000, 3],
          ],
        ],
      ]),
      null,
    ],
    [
      "are one within rounding",
      new Map([
        [
          "d0001",
          [
            [1_000, 2 + 1e-10],
            [2_000, 3],
          ],
        ],
      ]),
      null,
    ],
    [
      "are one where no time is said",
      new Map([
        [
          "d0001",
          [
            [Number.NaN, 2],
            [2_000, 3],
          ],
        ],
      ]),
      null,
    ],
    [
      "differ by a value",
      new Map([
        [
          "d0001",
          [
            [1_000, 2.000_001],
            [2_000, 3],
          ],
        ],
      ]),
      /point 0/,
    ],
    [
      "differ by a time",
      new Map([
        [
          "d0001",
          [
            [1_000, 2],
            [2_001, 3],
          ],
        ],
      ]),
      /point 1/,
    ],
    ["differ by a missing point", new Map([["d0001", [[1_000, 2]]]]), /1 points instead of 2/],
    ["differ by a missing series", new Map(), /0 series instead of 1/],
    ["differ by another series", new Map([["d0002", []]]), /d0001 is missing/],
    [
      "differ by a value that is none",
      new Map([
        [
          "d0001",
          [
            [1_000, Number.NaN],
            [2_000, 3],
          ],
        ],
      ]),
      /point 0/,
    ],
  ])("%s", (_name, given, difference) => {
    if (difference === null) expect(differenceOf(given, wanted)).toBeNull();
    else expect(differenceOf(given, wanted)).toMatch(difference);
  });
});
