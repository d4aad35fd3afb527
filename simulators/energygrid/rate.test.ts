import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RateRule } from "./rate.ts";

const TOKEN = "a";

describe("one request in any second", () => {
  test.each([
    ["the first is allowed", [0], [null]],
    ["a second after exactly 1,000 ms", [0, 1_000], [null, null]],
    ["a thousandth of a millisecond too early is too early", [0, 999.999], [null, 0.001]],
    ["50 ms are not forgiven", [0, 950], [null, 50]],
    ["a refused request does not restart the second", [0, 999, 1_000], [null, 1, null]],
    ["however many were refused", [0, 1, 500, 999.5, 1_000], [null, 999, 500, 0.5, null]],
    ["the second slides: it does not begin at whole seconds", [900, 1_100, 1_899, 1_900], [null, 800, 1, null]],
    ["a pause earns no burst", [0, 60_000, 60_000.5], [null, null, 999.5]],
  ])("%s", (_name, arrivals, early) => {
    const rule = new RateRule();
    const answers = arrivals.map((atMs) => rule.arrive(TOKEN, atMs));
    expect(answers.map((answer) => (answer === null ? null : Math.round(answer * 1e6) / 1e6))).toEqual(early);
  });

  test("each token has its own second", () => {
    const rule = new RateRule();
    expect(rule.arrive("a", 0)).toBeNull();
    expect(rule.arrive("b", 1)).toBeNull();
    expect(rule.arrive("a", 2)).toBe(998);
  });

  test("thousands of made-up tokens are forgotten, a live one is not", () => {
    const rule = new RateRule();
    for (let i = 0; i < 5_000; i++) rule.arrive(`made up ${i}`, i);
    rule.arrive(TOKEN, 5_000);
    for (let i = 0; i < 900; i++) rule.arrive(`more ${i}`, 5_001 + i);
    expect(rule.arrive(TOKEN, 5_999)).toBe(1);
  });

  test("whatever the arrivals, those allowed are a second apart, and none was refused without need", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 2_500, noNaN: true }), { maxLength: 60 }), (gapsMs) => {
        const rule = new RateRule();
        let atMs = 0;
        let lastAllowed = Number.NEGATIVE_INFINITY;
        for (const gapMs of gapsMs) {
          atMs += gapMs;
          const allowed = rule.arrive(TOKEN, atMs) === null;
          expect(allowed).toBe(atMs - lastAllowed >= 1_000);
          if (allowed) lastAllowed = atMs;
        }
      }),
    );
  });
});
