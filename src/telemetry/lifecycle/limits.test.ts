import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidInput, StorageUnavailable } from "../../domain/errors.ts";
import { silentLog } from "../../domain/log.ts";
import { ReadingColumnsBuilder } from "../../domain/reading.ts";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { JournaledStore } from "../journaled-store.ts";
import { MemoryEngine } from "../memory-engine.ts";
import { DAY_MS } from "../rollups/days.ts";
import { WHOLE_SERIES } from "../rollups/dirty-days.ts";
import { DELETIONS_PENDING_MAX, RETENTION_DAYS_MAX } from "../store.ts";
import { DELETION_PAIRS_MAX, daysOf } from "./deleted.ts";
import { Horizons } from "./horizons.ts";
import { checkPolicy, cutOf } from "./retention-policy.ts";

test("a deletion marks its days, and whole series when they are too many", () => {
  const deletion = (days: number) => ({ series: Uint32Array.of(7, 9), fromMs: 1, toMs: days * DAY_MS, seq: 1 });
  expect(daysOf(deletion(2))).toStrictEqual({
    length: 4,
    series: Uint32Array.of(7, 7, 9, 9),
    days: Int32Array.of(0, 1, 0, 1),
  });
  expect(daysOf(deletion(DELETION_PAIRS_MAX / 2)).length).toBe(DELETION_PAIRS_MAX);
  expect(daysOf(deletion(DELETION_PAIRS_MAX / 2 + 1))).toStrictEqual({
    length: 2,
    series: Uint32Array.of(7, 9),
    days: Int32Array.of(WHOLE_SERIES, WHOLE_SERIES),
  });
});

test("the cut takes nothing younger, all that is a month older, and moves once a month", () => {
  const now = fc.integer({ min: Date.UTC(2010, 0), max: Date.UTC(2099, 0) });
  fc.assert(
    fc.property(now, fc.integer({ min: 1, max: 3_000 }), (nowMs, days) => {
      const cutMs = cutOf(nowMs, days);
      expect(cutMs % DAY_MS).toBe(0);
      expect(cutMs).toBeLessThanOrEqual(nowMs - days * DAY_MS);
      expect(cutMs).toBeGreaterThan(nowMs - (days + 33) * DAY_MS);
      const year = Array.from({ length: 365 }, (_, day) => cutOf(nowMs + day * DAY_MS, days));
      expect(year).toStrictEqual(year.toSorted((a, b) => a - b));
      expect(new Set(year).size).toBeLessThanOrEqual(13);
    }),
    { numRuns: 30 },
  );
  expect(cutOf(Date.UTC(2026, 0), null)).toBe(0);
  // All times before 2000 share a part of the disk, and are kept with it.
  expect(cutOf(Date.UTC(2000, 0, 20), 30)).toBe(0);
});

test("days of a policy are whole, within bounds, and rollups outlive readings", () => {
  for (const rawDays of [1, RETENTION_DAYS_MAX, null]) checkPolicy({ gauge: { rawDays, rollupDays: null } });
  checkPolicy({ gauge: { rawDays: 9, rollupDays: 9 } });
  const wrong = [0, 1.5, RETENTION_DAYS_MAX + 1, Number.NaN].map((rawDays) => ({ rawDays, rollupDays: null }));
  for (const gauge of [...wrong, { rawDays: 9, rollupDays: 8 }, { rawDays: null, rollupDays: 8 }]) {
    expect(() => checkPolicy({ gauge })).toThrow(InvalidInput);
  }
});

test("horizons only move forward, and outlive a restart; who is of no class is kept", async () => {
  const saved = new Map<string, string>();
  const ledger = {
    setting: async (name: string) => saved.get(name) ?? null,
    setSetting: async (name: string, value: string) => void saved.set(name, value),
  };
  const horizons = new Horizons(ledger);
  expect(horizons.isKnown).toBe(true);
  await horizons.advance("gauge", { refusesBeforeMs: 5 * DAY_MS, readingsFromMs: 4 * DAY_MS });
  await horizons.advance("gauge", { refusesBeforeMs: 3 * DAY_MS });
  const restarted = new Horizons(ledger);
  await restarted.restore();
  expect(restarted.isKnown).toBe(false);
  restarted.classify({ classOf: (series) => (series === 1 ? "gauge" : undefined), seriesOf: () => [1] });
  expect(restarted.ofClass("gauge")).toStrictEqual({
    refusesBeforeMs: 5 * DAY_MS,
    readingsFromMs: 4 * DAY_MS,
    rollupsFromMs: 0,
  });
  expect([restarted.of(1).readingsFromMs, restarted.of(2).readingsFromMs]).toStrictEqual([4 * DAY_MS, 0]);
  const readings = (series: number, timeMs: number) => {
    const builder = new ReadingColumnsBuilder();
    builder.push(3, 9 * DAY_MS, 1, 0);
    builder.push(series, timeMs, 1, 0);
    return builder.finish();
  };
  restarted.check(readings(1, 5 * DAY_MS));
  restarted.check(readings(2, 0));
  expect(() => restarted.check(readings(1, 5 * DAY_MS - 1))).toThrow(
    "timesMs.1: 1970-01-05T23:59:59.999Z lies before 1970-01-06T00:00:00.000Z, from when on readings of the class gauge are kept",
  );
});

test("so many deletions wait, while the engine is away, and one more is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kilowatch-limits-"));
  const engine = new MemoryEngine();
  engine.down = true;
  const clock = new VirtualClock();
  const store = await JournaledStore.open({
    journalPath: join(folder, "journal.db"),
    openEngine: () => engine,
    clock,
    log: silentLog,
  });
  try {
    const deletion = { series: [1], fromMs: 0, toMs: 1 };
    await Promise.all(Array.from({ length: DELETIONS_PENDING_MAX }, () => store.deleteReadings(deletion)));
    await expect(store.deleteReadings(deletion)).rejects.toThrow(StorageUnavailable);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});
