import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CoverageRun, OUTCOMES } from "../../domain/coverage.ts";
import { difference, type Interval, intersection, normalized, totalMs } from "../../domain/intervals.ts";
import { chapterStartMs, countWindows, openOf, windowsOf } from "./windows.ts";

const V = 300;
const RANGE = { fromMs: 0, toMs: 100_000 };

const limitsOf = fc.record({
  windowMsMax: fc.integer({ min: V, max: 40 * V }),
  devicesPerWindow: fc.integer({ min: 1, max: 4 }),
  valuesEveryMs: fc.constantFrom(1, 7, V),
});
const stretches = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 99_000 }), fc.integer({ min: 1, max: 9_000 })), { maxLength: 6 })
  .map((pairs) =>
    normalized(pairs.map(([fromMs, lengthMs]) => ({ fromMs, toMs: Math.min(RANGE.toMs, fromMs + lengthMs) }))),
  );
const run = ({ fromMs, toMs }: Interval, outcome: CoverageRun["outcome"]): CoverageRun => {
  return { fromMs, toMs, outcome, askedAtMs: toMs, request: 1 };
};

describe("windows", () => {
  test("ask every ms of every gap once, none longer than the limit, and of few enough devices", () => {
    fc.assert(
      fc.property(fc.array(stretches, { maxLength: 7 }), limitsOf, (opens, limits) => {
        // Neighbours have the same gaps, as devices of one outage do.
        const devices = opens.flatMap((open, index) => [
          { device: `a${index}`, open },
          { device: `b${index}`, open },
        ]);
        const windows = windowsOf(devices, limits);
        for (const { device, open } of devices) {
          const asked = windows.filter((window) => window.devices.includes(device));
          expect(normalized(asked)).toEqual(open);
          expect(totalMs(asked)).toBe(totalMs(open));
        }
        for (const { fromMs, toMs, devices: asked } of windows) {
          expect(toMs - fromMs).toBeLessThanOrEqual(limits.windowMsMax);
          expect(asked.length).toBeLessThanOrEqual(limits.devicesPerWindow);
          const isCut = !opens.some((open) => open.some((stretch) => stretch.fromMs === fromMs));
          if (isCut) expect(fromMs % limits.valuesEveryMs).toBe(0);
        }
        expect(windows.map(({ toMs }) => toMs)).toEqual(windows.map(({ toMs }) => toMs).sort((a, b) => b - a));
        expect(countWindows(devices, limits)).toBe(windows.length);
      }),
    );
  });

  test("are as few as the limit allows", () => {
    const limits = { windowMsMax: 10 * V, devicesPerWindow: 20, valuesEveryMs: V };
    const open = [{ fromMs: 0, toMs: 100 * V }];
    const devices = Array.from({ length: 45 }, (_, index) => ({ device: `${index}`, open }));
    expect(windowsOf(devices, limits)).toHaveLength(10 * 3);
  });

  test("are as many when their range is taken chapter by chapter", () => {
    fc.assert(
      fc.property(limitsOf, fc.integer({ min: 1, max: 99_999 }), (limits, toMs) => {
        let windows = 0;
        for (let endMs = toMs; endMs > 0; ) {
          const fromMs = Math.max(0, chapterStartMs(endMs, limits));
          windows += countWindows([{ device: "a", open: [{ fromMs, toMs: endMs }] }], limits);
          endMs = fromMs;
        }
        expect(windows).toBe(countWindows([{ device: "a", open: [{ fromMs: 0, toMs }] }], limits));
      }),
    );
  });

  test("are cut by the vendor's window where values are further apart than that", () => {
    const limits = { windowMsMax: 1_000, devicesPerWindow: 1, valuesEveryMs: 3_000 };
    const windows = windowsOf([{ device: "a", open: [{ fromMs: 500, toMs: 3_500 }] }], limits);
    expect(windows.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
      [3_000, 3_500],
      [2_000, 3_000],
      [1_000, 2_000],
      [500, 1_000],
    ]);
  });
});

describe("what is open", () => {
  test("is never held already, and together with what is held, and with slivers, the whole range", () => {
    fc.assert(
      fc.property(
        stretches,
        fc.array(fc.constantFrom(...OUTCOMES)),
        fc.integer({ min: 1, max: 2_000 }),
        (held, outcomes, valuesEveryMs) => {
          const runs = held.map((stretch, index) => run(stretch, outcomes[index % outcomes.length] ?? "data"));
          const asksAgain = ({ outcome }: CoverageRun): boolean => outcome === "failed";
          const open = openOf(RANGE, runs, { valuesEveryMs }, asksAgain);
          const settled = normalized(runs.filter((each) => !asksAgain(each)));
          expect(intersection(open, settled)).toEqual([]);
          for (const sliver of difference(difference([RANGE], settled), open)) {
            expect(sliver.toMs - sliver.fromMs).toBeLessThan(valuesEveryMs / 2);
            expect(sliver.fromMs !== RANGE.fromMs && sliver.toMs !== RANGE.toMs).toBe(true);
          }
        },
      ),
    );
  });

  test.each([
    [150, 1],
    [149, 0],
  ])("includes a gap of %d ms between two values that come every 300 ms: %d", (gapMs, gaps) => {
    const runs = [run({ fromMs: 0, toMs: 1_000 }, "data"), run({ fromMs: 1_000 + gapMs, toMs: RANGE.toMs }, "data")];
    expect(openOf(RANGE, runs, { valuesEveryMs: V }, () => false)).toHaveLength(gaps);
  });
});
