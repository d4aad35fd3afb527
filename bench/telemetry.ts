/*
 * Measures the telemetry store alone: `node bench/telemetry.ts`. Prints one JSON object of figures.
 * Memory and CPU of the engine's process are read from /proc, and left out where there is none.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/domain/clock.ts";
import { silentLog } from "../src/domain/log.ts";
import { type ReadingColumns, ReadingColumnsBuilder } from "../src/domain/reading.ts";
import { openTelemetry } from "../src/telemetry/open.ts";

const SERIES = 2_000;
const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 5, 21);
const LOAD = { batchRows: 10_000, batches: 500, writers: 8 };
const TRICKLE = { batchRows: 10, batches: 1_000, writers: 1 };
const MANY_SMALL = { batchRows: 10, batches: 5_000, writers: 32 };
const IDLE_MS = 10_000;
const QUERIES = 50;
/** USER_HZ of Linux: /proc counts CPU time in ticks of 10 ms. */
const TICK_MS = 10;

type Store = Awaited<ReturnType<typeof openTelemetry>>;

const dataDir = mkdtempSync(join(tmpdir(), "kilowatch-bench-"));
const openedMs = performance.now();
const store = await openTelemetry({ dataDir, clock: systemClock, log: silentLog });
const figures: Record<string, unknown> = { openMs: rounded(performance.now() - openedMs) };
try {
  figures["idleEmpty"] = await idle(store);
  let rowsMade = 0;
  const batchOf = (rows: number): ReadingColumns => {
    const builder = new ReadingColumnsBuilder();
    for (let row = 0; row < rows; row++, rowsMade++) {
      const sweep = Math.floor(rowsMade / SERIES);
      // A minute apart: every series gets its day within 1,440 sweeps.
      builder.push(1 + (rowsMade % SERIES), START_MS + sweep * 60_000, Math.round(5e4 * Math.sin(sweep / 200)) / 10, 0);
    }
    return builder.finish();
  };
  for (const [name, load] of Object.entries({ LOAD, TRICKLE, MANY_SMALL }))
    figures[name.toLowerCase()] = await append(load, batchOf);
  const day = (series: number) => ({ series: [series], fromMs: START_MS, toMs: START_MS + DAY_MS });
  figures["rawDayOneSeriesMs"] = await timed((n) => store.readRaw({ ...day(1 + n), limit: 50_000 }));
  figures["stepsDayOneSeriesMs"] = await timed((n) =>
    store.readSteps({ ...day(1 + n), stepMs: 300_000, aggregate: "mean" }),
  );
  const all = Array.from({ length: SERIES }, (_, index) => index + 1);
  figures["stepsDayAllSeriesMs"] = await timed(() =>
    store.readSteps({ ...day(1), series: all, stepMs: 3_600_000, aggregate: "mean" }),
  );
  figures["latestOfAllMs"] = await timed(() => Promise.resolve(all.map((series) => store.latest(series))));
  figures["rowsStored"] = rowsMade;
  figures["idleAfterLoad"] = await idle(store);
} finally {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
}
console.log(JSON.stringify(figures, null, 2));

async function append(load: typeof LOAD, batchOf: (rows: number) => ReadingColumns): Promise<object> {
  const batches = Array.from({ length: load.batches }, () => batchOf(load.batchRows));
  const acksMs: number[] = [];
  const cpuBeforeMs = cpuOfBothMs();
  const startedMs = performance.now();
  const write = async (): Promise<void> => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) {
      const sentMs = performance.now();
      await store.append(batch, Date.now());
      acksMs.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: load.writers }, write));
  const readings = load.batches * load.batchRows;
  const ackedPerS = Math.round((readings / (performance.now() - startedMs)) * 1_000);
  while (store.health().pendingReadings > 0) await systemClock.sleepUntil(systemClock.monotonicMs() + 5);
  const inEnginePerS = Math.round((readings / (performance.now() - startedMs)) * 1_000);
  const cpuNs = cpuOfBothMs().map((afterMs, index) => ((afterMs - (cpuBeforeMs[index] ?? 0)) * 1e6) / readings);
  const [serverCpuNsPerReading, engineCpuNsPerReading] = cpuNs.map(Math.round);
  return { ...load, ackedPerS, inEnginePerS, serverCpuNsPerReading, engineCpuNsPerReading, ackMs: percentiles(acksMs) };
}

/** CPU time of this process, its journal's thread included, and of the engine's. */
function cpuOfBothMs(): number[] {
  const processId = store.engineProcessId();
  const { user, system } = process.cpuUsage();
  return [
    (user + system) / 1_000,
    processId !== undefined && existsSync(`/proc/${processId}/stat`) ? cpuMs(processId) : 0,
  ];
}

async function timed(ask: (n: number) => Promise<unknown>): Promise<object> {
  const tookMs: number[] = [];
  for (let n = 0; n < QUERIES; n++) {
    const startedMs = performance.now();
    await ask(n);
    tookMs.push(performance.now() - startedMs);
  }
  return percentiles(tookMs);
}

/** What the engine's process takes while nothing is asked of it. */
async function idle(open: Store): Promise<object> {
  const processId = open.engineProcessId();
  if (processId === undefined || !existsSync(`/proc/${processId}/smaps_rollup`)) return {};
  const cpuBeforeMs = cpuMs(processId);
  await systemClock.sleepUntil(systemClock.monotonicMs() + IDLE_MS);
  const rollup = readFileSync(`/proc/${processId}/smaps_rollup`, "utf8");
  const megabytes = (name: string): number =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(rollup)?.[1]) / 1024);
  const cpuPercent = rounded(((cpuMs(processId) - cpuBeforeMs) / IDLE_MS) * 100);
  return { rssMb: megabytes("Rss"), pssMb: megabytes("Pss"), ownMb: megabytes("Pss_Anon"), cpuPercent };
}

function cpuMs(processId: number): number {
  // The name in parentheses may hold spaces; user and system time are the 12th and 13th field after it.
  const afterName = readFileSync(`/proc/${processId}/stat`, "utf8").split(") ")[1] ?? "";
  const [user, system] = afterName.split(" ").slice(11, 13).map(Number);
  return ((user ?? 0) + (system ?? 0)) * TICK_MS;
}

function percentiles(valuesMs: readonly number[]): object {
  const sorted = valuesMs.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
