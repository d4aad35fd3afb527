import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { difference, type Interval, intersection, normalized, totalMs, union } from "./intervals.ts";

/** Times are few, so that edges meet often. */
const SPAN_MS = 40;

const anyIntervals = fc.array(fc.record({ fromMs: fc.nat(SPAN_MS), toMs: fc.nat(SPAN_MS) }), { maxLength: 12 });
const sets = anyIntervals.map(normalized);

/** Each ms that is within. */
function milliseconds(intervals: readonly Interval[]): Set<number> {
  const within = new Set<number>();
  for (const { fromMs, toMs } of intervals) for (let ms = fromMs; ms < toMs; ms++) within.add(ms);
  return within;
}

/** What every function answers: not empty, in order, neither overlapping nor touching. */
function isSet(intervals: readonly Interval[]): boolean {
  return intervals.every(
    ({ fromMs, toMs }, index) => fromMs < toMs && fromMs > (intervals[index - 1]?.toMs ?? Number.NEGATIVE_INFINITY),
  );
}

describe("sets of time are those of their milliseconds:", () => {
  test("normalized", () => {
    fc.assert(
      fc.property(anyIntervals, (intervals) => {
        const set = normalized(intervals);
        expect(isSet(set)).toBe(true);
        expect(milliseconds(set)).toEqual(milliseconds(intervals));
      }),
    );
  });

  test.each([
    ["union", union, (a: Set<number>, b: Set<number>) => a.union(b)],
    ["intersection", intersection, (a: Set<number>, b: Set<number>) => a.intersection(b)],
    ["difference", difference, (a: Set<number>, b: Set<number>) => a.difference(b)],
  ] as const)("%s", (_name, combined, model) => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        const answer = combined(a, b);
        expect(isSet(answer)).toBe(true);
        expect(milliseconds(answer)).toEqual(model(milliseconds(a), milliseconds(b)));
      }),
      { numRuns: 500 },
    );
  });

  test("their length", () => {
    fc.assert(
      fc.property(sets, (set) => {
        expect(totalMs(set)).toBe(milliseconds(set).size);
      }),
    );
  });

  test("and no argument is changed", () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        const before = structuredClone([a, b]);
        for (const combine of [union, intersection, difference]) combine(a, b);
        expect([a, b]).toEqual(before);
      }),
    );
  });
});
