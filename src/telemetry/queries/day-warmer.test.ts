import { describe, expect, test } from "vitest";
import { silentLog } from "../../domain/log.ts";
import { settleTicks, VirtualClock } from "../../domain/virtual-clock.ts";
import { EngineRefused, EngineUnavailable } from "../engine.ts";
import { KEEPS_ALL_ALWAYS } from "../lifecycle/horizon.ts";
import { DAY_MS } from "../rollups/days.ts";
import { DayCache } from "./day-cache.ts";
import { DayWarmer } from "./day-warmer.ts";

const DAY = 20_625;
const READINGS_A_DAY = 100;

/** A warmer over an engine that holds readings of these days, the newest first, and keeps what it was asked. */
function stage(held: readonly [series: number, day: number][], cacheBytes?: number) {
  const clock = new VirtualClock(0, settleTicks);
  const cache = new DayCache(cacheBytes);
  const told = {
    asked: [] as string[],
    warnings: 0,
    pending: 0,
    dirty: new Set<string>(),
    before: async (): Promise<void> => {},
  };
  const query = async (sql: string): Promise<Uint8Array> => {
    told.asked.push(sql);
    await told.before();
    if (sql.includes("LIMIT")) return rows(held.map(([series, day]) => [series, day]));
    const day = Number(/ts >= (-?\d+)/.exec(sql)?.[1]) / DAY_MS;
    const one = /series = (\d+)/.exec(sql)?.[1];
    const [, first, last] = /series >= (\d+) AND series <= (\d+)/.exec(sql) ?? [];
    const list = /series IN \(([\d, ]+)\)/.exec(sql)?.[1] ?? one ?? "";
    const named = first === undefined ? list.split(",").map(Number) : range(Number(first), Number(last));
    return rows(
      named.flatMap((each) =>
        Array.from({ length: READINGS_A_DAY }, (_, n) => [each, day * DAY_MS + n * 1_000, each + n / 100] as const),
      ),
    );
  };
  const warmer = new DayWarmer({
    query,
    cache,
    dirty: { daysOf: (series, day) => (told.dirty.has(`${series} ${day}`) ? [day] : []) },
    hidden: () => [],
    horizons: KEEPS_ALL_ALWAYS,
    pendingReadings: () => told.pending,
    clock,
    log: { ...silentLog, warn: () => told.warnings++ },
  });
  return { clock, cache, told, warmer };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** RowBinary: UInt32, Int64 and perhaps Float64. */
function rows(values: readonly (readonly number[])[]): Uint8Array {
  const bytes = Buffer.alloc(values.reduce((sum, row) => sum + (row.length === 3 ? 20 : 12), 0));
  let at = 0;
  for (const [series = 0, whole = 0, value] of values) {
    bytes.writeUInt32LE(series, at);
    bytes.writeBigInt64LE(BigInt(whole), at + 4);
    if (value !== undefined) bytes.writeDoubleLE(value, at + 12);
    at += value === undefined ? 12 : 20;
  }
  return bytes;
}

const fleet = (count: number): [number, number][] => [
  ...Array.from({ length: count }, (_, n): [number, number] => [n + 1, DAY]),
  ...Array.from({ length: count }, (_, n): [number, number] => [n + 1, DAY - 1]),
];

describe("days read beforehand", () => {
  test("are those that are rolled up, of all series, each once", async () => {
    const { clock, cache, told, warmer } = stage(fleet(40));
    told.dirty.add(`7 ${DAY}`);
    warmer.warm();
    await clock.advance(60_000);
    expect(cache.has(7, DAY)).toBe(false);
    expect(fleet(40).filter(([series, day]) => cache.has(series, day))).toHaveLength(79);
    expect(cache.get(3, DAY)?.length).toBe(READINGS_A_DAY);
    const asked = told.asked.length;
    told.dirty.clear();
    warmer.warm();
    await clock.advance(60_000);
    expect(cache.has(7, DAY)).toBe(true);
    // One look at what there is, and the one day that was missing.
    expect(told.asked.length - asked).toBe(2);
    await warmer.stop();
  });

  test("leave room in the cache, and are the newest", async () => {
    const one = stage([[1, DAY]]);
    one.warmer.warm();
    await one.clock.advance(1_000);
    const dayBytes = one.cache.bytes;
    const { clock, cache, warmer } = stage(fleet(100), 40 * dayBytes);
    warmer.warm();
    await clock.advance(60_000);
    expect(cache.bytes).toBeGreaterThan(36 * dayBytes);
    expect(cache.has(1, DAY)).toBe(true);
    expect(fleet(100).filter(([series, day]) => day < DAY && cache.has(series, day))).toHaveLength(0);
    await warmer.stop();
  });

  test("wait while readings wait for the engine", async () => {
    const { clock, cache, told, warmer } = stage(fleet(10));
    told.pending = 1_000_000;
    warmer.warm();
    await clock.advance(10_000);
    expect(cache.bytes).toBe(0);
    told.pending = 0;
    await clock.advance(10_000);
    expect(cache.has(10, DAY - 1)).toBe(true);
    await warmer.stop();
  });

  test("are not kept when they were written to meanwhile", async () => {
    const { clock, cache, told, warmer } = stage([
      [1, DAY],
      [2, DAY],
    ]);
    const answer = Promise.withResolvers<void>();
    // The first question is which days there are.
    told.before = async () => {
      if (told.asked.length > 1) await answer.promise;
    };
    warmer.warm();
    await clock.advance(1_000);
    expect(told.asked).toHaveLength(2);
    cache.drop({ length: 1, series: Uint32Array.of(1), days: Int32Array.of(DAY) });
    answer.resolve();
    await clock.advance(1_000);
    expect([cache.has(1, DAY), cache.has(2, DAY)]).toStrictEqual([false, true]);
    await warmer.stop();
  });

  test("are given up when the engine is down, said when it refuses, and end with the store", async () => {
    const { clock, told, warmer } = stage(fleet(5));
    told.before = () => Promise.reject(new EngineUnavailable("restarting"));
    warmer.warm();
    await clock.advance(1_000);
    expect([told.asked.length, told.warnings]).toStrictEqual([1, 0]);
    told.before = () => Promise.reject(new EngineRefused("no memory"));
    warmer.warm();
    await clock.advance(1_000);
    expect([told.asked.length, told.warnings]).toStrictEqual([2, 1]);
    told.before = async () => {};
    told.pending = 1_000_000;
    warmer.warm();
    await clock.advance(1_000);
    await warmer.stop();
    expect(told.asked).toHaveLength(3);
  });
});
