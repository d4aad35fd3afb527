import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WHOLE_SERIES } from "../rollups/dirty-days.ts";
import { DayCache } from "./day-cache.ts";
import { packDay, unpackDay } from "./day-columns.ts";

const DAY_START_MS = Date.UTC(2026, 5, 21);
const touched = (...pairs: [series: number, day: number][]) => ({
  length: pairs.length,
  series: Uint32Array.from(pairs, ([series]) => series),
  days: Int32Array.from(pairs, ([, day]) => day),
});

function unpacked(offsets: number[], values: number[]): [number[], number[]] {
  const [timesMs, read] = [new Float64Array(values.length + 1), new Float64Array(values.length + 1)];
  const day = packDay(Uint32Array.from(offsets), Float64Array.from(values));
  expect(unpackDay(day, DAY_START_MS, timesMs, read, 1)).toBe(values.length + 1);
  return [Array.from(timesMs.subarray(1), (timeMs) => timeMs - DAY_START_MS), [...read.subarray(1)]];
}

describe("a packed day", () => {
  test("gives back every time and value to the bit", () => {
    const value = fc.oneof(
      fc.integer({ min: -1e9, max: 1e9 }).map((hundredths) => hundredths / 100),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(0, -0, 1e308, 5e-324, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 0.1 + 0.2, 1e-6, 1e-7),
    );
    const offsets = fc.oneof(
      fc.uniqueArray(fc.nat(86_399_999), { maxLength: 50 }).map((each) => each.sort((a, b) => a - b)),
      fc
        .tuple(fc.nat(1_000), fc.integer({ min: 1, max: 100_000 }), fc.nat(50))
        .map(([first, every, count]) => Array.from({ length: count }, (_, row) => first + row * every)),
    );
    fc.assert(
      fc.property(offsets, fc.array(value, { minLength: 51, maxLength: 51 }), (times, pool) => {
        const values = pool.slice(0, times.length);
        expect(unpacked(times, values)).toStrictEqual([times, values]);
      }),
      { numRuns: 500 },
    );
  });

  test("gives back what changes little, and what changes a little too much", () => {
    const step = fc.oneof(fc.integer({ min: -50, max: 50 }), fc.constantFrom(-32_768, 32_767, 32_768, -32_769));
    fc.assert(
      fc.property(
        fc.integer({ min: -1e6, max: 1e6 }),
        fc.array(step, { maxLength: 60 }),
        fc.nat(6),
        (first, steps, scale) => {
          let mantissa = first;
          const values = [first, ...steps.map((each) => (mantissa += each))].map((each) =>
            each === 0 ? 0 : each / 10 ** scale,
          );
          const offsets = values.map((_, row) => row * 10_000);
          expect(unpacked(offsets, values)).toStrictEqual([offsets, values]);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("is small when a device reads at an even pace with few decimals", () => {
    const rows = 8_640;
    const offsets = Uint32Array.from({ length: rows }, (_, row) => row * 10_000);
    const day = packDay(
      offsets,
      Float64Array.from({ length: rows }, (_, row) => Math.round(1e5 * Math.sin(row)) / 100),
    );
    expect(day.bytes).toBeLessThan(rows * 4.1);
    const slow = packDay(
      offsets,
      Float64Array.from({ length: rows }, (_, row) => Math.round(1e5 * Math.sin(row / 1_000)) / 100),
    );
    expect(slow.bytes).toBeLessThan(rows * 2.1);
  });
});

describe("the cache of days", () => {
  const day = (rows: number) =>
    packDay(
      Uint32Array.from({ length: rows }, (_, row) => row),
      new Float64Array(rows),
    );
  const loaded = (cache: DayCache, series: number, ...days: number[]) =>
    cache.load(series, days, async () => new Map(days.map((each) => [each, day(10)])));

  test("keeps what was read until it changes, and forgets the least used when it is full", async () => {
    const { bytes } = day(10);
    const cache = new DayCache(3 * bytes);
    await loaded(cache, 1, 5, 6);
    await loaded(cache, 2, 5);
    expect(cache.bytes).toBe(3 * bytes);
    expect([cache.has(1, 6), cache.has(2, 6)]).toStrictEqual([true, false]);
    expect(cache.get(1, 5)).toBeDefined();
    await loaded(cache, 3, 5);
    expect(
      [cache.get(1, 5), cache.get(1, 6), cache.get(2, 5), cache.get(3, 5)].map((each) => each !== undefined),
    ).toStrictEqual([true, false, true, true]);
    cache.drop(touched([1, 4], [2, 5], [9, 9]));
    expect([cache.get(1, 5) !== undefined, cache.get(2, 5)]).toStrictEqual([true, undefined]);
    await loaded(cache, 1, 7);
    cache.drop(touched([1, WHOLE_SERIES]));
    expect([cache.get(1, 5), cache.get(1, 7), cache.bytes]).toStrictEqual([undefined, undefined, bytes]);
    await loaded(cache, 3, 5);
    expect(cache.bytes).toBe(bytes);
  });

  test("does not keep what was written to while it was read", async () => {
    const cache = new DayCache();
    const answer = Promise.withResolvers<void>();
    const read = (days: number[]) => async () => {
      await answer.promise;
      return new Map(days.map((each) => [each, day(1)]));
    };
    const loads = [cache.load(1, [5, 6], read([5, 6])), cache.load(1, [7], read([7])), cache.load(2, [5], read([5]))];
    cache.drop(touched([1, 6], [2, WHOLE_SERIES]));
    answer.resolve();
    expect((await Promise.all(loads)).map((days) => days.size)).toStrictEqual([2, 1, 1]);
    expect([cache.get(1, 5), cache.get(1, 6), cache.get(2, 5)]).toStrictEqual([undefined, undefined, undefined]);
    expect(cache.get(1, 7)).toBeDefined();
    await expect(cache.load(3, [1], () => Promise.reject(new Error("gone")))).rejects.toThrow("gone");
    expect(cache.get(3, 1)).toBeUndefined();
  });

  test("does not keep a day that is larger than all of it", async () => {
    const cache = new DayCache(day(10).bytes - 1);
    await loaded(cache, 1, 5);
    expect([cache.get(1, 5), cache.bytes]).toStrictEqual([undefined, 0]);
  });
});
