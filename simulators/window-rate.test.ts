import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WindowRate } from "./window-rate.ts";

const THREE_A_SECOND = { requests: 3, perMs: 1_000 };

describe("three requests in any second", () => {
  test.each([
    ["three at once are allowed, a fourth is not", [0, 0, 0, 0], [null, null, null, 1_000]],
    ["at exactly 1,000 ms the first has left", [0, 1, 2, 1_000], [null, null, null, null]],
    ["a thousandth of a millisecond too early is too early", [0, 1, 2, 999.999], [null, null, null, 0.001]],
    ["the window slides", [900, 950, 999, 1_899, 1_950], [null, null, null, 1, null]],
    ["a refused request counts", [0, 0, 0, 500, 1_000, 1_000, 1_000], [null, null, null, 500, null, null, 500]],
  ])("%s", (_name, arrivals, early) => {
    const rate = new WindowRate(THREE_A_SECOND);
    const answers = arrivals.map((atMs) => rate.arrive("a", atMs));
    expect(answers.map((answer) => (answer === null ? null : Math.round(answer * 1e6) / 1e6))).toEqual(early);
  });

  test("whatever the arrivals, one is allowed exactly when its window held fewer than three", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 }), (gapsMs) => {
        const rate = new WindowRate(THREE_A_SECOND);
        const arrivals: number[] = [];
        let atMs = 0;
        for (const gapMs of gapsMs) {
          atMs += gapMs;
          const inWindow = arrivals.filter((earlier) => atMs - earlier < 1_000).length;
          expect(rate.arrive("a", atMs) === null).toBe(inWindow < 3);
          arrivals.push(atMs);
        }
      }),
    );
  });

  test("each key has its own window; thousands of made-up ones are forgotten, a live one is not", () => {
    const rate = new WindowRate({ requests: 1, perMs: 1_000 });
    for (let i = 0; i < 5_000; i++) expect(rate.arrive(`made up ${i}`, i)).toBeNull();
    rate.arrive("live", 5_000);
    for (let i = 0; i < 900; i++) rate.arrive(`more ${i}`, 5_001 + i);
    expect(rate.arrive("live", 5_999)).toBe(1);
  });
});
