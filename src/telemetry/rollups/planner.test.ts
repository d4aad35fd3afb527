import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KEEPS_ALL } from "../lifecycle/horizon.ts";
import type { TimeWindow } from "../store.ts";
import { DAY_MS, dayOf } from "./days.ts";
import { type DirtyView, planReads, type Wanted } from "./planner.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const NOTHING_DIRTY: DirtyView = { daysOf: () => [] };

const wanted = (fromMs: number, toMs: number, more: Partial<Wanted> = {}): Wanted => ({
  series: [1, 2],
  windows: [{ fromMs, toMs }],
  fits: () => true,
  counted: { fromMs, toMs },
  ...more,
});

describe("the planner", () => {
  test("reads every minute of every series once, dirty ones and broken buckets from the readings", () => {
    const spanMinutes = 9 * 1_440;
    const minute = fc.nat(spanMinutes);
    const dirtyOf = fc.oneof(
      fc.uniqueArray(fc.nat(9), { maxLength: 4 }).map((days) => days.sort((a, b) => a - b)),
      fc.constant("whole" as const),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(minute, { minLength: 2, maxLength: 6 }),
        fc.array(dirtyOf, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(DAY_MS, HOUR_MS, 15 * MINUTE_MS, 1),
        (ends, dirtiness, widestMs) => {
          const edges = ends.sort((a, b) => a - b).map((each) => each * MINUTE_MS);
          // Every other span between the edges is wanted.
          const windows: TimeWindow[] = [];
          for (let at = 0; at + 1 < edges.length; at += 2)
            windows.push({ fromMs: edges[at] ?? 0, toMs: edges[at + 1] ?? 0 });
          const series = dirtiness.map((_days, index) => index + 1);
          const daysOf: DirtyView["daysOf"] = (of, from, through) => {
            const days = dirtiness[of - 1] ?? [];
            return days === "whole" ? days : days.filter((day) => day >= from && day <= through);
          };
          const counted = { fromMs: windows[0]?.fromMs ?? 0, toMs: windows.at(-1)?.toMs ?? 0 };
          const plan = planReads({ series, windows, fits: (bucketMs) => bucketMs <= widestMs, counted }, { daysOf });
          const reads = [
            ...plan.raw.map((each) => ({ ...each, bucketMs: 1 })),
            ...plan.rollups.flatMap(({ rollup, reads: of }) =>
              of.map((each) => ({ ...each, bucketMs: rollup.bucketMs })),
            ),
          ];
          let rolledMs = 0;
          for (const of of series) {
            const own = reads
              .filter((read) => read.series.includes(of))
              .flatMap((read) => read.windows.map((window) => ({ ...window, bucketMs: read.bucketMs })))
              .sort((a, b) => a.fromMs - b.fromMs);
            // Joined, they are what was wanted: nothing twice, nothing left out.
            const joined: { fromMs: number; toMs: number }[] = [];
            for (const { fromMs, toMs, bucketMs } of own) {
              expect(fromMs).toBeLessThan(toMs);
              if (bucketMs > 1) {
                expect([fromMs % bucketMs, toMs % bucketMs]).toStrictEqual([0, 0]);
                expect(bucketMs).toBeLessThanOrEqual(widestMs);
                rolledMs += toMs - fromMs;
                const dirty = daysOf(of, dayOf(fromMs), dayOf(toMs - 1));
                expect(dirty).toStrictEqual([]);
              }
              const last = joined.at(-1);
              if (last) expect(fromMs).toBeGreaterThanOrEqual(last.toMs);
              if (last?.toMs === fromMs) last.toMs = toMs;
              else joined.push({ fromMs, toMs });
            }
            expect(joined).toStrictEqual(windows);
          }
          expect(plan.plan.rollupShare).toBeCloseTo(rolledMs / (series.length * (counted.toMs - counted.fromMs)), 9);
          expect(plan.plan.rollup === null).toBe(rolledMs === 0);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("goes from the widest rollups to the readings at an end that lies inside a bucket", () => {
    const { raw, rollups, plan } = planReads(wanted(0, 5 * DAY_MS + 6 * HOUR_MS + 70 * MINUTE_MS + 1), NOTHING_DIRTY);
    const read = rollups.map(({ rollup, reads }) => [rollup.name, ...(reads[0]?.windows ?? [])]);
    expect(read).toStrictEqual([
      ["P1D", { fromMs: 0, toMs: 5 * DAY_MS }],
      ["PT1H", { fromMs: 5 * DAY_MS, toMs: 5 * DAY_MS + 7 * HOUR_MS }],
    ]);
    const rest = { fromMs: 5 * DAY_MS + 7 * HOUR_MS, toMs: 5 * DAY_MS + 7 * HOUR_MS + 10 * MINUTE_MS + 1 };
    expect(raw).toStrictEqual([{ series: [1, 2], windows: [rest] }]);
    expect(plan.rollup).toBe("P1D");
    expect(plan.rollupShare).toBeGreaterThan(0.99);
  });

  test("reads a short window from the readings, and everything while there are no rollups", () => {
    for (const plan of [
      planReads(wanted(0, 4 * 15 * MINUTE_MS - 1), NOTHING_DIRTY),
      planReads(wanted(0, 100 * DAY_MS), null),
      planReads(wanted(0, 100 * DAY_MS, { fits: () => false }), NOTHING_DIRTY),
    ]) {
      expect(plan.rollups).toStrictEqual([]);
      expect(plan.plan).toStrictEqual({ rollup: null, rollupShare: 0 });
    }
    expect(planReads(wanted(0, 4 * 15 * MINUTE_MS), NOTHING_DIRTY).plan).toStrictEqual({
      rollup: "PT15M",
      rollupShare: 1,
    });
  });

  test("takes the days between as dirty when a series is dirty in too many places", () => {
    const everySecond = (count: number): DirtyView => ({
      daysOf: () => Array.from({ length: count }, (_, index) => 10 + 2 * index),
    });
    const few = planReads(wanted(0, 100 * DAY_MS), everySecond(32));
    expect(few.raw[0]?.windows).toHaveLength(32);
    const many = planReads(wanted(0, 100 * DAY_MS), everySecond(33));
    expect(many.raw[0]?.windows).toStrictEqual([{ fromMs: 10 * DAY_MS, toMs: 75 * DAY_MS }]);
    expect(many.plan).toStrictEqual({ rollup: "P1D", rollupShare: 0.35 });
  });

  test("puts series together that are dirty in too many ways to be told apart", () => {
    const series = Array.from({ length: 40 }, (_, index) => index);
    const { raw } = planReads(wanted(0, 100 * DAY_MS, { series }), { daysOf: (each) => [each] });
    expect(raw).toHaveLength(17);
    expect(raw.flatMap((read) => [...read.series]).sort((a, b) => a - b)).toStrictEqual(series);
  });

  test("reads what retention has left: rollups alone before the horizon, narrowest where dirty, nothing before rollups begin", () => {
    const horizon = { readingsFromMs: 6 * DAY_MS, rollupsFromMs: 2 * DAY_MS };
    const horizons = { of: (series: number) => (series === 1 ? horizon : KEEPS_ALL), isKnown: true };
    const dirty: DirtyView = {
      daysOf: (_series, from, through) => [4, 7].filter((day) => day >= from && day <= through),
    };
    const { raw, rollups, plan } = planReads(wanted(0, 8 * DAY_MS, { series: [1] }), dirty, horizons);
    const days = (from: number, to: number) => ({ fromMs: from * DAY_MS, toMs: to * DAY_MS });
    expect(raw).toStrictEqual([{ series: [1], windows: [days(7, 8)] }]);
    const named = rollups.map(({ rollup, reads, hides }) => [
      rollup.name,
      hides,
      reads.flatMap(({ windows }) => windows),
    ]);
    expect(named).toStrictEqual([
      ["P1D", false, [days(2, 4), days(5, 6)]],
      // One clean day with readings is too little for the widest.
      ["PT1H", false, [days(6, 7)]],
      ["PT15M", true, [days(4, 5)]],
    ]);
    expect(plan).toStrictEqual({ rollup: "P1D", rollupShare: 5 / 8, goneShare: 2 / 8 });
    const before = planReads(wanted(0, DAY_MS, { series: [1] }), dirty, horizons);
    expect(before).toStrictEqual({ raw: [], rollups: [], plan: { rollup: null, rollupShare: 0, goneShare: 1 } });
    const fine = planReads(wanted(0, 8 * DAY_MS, { series: [1, 2], fits: () => false }), dirty, horizons);
    expect(fine.raw).toStrictEqual([
      { series: [1], windows: [days(6, 8)] },
      { series: [2], windows: [days(0, 8)] },
    ]);
    expect(fine.plan).toStrictEqual({ rollup: null, rollupShare: 0, goneShare: 6 / 16 });
  });

  test("reads buckets before the horizon whether dirty days are known or not, and as few as there are", () => {
    const horizons = { of: () => ({ readingsFromMs: 6 * DAY_MS, rollupsFromMs: 0 }), isKnown: true };
    const hour = wanted(DAY_MS + HOUR_MS, DAY_MS + 2 * HOUR_MS + MINUTE_MS);
    for (const [dirty, name, hides] of [
      [NOTHING_DIRTY, "PT1H", false],
      [null, "PT15M", true],
    ] as const) {
      const { raw, rollups, plan } = planReads(hour, dirty, horizons);
      expect(raw).toStrictEqual([]);
      expect(rollups.map(({ rollup, hides: hidden }) => [rollup.name, hidden])).toStrictEqual([[name, hides]]);
      expect(plan.goneShare).toBeCloseTo(1 / 61, 10);
    }
  });
});
