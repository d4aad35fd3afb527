import fc from "fast-check";
import { expect, test } from "vitest";
import { answeredStretches } from "./answered.ts";

const V = 300;
const WINDOW = { fromMs: 3_000, toMs: 6_000 };
const told = (timesMs: readonly number[]) =>
  answeredStretches(WINDOW, timesMs, V).map(({ fromMs, toMs, outcome }) => [fromMs, toMs, outcome]);
const every = (fromMs: number, toMs: number) =>
  Array.from({ length: Math.ceil((toMs - fromMs) / V) }, (_, index) => fromMs + index * V);

test("covers the window exactly, without two stretches of one outcome side by side, and every value with data", () => {
  const time = fc.integer({ min: WINDOW.fromMs, max: WINDOW.toMs - 1 });
  fc.assert(
    fc.property(fc.array(time), (timesMs) => {
      const stretches = answeredStretches(WINDOW, timesMs, V);
      let atMs = WINDOW.fromMs;
      let before = "";
      for (const { fromMs, toMs, outcome } of stretches) {
        expect(fromMs).toBe(atMs);
        expect(outcome).not.toBe(before);
        [atMs, before] = [toMs, outcome];
      }
      expect(atMs).toBe(WINDOW.toMs);
      for (const timeMs of timesMs) {
        const own = stretches.find(({ fromMs, toMs }) => timeMs >= fromMs && timeMs < toMs);
        expect(own?.outcome).toBe("data");
      }
    }),
  );
});

test("a window with all of its values is all data, wherever within their spacing they lie", () => {
  for (const offsetMs of [0, 1, 150, 299]) {
    expect(told(every(WINDOW.fromMs + offsetMs, WINDOW.toMs))).toEqual([[3_000, 6_000, "data"]]);
  }
});

test("a window without a value is all nothing", () => expect(told([])).toEqual([[3_000, 6_000, "nothing"]]));

test("values up to one and a half spacings apart are neighbours", () => {
  expect(told([3_000, 3_450, ...every(3_750, 6_000)])).toEqual([[3_000, 6_000, "data"]]);
  expect(told([3_000, 3_451, ...every(3_750, 6_000)])).toEqual([
    [3_000, 3_300, "data"],
    [3_300, 3_451, "nothing"],
    [3_451, 6_000, "data"],
  ]);
});

test("a value that is missing at either end is nothing there", () => {
  expect(told(every(3_300, 5_700))).toEqual([
    [3_000, 3_300, "nothing"],
    [3_300, 5_700, "data"],
    [5_700, 6_000, "nothing"],
  ]);
});
