import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { POWER_GROUPS, type PowerGroup } from "./power-groups.ts";
import { areaPath, bandsOf, type Stack, spanOf, stackOf, type TimedValue } from "./stacking.ts";

const STEP_MS = 10;

/** Lines of some groups, each with a value at some of the steps. */
const anyLines = fc
  .uniqueArray(fc.constantFrom(...POWER_GROUPS), { minLength: 1 })
  .chain((groups) =>
    fc.tuple(
      ...groups.map((group) =>
        fc
          .array(fc.option(fc.integer({ min: -100, max: 100 })), { maxLength: 20 })
          .map((values): [PowerGroup, TimedValue[]] => [
            group,
            values.flatMap((value, step): TimedValue[] => (value === null ? [] : [[step * STEP_MS, value]])),
          ]),
      ),
    ),
  )
  .map((lines) => new Map(lines));

describe("stackOf", () => {
  test("keeps every value, in its group and time, and adds only empty times", () => {
    fc.assert(
      fc.property(anyLines, (lines) => {
        const { timesMs, groups } = stackOf(lines, STEP_MS);
        expect(timesMs).toEqual([...timesMs].sort((a, b) => a - b));
        for (const { group, values } of groups) {
          const kept = timesMs.flatMap((timeMs, place): TimedValue[] => {
            const value = values[place] ?? null;
            return value === null ? [] : [[timeMs, value]];
          });
          expect(kept).toEqual(lines.get(group));
        }
      }),
    );
  });

  test("breaks where a step is missing from all, and not where one group has it", () => {
    const lines = new Map<PowerGroup, TimedValue[]>([
      [
        "pv",
        [
          [0, 1],
          [20, 1],
          [50, 1],
        ],
      ],
      ["battery", [[10, 2]]],
    ]);
    expect(stackOf(lines, STEP_MS).timesMs).toEqual([0, 10, 20, 21, 50]);
  });
});

describe("bandsOf", () => {
  test("stacks without overlap, and the outermost edges are the sums of each side", () => {
    fc.assert(
      fc.property(anyLines, (lines) => {
        const stack = stackOf(lines, STEP_MS);
        const bands = bandsOf(stack);
        for (const side of ["above", "below"] as const) {
          const ofSide = bands.filter((band) => band.side === side);
          for (const [place] of stack.timesMs.entries()) {
            const values = stack.groups.map(({ values }) => values[place] ?? null);
            if (values.every((value) => value === null)) {
              for (const band of ofSide) expect([band.inner[place], band.outer[place]]).toEqual([null, null]);
              continue;
            }
            const sign = side === "above" ? 1 : -1;
            const sum = values.reduce<number>((total, value) => total + sign * Math.max(0, sign * (value ?? 0)), 0);
            expect(ofSide.at(-1)?.outer[place] ?? 0).toBeCloseTo(sum);
            expect(ofSide[0]?.inner[place] ?? 0).toBe(0);
            for (const [index, band] of ofSide.entries()) {
              expect(band.inner[place]).toBe(index === 0 ? 0 : ofSide[index - 1]?.outer[place]);
            }
          }
        }
      }),
    );
  });

  test("a battery that charges lies below zero, beside the sun above it", () => {
    const stack: Stack = {
      timesMs: [0, 10],
      groups: [
        { group: "pv", values: [5, 6] },
        { group: "battery", values: [-2, 3] },
      ],
    };
    expect(bandsOf(stack)).toEqual([
      { group: "pv", side: "above", inner: [0, 0], outer: [5, 6] },
      { group: "battery", side: "above", inner: [5, 6], outer: [5, 9] },
      { group: "battery", side: "below", inner: [0, 0], outer: [-2, 0] },
    ]);
    expect(spanOf(bandsOf(stack))).toEqual({ min: -2, max: 9 });
    expect(spanOf([])).toEqual({ min: 0, max: 1_000 });
  });
});

test("an area is closed for each run of known times", () => {
  const timesMs = [0, 10, 11, 30];
  const band = { group: "pv", side: "above", inner: [0, 0, null, 0], outer: [1, 2, null, 3] } as const;
  const scales = { x: (timeMs: number) => timeMs, y: (value: number) => 10 - value };
  expect(areaPath(timesMs, band, scales)).toBe("M0 9L10 8L10 10L0 10ZM30 7L30 10Z");
});
