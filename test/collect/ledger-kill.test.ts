import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { CoverageSegments } from "../../src/catalogue/coverage-segments.ts";
import { openCatalogueDatabase } from "../../src/catalogue/database.ts";
import { Ledger } from "../../src/collect/ledger/ledger.ts";
import { systemClock } from "../../src/domain/clock.ts";
import type { CoverageRun } from "../../src/domain/coverage.ts";
import { silentLog } from "../../src/domain/log.ts";
import { openTelemetry } from "../../src/telemetry/open.ts";
import { PATIENT_READ_MS } from "../../src/telemetry/patience.fixture.ts";
import { RAW_PAGE_ROWS_MAX } from "../../src/telemetry/store.ts";
import { isInVain, SERIES, STEP_MS } from "./ledger-writer.ts";

const WRITER = fileURLToPath(new URL("./ledger-writer.fixture.ts", import.meta.url));
const ROUNDS = 6;
/** Between what one round stored and what the next begins with. */
const APART = 100_000;
const ALL = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };

const dataDir = mkdtempSync(join(tmpdir(), "kilowatch-ledger-kill-"));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/** Writes from `first` on, and kills the writer after so many lines. Answers the number up to which the ledger was written for certain. */
async function writeUntilKilled(first: number, linesMax: number): Promise<number> {
  const writer = spawn(process.execPath, [WRITER, dataDir, `${first}`], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(writer, "exit");
  let [lines, writtenTo] = [0, first - 1];
  for await (const line of createInterface({ input: writer.stdout })) {
    writtenTo = Math.max(writtenTo, Number(line));
    if (++lines >= linesMax) writer.kill("SIGKILL");
  }
  await exited;
  return writtenTo;
}

function numbersOf(runs: readonly CoverageRun[], outcome: CoverageRun["outcome"]): Set<number> {
  const numbers = new Set<number>();
  for (const run of runs.filter((each) => each.outcome === outcome)) {
    for (let number = run.fromMs / STEP_MS; number < run.toMs / STEP_MS; number++) numbers.add(number);
  }
  return numbers;
}

test("kill -9 between store, note and write: the ledger claims nothing that the store does not hold", async () => {
  const written: { first: number; last: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const first = 1 + round * APART;
    // The first ones die young.
    written.push({ first, last: await writeUntilKilled(first, 1 + round ** 3) });
  }
  const store = await openTelemetry({ dataDir, clock: systemClock, log: silentLog, readWaitMs: PATIENT_READ_MS });
  const database = await openCatalogueDatabase(join(dataDir, "catalogue.db"));
  try {
    const ledger = new Ledger({ coverage: new CoverageSegments(database), clock: systemClock, log: silentLog });
    for (const series of SERIES) {
      const query = { series: [series], fromMs: 0, toMs: ROUNDS * APART * STEP_MS, limit: RAW_PAGE_ROWS_MAX };
      const stored = new Set((await store.readRaw(query)).columns.values);
      const runs = await ledger.runs(series, ALL);
      const claimed = numbersOf(runs, "data");
      expect([...claimed.difference(stored)]).toEqual([]);
      const failed = numbersOf(runs, "failed");
      expect([...failed].every(isInVain)).toBe(true);
      for (const { first, last } of written) {
        for (let number = first; number <= last; number++) {
          expect((isInVain(number) ? failed : claimed).has(number), `${number} of series ${series}`).toBe(true);
        }
      }
      expect(claimed.size).toBeGreaterThan(ROUNDS ** 2);
    }
  } finally {
    await database.destroy();
    await store.close();
  }
});
