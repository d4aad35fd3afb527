import { describe, expect, test } from "vitest";
import { gridOf } from "../queries/step-grid.ts";
import { notHidden } from "./hidden.ts";
import { stepStart } from "./step-start.ts";
import { integer, rowsIn, seriesIn } from "./text.ts";

describe("SQL text", () => {
  test("takes whole numbers and nothing else", () => {
    expect([0, -0, -7, 2 ** 53 - 1].map(integer)).toStrictEqual(["0", "0", "-7", "9007199254740991"]);
    for (const value of [0.5, Number.NaN, Infinity, 2 ** 53, "1; DROP TABLE readings_2" as unknown as number]) {
      expect(() => integer(value)).toThrow(TypeError);
    }
  });

  test("says series as shortly as can be", () => {
    expect(seriesIn([])).toBe("0");
    expect(seriesIn([7, 7])).toBe("series = 7");
    expect(seriesIn([9, 8, 7, 8])).toBe("series >= 7 AND series <= 9");
    expect(seriesIn([9, 7])).toBe("series IN (7, 9)");
  });

  test("names the span of several windows, and series that share windows once", () => {
    const [a, b] = [
      { fromMs: 0, toMs: 5 },
      { fromMs: 10, toMs: 15 },
    ];
    expect(rowsIn("ts", [{ series: [1], windows: [a] }])).toBe("series = 1 AND ts >= 0 AND ts < 5");
    expect(
      rowsIn("bucket", [
        { series: [1], windows: [a, b] },
        { series: [2], windows: [b] },
      ]),
    ).toBe(
      "((series = 1 AND bucket >= 0 AND bucket < 15 AND ((bucket >= 0 AND bucket < 5) OR (bucket >= 10 AND bucket < 15))) OR (series = 2 AND bucket >= 10 AND bucket < 15))",
    );
  });

  test("sorts rows into runs of steps", () => {
    const fixed = gridOf({ stepMs: 60, originMs: 0 });
    expect(stepStart("ts", fixed.runsIn({ fromMs: 130, toMs: 250 }))).toBe("intDiv(ts, 60) * 60");
    const shifted = gridOf({ stepMs: 60, originMs: 59 });
    expect(stepStart("ts", shifted.runsIn({ fromMs: 130, toMs: 250 }))).toBe("intDiv(ts - 119, 60) * 60 + 119");
    const edged = gridOf({ edgesMs: [0, 24, 48, 71, 95, 96] });
    expect(stepStart("ts", edged.runsIn({ fromMs: 0, toMs: 96 }))).toBe(
      "multiIf(ts < 48, intDiv(ts, 24) * 24, ts < 71, toInt64(48), ts < 95, toInt64(71), toInt64(95))",
    );
    // Only what the window touches is named.
    expect(stepStart("ts", edged.runsIn({ fromMs: 30, toMs: 40 }))).toBe("intDiv(ts, 24) * 24");
  });

  test("hides what is deleted from the reads that it touches", () => {
    const hidden = [
      { series: Uint32Array.of(1, 3), fromMs: 10, toMs: 20, seq: 7 },
      { series: Uint32Array.of(2), fromMs: 0, toMs: 5, seq: 8 },
    ];
    const reads = (series: number[], fromMs: number, toMs: number) => [{ series, windows: [{ fromMs, toMs }] }];
    expect(notHidden(hidden, reads([3, 4], 0, 11))).toBe(
      " AND NOT (series = 3 AND ts >= 10 AND ts < 20 AND version <= 7)",
    );
    expect(notHidden(hidden, reads([3], 0, 10))).toBe("");
    expect(notHidden(hidden, reads([4], 0, 100))).toBe("");
    expect(notHidden(hidden, reads([2], 5, 100))).toBe("");
  });
});
