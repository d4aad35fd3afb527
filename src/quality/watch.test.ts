import fc from "fast-check";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { InvalidInput, StorageUnavailable, TooManyRequests } from "../domain/errors.ts";
import { silentLog } from "../domain/log.ts";
import type { DeviceScan, JudgedDevice, JudgedSite } from "../domain/quality.ts";
import { type LatestReading, QUALITY, ReadingColumnsBuilder } from "../domain/reading.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { PASS_SERIES_MAX, passesOf, SIBLINGS_MAX } from "./pass.ts";
import type { QualityReadings, RawAnswer, RawQuestion } from "./ports.ts";
import { DAY_MS, days, HOUR_MS, MIDNIGHT_MS, MINUTE_MS, type Row } from "./rules.fixture.ts";
import { scanPass } from "./scan.ts";
import {
  LIVE_READINGS_MAX,
  LIVE_WINDOW_MS,
  QualityWatch,
  ROUND_MS_MIN,
  SCAN_MS_MAX,
  SCAN_READINGS_MAX,
} from "./watch.ts";

/** Readings in memory, in pages of at most so many. */
class Readings implements QualityReadings {
  readonly rows: { series: number; timeMs: number; value: number; quality: number }[] = [];
  readonly asked: RawQuestion[] = [];
  readonly newest = new Map<number, LatestReading>();
  failure: Error | null = null;
  pageMax = Number.POSITIVE_INFINITY;
  /** For limits: as many readings as nobody wants to make. */
  pretendedPage: RawAnswer | null = null;

  put(series: number, rows: readonly Row[], quality: number = QUALITY.good): void {
    for (const [timeMs, value] of rows) {
      this.rows.push({ series, timeMs, value, quality });
      const reading = { timeMs, value, quality, receivedAtMs: timeMs };
      if (timeMs >= (this.newest.get(series)?.timeMs ?? 0)) this.newest.set(series, reading);
    }
    this.rows.sort((a, b) => a.timeMs - b.timeMs || a.series - b.series);
  }

  latest(series: number): LatestReading | undefined {
    return this.newest.get(series);
  }

  async readRaw(question: RawQuestion): Promise<RawAnswer> {
    this.asked.push(question);
    if (this.failure) throw this.failure;
    if (this.pretendedPage) return this.pretendedPage;
    const { series, fromMs, toMs, after } = question;
    const left = this.rows.filter(
      (row) =>
        series.includes(row.series) &&
        row.timeMs >= fromMs &&
        row.timeMs < toMs &&
        (!after || row.timeMs > after.timeMs || (row.timeMs === after.timeMs && row.series > after.series)),
    );
    const page = left.slice(0, Math.min(question.limit, this.pageMax));
    const builder = new ReadingColumnsBuilder();
    for (const row of page) builder.push(row.series, row.timeMs, row.value, row.quality);
    return { columns: builder.finish(), next: page.length < left.length ? (page.at(-1) ?? null) : null };
  }
}

function inverter(id: string, series: number): JudgedDevice {
  const metrics = [{ id: `${id}-power`, series, name: "active_power", unit: "W", kind: "gauge" } as const];
  return { id, kind: "inverter", ratedPowerW: 10_000, pollIntervalMs: MINUTE_MS, metrics };
}

const SITE: JudgedSite = {
  id: "s",
  timezone: "UTC",
  place: { latitude: 0, longitude: 0 },
  devices: [inverter("a", 1), inverter("b", 2), inverter("c", 3)],
};
const NOW_MS = MIDNIGHT_MS + 3 * DAY_MS + 12 * HOUR_MS;

let readings: Readings;
let recorded: DeviceScan[];
let clock: VirtualClock;
let sites: JudgedSite[];
let watch: QualityWatch;

beforeEach(() => {
  readings = new Readings();
  recorded = [];
  clock = new VirtualClock(NOW_MS);
  sites = [SITE];
  watch = watchAt(clock);
});

