import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cellOf, heatRows, isHole, NOT_DUE_MS } from "./heat.ts";

const HOUR_MS = 3_600_000;
const sums = (of: Partial<Record<"data" | "nothing" | "refused" | "failed" | "unasked" | "before", number>>) => ({
  data: [of.data ?? 0],
  nothing: [of.nothing ?? 0],
  refused: [of.refused ?? 0],
  failed: [of.failed ?? 0],
  unasked: [of.unasked ?? 0],
  before: [of.before ?? 0],
});

describe("a cell", () => {
  test.each([
    [{ data: HOUR_MS }, "full", 100],
    [{ data: 99, unasked: 1 }, "full", 99],
    [{ data: 989, unasked: 11 }, "most", 98],
    [{ data: 90, failed: 10 }, "most", 90],
    [{ data: 899, failed: 101 }, "half", 89],
    [{ data: 50, unasked: 50 }, "half", 50],
    [{ data: 499, unasked: 501 }, "little", 49],
    [{ data: 1, failed: HOUR_MS }, "little", 1],
    [{ failed: 1 }, "empty", 0],
    [{ refused: 5, unasked: HOUR_MS }, "empty", 0],
    [{ unasked: HOUR_MS }, "unasked", 0],
    [{ nothing: HOUR_MS }, "nothing", 0],
    [{ before: HOUR_MS }, "before", 0],
    [{ before: HOUR_MS, nothing: 1 }, "before", 0],
    [{ before: HOUR_MS, unasked: 1 }, "unasked", 0],
    [{ before: 23 * HOUR_MS, data: HOUR_MS }, "full", 100],
    [{}, "nothing", 0],
  ] as const)("of %j is %s, %d %%", (of, mark, percent) => {
    expect(cellOf(sums(of), 0, 0)).toEqual({ mark, percent });
  });

  test("expects nothing of the time in which the vendor has nothing, such as a night", () => {
    expect(cellOf(sums({ data: 12 * HOUR_MS, nothing: 12 * HOUR_MS }), 0, 0)).toEqual({ mark: "full", percent: 100 });
  });

  test("is a hole as soon as anything failed, however little", () => {
    const cell = cellOf(sums({ data: 23.9 * HOUR_MS, failed: 1 }), 0, 0);
    expect(cell).toEqual({ mark: "most", percent: 99 });
    expect(isHole(cell)).toBe(true);
  });

  test("is full or empty exactly when its percentage says so, whatever the sums", () => {
    const ms = fc.nat(10 * HOUR_MS);
    fc.assert(
      fc.property(fc.record({ data: ms, nothing: ms, refused: ms, failed: ms, unasked: ms, before: ms }), (of) => {
        const { mark, percent } = cellOf(sums(of), 0, 0);
        expect(percent).toBeGreaterThanOrEqual(0);
        if (of.failed + of.refused > 0) expect(percent).toBeLessThan(100);
        if (of.data > 0) expect(percent).toBeGreaterThan(0);
        expect(["empty", "unasked", "nothing", "before"].includes(mark)).toBe(of.data === 0);
      }),
    );
  });
});

describe("rows", () => {
  const now = Date.UTC(2026, 10, 22, 12);
  const device = { deviceId: "a", name: "A", asked: true, streams: 2 };

  test("do not expect what the next polls will ask for, in the newest step alone", () => {
    const steps = { data: [0, 0], nothing: [0, 0], refused: [0, 0], failed: [0, 0], before: [0, 0] };
    const unasked = [2 * NOT_DUE_MS, 2 * NOT_DUE_MS];
    const edges = [now - 2 * HOUR_MS, now - HOUR_MS, now];
    const [row] = heatRows({ items: [{ ...device, sums: { ...steps, unasked } }], edges }, now);
    expect(row?.cells?.map(({ mark }) => mark)).toEqual(["unasked", "nothing"]);
    const [late] = heatRows(
      { items: [{ ...device, sums: { ...steps, unasked: [0, 2 * NOT_DUE_MS + 1] } }], edges },
      now,
    );
    expect(late?.cells?.map(({ mark }) => mark)).toEqual(["nothing", "unasked"]);
  });

  test("have no cells where nobody asks, or where there is nothing to ask for", () => {
    const none = heatRows({ items: [{ ...device, asked: false, sums: null }], edges: [now - 1, now] }, now);
    expect(none[0]).toMatchObject({ isAsked: false, cells: null });
    const empty = sums({});
    const [row] = heatRows({ items: [{ ...device, streams: 0, sums: empty }], edges: [now - 1, now] }, now);
    expect(row).toMatchObject({ isAsked: true, cells: null });
  });

  test("share the cells that are alike", () => {
    const items = ["a", "b"].map((deviceId) => ({ ...device, deviceId, sums: sums({ data: HOUR_MS }) }));
    const [a, b] = heatRows({ items, edges: [now - 9 * HOUR_MS, now - 8 * HOUR_MS] }, now);
    expect(a?.cells?.[0]).toBe(b?.cells?.[0]);
  });
});
