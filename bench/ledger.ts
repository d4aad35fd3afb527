/*
 * The coverage ledger: its size for a year of 10,000 streams, what `note` and `flush` cost with 40,000 streams, and its memory.
 *
 *   node --expose-gc bench/ledger.ts
 *
 * The year: a poll a minute of each stream. 5 of 100 requests fail; a call is sent up to four times, so that one poll of 160,000 fails, of each
 * stream by itself. Every night the vendor has nothing, from a minute to a minute that are other ones each day. Twelve times a year the vendor is away
 * for 10 minutes to 4 hours. The worst case beside it: nothing is sent twice, and 5 of 100 polls fail, of each stream by itself.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoverageSegments } from "../src/catalogue/coverage-segments.ts";
import { openCatalogueDatabase } from "../src/catalogue/database.ts";
import { Ledger } from "../src/collect/ledger/ledger.ts";
import { RUNS_HELD_MAX } from "../src/collect/ledger/noted-runs.ts";
import { systemClock } from "../src/domain/clock.ts";
import type { Outcome } from "../src/domain/coverage.ts";
import { difference, type Interval, normalized } from "../src/domain/intervals.ts";
import { silentLog } from "../src/domain/log.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const YEAR_MINUTES = 365 * DAY_MINUTES;
const OUTAGES = 12;
const BEGIN_MS = Date.UTC(2025, 0, 1);
/** Of one poll of a fleet of 10,000 streams, 40 of a request. */
const REQUESTS_A_MINUTE = 250;

const folder = mkdtempSync(join(tmpdir(), "kilowatch-bench-ledger-"));
try {
  for (const [words, streams, share] of [
    ["requests are sent again", 10_000, 0.05 ** 4],
    ["5 % of the polls fail for good", 100, 0.05],
  ] as const) {
    const { bytes, runs } = await yearOf(join(folder, `${streams}.db`), streams, share);
    const scaled = (bytes / streams) * 10_000;
    console.log(
      `a year, ${words}: ${streams} streams of ${runs.toFixed(0)} runs are ${mb(bytes)}; 10,000 are ${mb(scaled)}`,
    );
  }
  await costs(join(folder, "costs.db"));
} finally {
  rmSync(folder, { recursive: true });
}

/** Bytes that the ledger's rows take in the file, and runs of each stream. */
async function yearOf(path: string, streams: number, failingShare: number): Promise<{ bytes: number; runs: number }> {
  const database = await openCatalogueDatabase(path);
  const empty = statSync(path).size;
  const ledger = new Ledger({ coverage: new CoverageSegments(database), clock: systemClock, log: silentLog });
  let [runs, unwritten] = [0, 0];
  for (let series = 1; series <= streams; series++) {
    const noted = noteYear(ledger, series, failingShare);
    runs += noted;
    unwritten += noted;
    if (unwritten < RUNS_HELD_MAX / 2) continue;
    await ledger.flush();
    unwritten = 0;
  }
  await ledger.close();
  // The last one to leave moves what is in the write-ahead log into the file.
  await database.destroy();
  return { bytes: statSync(path).size - empty, runs: runs / streams };
}

/** Notes a year of a stream, in the order of time. Answers how many runs it is. */
function noteYear(ledger: Ledger, series: number, failingShare: number): number {
  const failed = normalized([...outages(), ...failingPolls(failingShare)]);
  const nothing = difference(nights(), failed);
  const data = difference([{ fromMs: 0, toMs: YEAR_MINUTES }], normalized([...failed, ...nothing]));
  const named = (intervals: readonly Interval[], outcome: Outcome) =>
    intervals.map(({ fromMs, toMs }) => ({ from: fromMs, to: toMs, outcome }));
  const runs = [...named(failed, "failed"), ...named(nothing, "nothing"), ...named(data, "data")];
  for (const { from, to, outcome } of runs.sort((a, b) => a.from - b.from)) {
    const toMs = timeMs(to);
    const request = to * REQUESTS_A_MINUTE + (series % REQUESTS_A_MINUTE);
    ledger.note(series, { fromMs: timeMs(from), toMs, outcome, askedAtMs: toMs, request });
  }
  return runs.length;
}