function watchAt(time: VirtualClock): QualityWatch {
  return new QualityWatch({
    readings,
    sites: {
      ids: async () => sites.map(({ id }) => id),
      get: async (id) => sites.find((site) => site.id === id) ?? SITE,
    },
    events: {
      record: async (scan) => {
        recorded.push(scan);
        return { added: scan.findings.length };
      },
    },
    clock: time,
    log: silentLog,
  });
}

const findings = () => recorded.flatMap(({ deviceId, findings: all }) => all.map((each) => ({ deviceId, ...each })));
const until = (nowMs: number, rows = days(4)): Row[] => rows.filter(([timeMs]) => timeMs < nowMs);

describe("a scan of history", () => {
  test("finds what is wrong with each device and among them, and says how much it read", async () => {
    readings.put(1, until(NOW_MS));
    readings.put(2, until(NOW_MS));
    readings.put(
      3,
      until(NOW_MS).map(([timeMs]) => [timeMs, 0]),
    );
    const report = await watch.scan("s", MIDNIGHT_MS, MIDNIGHT_MS + 2 * DAY_MS);
    expect(report).toMatchObject({ devices: 3, readings: 2 * 3 * 2 * 96, isComplete: true });
    expect(report.events).toBe(findings().length);
    expect(findings()).toMatchObject([{ deviceId: "c", rule: "below_siblings", toMs: MIDNIGHT_MS + 2 * DAY_MS }]);
  });

  test("looks at nothing that lies ahead, and gives everything an end", async () => {
    readings.put(1, until(NOW_MS - 2 * HOUR_MS));
    await watch.scan("s", MIDNIGHT_MS, NOW_MS + DAY_MS);
    expect(readings.asked.every(({ toMs }) => toMs === NOW_MS)).toBe(true);
    expect(findings()).toMatchObject([{ deviceId: "a", rule: "missing", metricId: null, toMs: NOW_MS }]);
    expect(recorded.every(({ isLive }) => !isLive)).toBe(true);
  });

  test("knows of silence that began before it", async () => {
    readings.put(1, until(MIDNIGHT_MS + 14 * HOUR_MS));
    await watch.scan("s", MIDNIGHT_MS + 2 * DAY_MS, NOW_MS);
    expect(findings()).toMatchObject([{ rule: "missing", fromMs: MIDNIGHT_MS + 13.75 * HOUR_MS + MINUTE_MS }]);
  });

  test("does not judge a value that is known to be wrong, and does not miss it either", async () => {
    const rows = until(MIDNIGHT_MS + DAY_MS);
    readings.put(1, rows.slice(0, 40));
    readings.put(
      1,
      rows.slice(40, 60).map(([timeMs]) => [timeMs, 1e6]),
      QUALITY.bad,
    );
    readings.put(1, rows.slice(60));
    await watch.scan("s", MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS);
    expect(findings()).toEqual([]);
  });

  test("finds the same however its readings are paged", async () => {
    const wrong = until(MIDNIGHT_MS + 2 * DAY_MS).map(
      ([timeMs, value], index): Row => [timeMs, index > 130 && index < 150 ? 5_000 : value],
    );
    for (const series of [1, 2, 3]) readings.put(series, wrong);
    const scanned = async (pageMax: number) => {
      recorded = [];
      readings.pageMax = pageMax;
      await watch.scan("s", MIDNIGHT_MS, MIDNIGHT_MS + 2 * DAY_MS);
      return findings();
    };
    const whole = await scanned(Number.POSITIVE_INFINITY);
    expect(whole.map(({ rule }) => rule)).toEqual(["flat_lined", "flat_lined", "flat_lined"]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 600 }), async (pageMax) => {
        expect(await scanned(pageMax)).toEqual(whole);
      }),
      { numRuns: 15 },
    );
  });

  test("has a longest range and a right way round", async () => {
    await expect(watch.scan("s", 1, 1)).rejects.toThrow(InvalidInput);
    await expect(watch.scan("s", NOW_MS - SCAN_MS_MAX - 1, NOW_MS)).rejects.toThrow(InvalidInput);
    expect(await watch.scan("s", NOW_MS - SCAN_MS_MAX, NOW_MS)).toMatchObject({ isComplete: true });
  });

  test("is one at a time", async () => {
    const first = watch.scan("s", MIDNIGHT_MS, NOW_MS);
    await expect(watch.scan("s", MIDNIGHT_MS, NOW_MS)).rejects.toThrow(TooManyRequests);
    await first;
    await watch.scan("s", MIDNIGHT_MS, NOW_MS);
  });

  test("ends with the most readings that it may read, and says so", async () => {
    const readingsMax = 100;
    readings.put(1, until(MIDNIGHT_MS + DAY_MS));
    readings.pageMax = 50;
    const [pass] = passesOf(SITE);
    if (!pass) throw new Error("a site with devices has a pass");
    const events = { record: async () => ({ added: 0 }) };
    const terms = { fromMs: MIDNIGHT_MS, toMs: NOW_MS, live: null, signal: new AbortController().signal };
    const read = (max: number) => scanPass(pass, { readings, events }, { ...terms, readingsMax: max });
    expect(await read(96)).toMatchObject({ readings: 96, isComplete: true });
    expect(await read(50)).toMatchObject({ readings: 50, isComplete: false });
    expect(SCAN_READINGS_MAX).toBeGreaterThan(readingsMax);
  });

  test("tells that storage cannot be asked", async () => {
    readings.failure = new StorageUnavailable("The disk is full.", 5);
    await expect(watch.scan("s", MIDNIGHT_MS, NOW_MS)).rejects.toThrow(StorageUnavailable);
  });
});

