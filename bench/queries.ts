/*
 * Measures the store's queries alone: `node bench/queries.ts [series] [days]`. Seeded data at one reading in 10 s; prints one JSON object of
 * medians and 90th percentiles in ms: first from readings, then from rollups, `again` when the days are in memory.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/domain/clock.ts";
import { silentLog } from "../src/domain/log.ts";
import { ReadingColumnsBuilder } from "../src/domain/reading.ts";
import { openTelemetry } from "../src/telemetry/open.ts";

const [SERIES = 500, DAYS = 2] = process.argv.slice(2).map(Number);
const DAY_MS = 86_400_000;
const EVERY_MS = 10_000;
const START_MS = Date.UTC(2026, 5, 21);
const BATCH_ROWS = 100_000;
const QUERIES = 60;

/** A generator of its own, so that every run stores the same (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const dataDir = mkdtempSync(join(tmpdir(), "kilowatch-bench-"));
const store = await openTelemetry({ dataDir, clock: systemClock, log: silentLog });
const figures: Record<string, unknown> = { series: SERIES, days: DAYS };
try {
  const loadedMs = performance.now();
  await load();
  figures["loadS"] = rounded((performance.now() - loadedMs) / 1_000);
  const all = Array.from({ length: SERIES }, (_, index) => index + 1);
  const some = all.slice(0, 500);
  const one = (n: number): number[] => [1 + ((n * 37) % SERIES)];
  const whole = { fromMs: START_MS, toMs: START_MS + DAYS * DAY_MS };
  const day = { fromMs: START_MS, toMs: START_MS + DAY_MS };
  const kinds: Record<string, (n: number) => Promise<{ length: number }>> = {
    "one series, a day, 1-min mean": (n) =>
      store.readSteps({ series: one(n), ...day, stepMs: 60_000, aggregate: "mean" }),
    "one series, whole range, 500 points": (n) =>
      store.readSteps({ series: one(n), ...whole, stepMs: Math.ceil((DAYS * DAY_MS) / 500), aggregate: "mean" }),
    "one series, whole range, M4 of 2,000": (n) =>
      store.readDownsampled({ series: one(n), ...whole, pointsMax: 2_000 }),
    "one series, whole range, hourly integral and coverage": (n) =>
      store.readSteps({ series: one(n), ...whole, stepMs: 3_600_000, aggregate: "integral", coverage: true }),
    "500 series, whole range, hourly mean of each": () =>
      store.readSteps({ series: some, ...whole, stepMs: 3_600_000, aggregate: "mean" }),
    "500 series, whole range, hourly sum of means": () =>
      store.readAcross({ series: some, ...whole, stepMs: 3_600_000, aggregate: "mean", across: "sum" }),
    "all series, whole range, daily max": () =>
      store.readSteps({ series: all, ...whole, stepMs: DAY_MS, aggregate: "max" }),
  };
  figures["fromReadings"] = await timedAll(kinds, (name) => (name.startsWith("one") ? QUERIES : 7));
  figures["again"] = await timedAll(kinds, (name) => (name.startsWith("one") ? QUERIES : 0));
  const rolledMs = performance.now();
  await store.rollAll();
  figures["rollUpS"] = rounded((performance.now() - rolledMs) / 1_000);
  figures["fromRollups"] = await timedAll(kinds, () => QUERIES);
} finally {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
}
console.log(JSON.stringify(figures, null, 2));

async function load(): Promise<void> {
  const next = random(1);
  const level = Float64Array.from({ length: SERIES + 1 }, () => next() * 1_000);
  let builder = new ReadingColumnsBuilder();
  for (let timeMs = START_MS; timeMs < START_MS + DAYS * DAY_MS; timeMs += EVERY_MS) {
    for (let series = 1; series <= SERIES; series++) {
      // Two decimals, a wave and noise.
      const value = (level[series] ?? 0) + 300 * Math.sin(timeMs / 1e7 + series) + 4 * next();
      builder.push(series, timeMs, Math.round(value * 100) / 100, 0);
    }
    if (builder.length < BATCH_ROWS) continue;
    await store.append(builder.finish(), Date.now());
    builder = new ReadingColumnsBuilder();
    while (store.health().pendingReadings > 4_000_000) await systemClock.sleepUntil(systemClock.monotonicMs() + 20);
  }
  await store.append(builder.finish(), Date.now());
  while (store.health().pendingReadings > 0) await systemClock.sleepUntil(systemClock.monotonicMs() + 20);
}

async function timedAll(
  kinds: Readonly<Record<string, (n: number) => Promise<{ length: number }>>>,
  times: (name: string) => number,
): Promise<object> {
  const took: Record<string, object> = {};
  for (const [name, ask] of Object.entries(kinds)) if (times(name) > 0) took[name] = await timed(ask, times(name));
  return took;
}

async function timed(ask: (n: number) => Promise<{ length: number }>, times: number): Promise<object> {
  const tookMs: number[] = [];
  let rows = 0;
  for (let n = 0; n < times; n++) {
    const startedMs = performance.now();
    rows = (await ask(n)).length;
    tookMs.push(performance.now() - startedMs);
  }
  tookMs.sort((a, b) => a - b);
  const at = (share: number): number => rounded(tookMs[Math.floor(tookMs.length * share)] ?? 0);
  return { p50: at(0.5), p90: at(0.9), rows };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