/** A clock's ms, and an answer that takes a while: nothing falls on a whole minute. */
function timeMs(minute: number): number {
  return BEGIN_MS + minute * MINUTE_MS + ((minute * 7_919) % 997);
}

/** These, and what follows, in minutes of the year. */
function outages(): Interval[] {
  return Array.from({ length: OUTAGES }, () => {
    const fromMs = upTo(YEAR_MINUTES - 240);
    return { fromMs, toMs: fromMs + 10 + upTo(230) };
  });
}

function nights(): Interval[] {
  return Array.from({ length: 364 }, (_, day) => {
    const midnight = (day + 1) * DAY_MINUTES;
    return { fromMs: midnight - 330 + upTo(60), toMs: midnight + 330 + upTo(60) };
  });
}

function failingPolls(share: number): Interval[] {
  const polls: Interval[] = [];
  for (let minute = nextFailure(0, share); minute < YEAR_MINUTES; minute = nextFailure(minute + 1, share)) {
    polls.push({ fromMs: minute, toMs: minute + 1 });
  }
  return polls;
}

function upTo(most: number): number {
  return Math.floor(Math.random() * most);
}

/** The next minute, from one on, whose poll fails. */
function nextFailure(from: number, share: number): number {
  return from + Math.floor(Math.log(1 - Math.random()) / Math.log(1 - share));
}

async function costs(path: string): Promise<void> {
  const streams = 40_000;
  const database = await openCatalogueDatabase(path);
  const collectGarbage = (globalThis as { gc?: () => void }).gc;
  collectGarbage?.();
  const heapBefore = process.memoryUsage().heapUsed;
  const ledger = new Ledger({ coverage: new CoverageSegments(database), clock: systemClock, log: silentLog });
  const poll = (minute: number, outcome: Outcome): number =>
    elapsedMs(() => {
      const toMs = BEGIN_MS + minute * MINUTE_MS;
      for (let series = 1; series <= streams; series++) {
        ledger.note(series, { fromMs: toMs - MINUTE_MS, toMs, outcome, askedAtMs: toMs, request: minute });
      }
    });
  const figures = { note: [] as number[], flush: [] as number[], turn: [] as number[] };
  for (let minute = 1; minute <= 15; minute++) {
    figures.note.push(poll(minute, "data"));
    const { longestMs, totalMs } = await watched(() => ledger.flush());
    figures.flush.push(totalMs);
    figures.turn.push(longestMs);
  }
  collectGarbage?.();
  const heapBytes = process.memoryUsage().heapUsed - heapBefore;
  console.log(`${streams} streams, each in a run that grows: note ${ms(median(figures.note))} for all,`);
  const tails = await database.selectFrom("coverage_tail").select("runs").execute();
  const tailBytes = tails.reduce((sum, { runs }) => sum + runs.length, 0);
  console.log(`  ${tails.length} rows of ${mb(tailBytes)} in all;`);
  console.log(`  flush ${ms(median(figures.flush))}, the event loop held for ${ms(median(figures.turn))} at most`);
  console.log(
    `  memory ${(heapBytes / streams).toFixed(0)} bytes a stream${collectGarbage ? "" : " (run with --expose-gc)"}`,
  );
  for (const [minute, outcome] of [
    [16, "failed"],
    [17, "data"],
  ] as const) {
    const noteMs = poll(minute, outcome);
    const { longestMs, totalMs } = await watched(() => ledger.flush());
    console.log(
      `${streams} streams that all change at once: note ${ms(noteMs)}, flush ${ms(totalMs)}, the event loop held for ${ms(longestMs)} at most`,
    );
  }
  await ledger.close();
  await database.destroy();
}

function elapsedMs(work: () => void): number {
  const beganMs = performance.now();
  work();
  return performance.now() - beganMs;
}

/** How long work takes, and for how long at a time it lets nobody else have a turn. */
async function watched(work: () => Promise<void>): Promise<{ totalMs: number; longestMs: number }> {
  const beganMs = performance.now();
  let [lastMs, longestMs, isOver] = [beganMs, 0, false];
  const look = (): void => {
    longestMs = Math.max(longestMs, performance.now() - lastMs);
    lastMs = performance.now();
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  await work();
  isOver = true;
  look();
  return { totalMs: performance.now() - beganMs, longestMs };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function mb(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}