describe("what is live", () => {
  test("is judged round after round over the newest days, and what goes on is open", async () => {
    readings.put(1, until(NOW_MS));
    readings.put(2, until(NOW_MS - 2 * HOUR_MS));
    watch.start();
    await clock.advance(ROUND_MS_MIN - 1);
    expect(readings.asked).toEqual([]);
    await clock.advance(MINUTE_MS);
    expect(findings()).toMatchObject([{ deviceId: "b", rule: "missing", toMs: null }]);
    expect(recorded.every(({ isLive, toMs, fromMs }) => isLive && toMs - fromMs === LIVE_WINDOW_MS)).toBe(true);
    const once = recorded.length;
    await clock.advance(2 * ROUND_MS_MIN);
    expect(recorded.length).toBeGreaterThan(once);
    await watch.close();
  });

  test("a reading that comes again and again is stale and its device not missing", async () => {
    readings.put(1, until(NOW_MS - HOUR_MS));
    readings.put(2, until(NOW_MS + DAY_MS, days(5)));
    readings.put(3, until(NOW_MS + DAY_MS, days(5)));
    const last = readings.latest(1);
    watch.start();
    for (let minute = 0; minute <= 20; minute++) {
      if (last) readings.newest.set(1, { ...last, receivedAtMs: clock.nowMs() });
      for (const series of [2, 3]) {
        const now = { timeMs: clock.nowMs(), value: 1, quality: 0, receivedAtMs: clock.nowMs() };
        readings.newest.set(series, now);
      }
      await clock.advance(MINUTE_MS);
    }
    await watch.close();
    const newest = recorded.findLast(({ deviceId, rules }) => deviceId === "a" && rules.has("stale"));
    expect(newest?.findings).toMatchObject([{ rule: "stale", fromMs: last?.timeMs, toMs: null }]);
  });

  test("the last reading of the day, which a vendor repeats all night, is as new as it can be", async () => {
    clock = new VirtualClock(MIDNIGHT_MS + 3 * DAY_MS + 22 * HOUR_MS);
    watch = watchAt(clock);
    readings.put(1, until(MIDNIGHT_MS + 3 * DAY_MS + 18 * HOUR_MS));
    const last = readings.latest(1);
    if (last) readings.newest.set(1, { ...last, receivedAtMs: clock.nowMs() });
    watch.start();
    await clock.advance(ROUND_MS_MIN + MINUTE_MS);
    await watch.close();
    expect(recorded.some(({ deviceId, isLive }) => deviceId === "a" && isLive)).toBe(true);
    expect(findings()).toEqual([]);
  });

  test("a clock that is ahead is found", async () => {
    readings.put(1, until(NOW_MS));
    readings.newest.set(1, { timeMs: NOW_MS + HOUR_MS, value: 1, quality: 0, receivedAtMs: NOW_MS });
    watch.start();
    await clock.advance(ROUND_MS_MIN + MINUTE_MS);
    await watch.close();
    expect(findings()).toMatchObject([{ deviceId: "a", rule: "clock_off", evidence: { aheadS: 3_600 } }]);
  });

  test("waits while storage cannot be asked, and goes on", async () => {
    readings.put(2, until(NOW_MS - 2 * HOUR_MS));
    readings.failure = new StorageUnavailable("The engine is starting.", 30);
    watch.start();
    await clock.advance(ROUND_MS_MIN + 29_000);
    expect(readings.asked).toHaveLength(1);
    readings.failure = null;
    await clock.advance(MINUTE_MS);
    expect(findings()).toMatchObject([{ deviceId: "b", rule: "missing" }]);
    await watch.close();
  });

  test("outlives what fails, and judges the rest", async () => {
    sites = [SITE, { ...SITE, id: "t", devices: [inverter("x", 9)] }];
    readings.put(9, until(NOW_MS - 2 * HOUR_MS));
    const { readRaw } = readings;
    readings.readRaw = (question) =>
      question.series.includes(1) ? Promise.reject(new Error("a bug")) : readRaw.call(readings, question);
    watch.start();
    await clock.advance(ROUND_MS_MIN + MINUTE_MS);
    expect(findings()).toMatchObject([{ deviceId: "x", rule: "missing" }]);
    await watch.close();
  });

  test("with too many readings is looked at over half the time from then on", async () => {
    const builder = new ReadingColumnsBuilder();
    for (let row = 0; row < LIVE_READINGS_MAX; row++) builder.push(1, MIDNIGHT_MS, 1, QUALITY.bad);
    readings.pretendedPage = { columns: builder.finish(), next: { timeMs: MIDNIGHT_MS, series: 1 } };
    sites = [{ ...SITE, devices: [inverter("a", 1)] }];
    watch.start();
    await vi.waitFor(
      async () => {
        await clock.advance(MINUTE_MS);
        const windows = readings.asked.map(({ fromMs, toMs }) => toMs - fromMs);
        expect([Math.max(...windows), Math.min(...windows)]).toEqual([LIVE_WINDOW_MS, LIVE_WINDOW_MS / 2]);
      },
      { timeout: 20_000, interval: 1 },
    );
    await watch.close();
  });

  test("is judged no more once the watch is closed, however often", async () => {
    watch.start();
    watch.start();
    await watch.close();
    await watch.close();
    await clock.advance(3 * ROUND_MS_MIN);
    expect(readings.asked).toEqual([]);
  });
});

test("a site is judged in passes of so many series, a device never in two", () => {
  const wide = (id: string, first: number, count: number): JudgedDevice => ({
    ...inverter(id, first),
    metrics: Array.from({ length: count }, (_, index) => ({
      id: `${id}-${index}`,
      series: first + index,
      name: `voltage_${index}`,
      unit: "V",
      kind: "gauge",
    })),
  });
  const devices = [wide("a", 1, PASS_SERIES_MAX - 1), wide("b", 1_000, 1), wide("c", 2_000, 2 * PASS_SERIES_MAX)];
  const passes = passesOf({ ...SITE, devices });
  expect(passes.map(({ devices: ofPass }) => ofPass.map(({ id }) => id))).toEqual([["a", "b"], ["c"]]);
  const many = Array.from({ length: SIBLINGS_MAX + 1 }, (_, index) => inverter(`i${index}`, index));
  const compared = passesOf({ ...SITE, devices: many }).filter(({ rules }) => rules.has("below_siblings"));
  expect(compared.map(({ series }) => series.length)).toEqual([SIBLINGS_MAX, 1]);
});
