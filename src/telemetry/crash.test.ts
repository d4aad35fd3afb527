import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { systemClock } from "../domain/clock.ts";
import { silentLog } from "../domain/log.ts";
import { openTelemetry } from "./open.ts";
import { PATIENT_READ_MS } from "./patience.fixture.ts";
import { RAW_PAGE_ROWS_MAX } from "./store.ts";

const WRITER = fileURLToPath(new URL("./crash-writer.fixture.ts", import.meta.url));
const ROUNDS = 15;
const SEED = 20_260_621;
const ENGINE_END_MS_MAX = 20_000;

const dataDir = mkdtempSync(join(tmpdir(), "kilowatch-crash-"));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/** mulberry32: a small seeded generator, so that a failing round can be repeated. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes from `first` on, and kills the writer after so many acks. Returns the acked numbers and the engine's process. */
async function writeUntilKilled(first: number, acksMax: number): Promise<{ acked: number[]; engine: number }> {
  const writer = spawn(process.execPath, [WRITER, dataDir, `${first}`], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(writer, "exit");
  const acked: number[] = [];
  let engine = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    if (line.startsWith("engine ")) engine = Number(line.slice("engine ".length));
    else acked.push(Number(line));
    // What was printed before the kill is still read: it was acknowledged.
    if (engine !== 0 && acked.length >= acksMax) writer.kill("SIGKILL");
  }
  await exited;
  return { acked, engine };
}

async function hasEnded(processId: number): Promise<boolean> {
  const untilMs = systemClock.monotonicMs() + ENGINE_END_MS_MAX;
  for (;;) {
    try {
      process.kill(processId, 0);
    } catch {
      return true;
    }
    if (systemClock.monotonicMs() > untilMs) return false;
    await systemClock.sleepUntil(systemClock.monotonicMs() + 10);
  }
}

test("kill -9 of the writing process at any moment: every acknowledged reading is there, exactly once", async () => {
  const random = seeded(SEED);
  const acked = new Set<number>();
  const engines: number[] = [];
  let first = 1;
  for (let round = 0; round < ROUNDS; round++) {
    // Some rounds die at once, some in the middle of their load.
    const result = await writeUntilKilled(first, Math.floor(random() ** 2 * 600));
    for (const number of result.acked) acked.add(number);
    engines.push(result.engine);
    first = Math.max(first, ...result.acked) + 1_000;
  }
  for (const engine of engines) expect(await hasEnded(engine)).toBe(true);

  const store = await openTelemetry({ dataDir, clock: systemClock, log: silentLog, readWaitMs: PATIENT_READ_MS });
  try {
    expect(acked.size).toBeGreaterThan(ROUNDS);
    for (const series of [1, 2, 3]) {
      const { columns, next } = await store.readRaw({
        series: [series],
        fromMs: 0,
        toMs: 1e12,
        limit: RAW_PAGE_ROWS_MAX,
      });
      expect(next).toBeNull();
      const numbers = [...columns.timesMs];
      expect([...columns.values]).toStrictEqual(numbers);
      expect(new Set(numbers).size).toBe(numbers.length);
      expect([...acked].filter((number) => !numbers.includes(number))).toStrictEqual([]);
      // A batch whose ack was still under way may be there too, but none of which a part is missing.
      expect(numbers.length - acked.size).toBeLessThanOrEqual(ROUNDS * 100);
      expect(store.latest(series)).toMatchObject({ timeMs: numbers.at(-1), value: numbers.at(-1) });
      const steps = await store.readSteps({
        series: [series],
        fromMs: 0,
        toMs: 1e12,
        stepMs: 1e12,
        aggregate: "count",
      });
      expect([...steps.counts]).toStrictEqual([numbers.length]);
    }
    expect(store.latest(4)?.value).toBe(store.latest(1)?.value);
    const { columns } = await store.readRaw({ series: [4], fromMs: 0, toMs: 1, limit: 10 });
    expect([...columns.values]).toStrictEqual([store.latest(1)?.value]);
  } finally {
    await store.close();
  }
});
