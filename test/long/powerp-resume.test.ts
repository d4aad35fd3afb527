import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, expect, test } from "vitest";
import {
  addChecksums,
  createPlant,
  HYDRO_DATABASE_ID,
  pointChecksum,
  startPowerPSimulator,
} from "../../simulators/powerp/index.ts";
import { planPoints } from "../../src/vendors/powerp/index.ts";

const PROGRAM = resolve(import.meta.dirname, "../../bin/kilowatch.mjs");
const SEED = 7;
const SIGNALS = 200;
const FIRST_INDEX = 1_001;
const DAY_MS = 86_400_000;
const KILLS = 5;
/** Calls, as a multiple of the fewest possible. */
const CALLS_MAX = 1.05;

const folder = mkdtempSync(join(tmpdir(), "kilowatch-resume-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a raw day of 200 signals, killed five times on the way: every point once, at 1.05 times the fewest calls", async () => {
  await using simulator = await startPowerPSimulator({ seed: SEED });
  const toMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const range = { fromMs: toMs - DAY_MS, toMs };
  const indexes = Array.from({ length: SIGNALS }, (_, number) => String(FIRST_INDEX + number));
  const { pieces } = planPoints({ databaseId: String(HYDRO_DATABASE_ID), indexes, ...range });
  const plant = createPlant(SEED);
  const out = join(folder, "points.csv");
  const fetchPoints = (resume: boolean): ChildProcess =>
    spawn(
      process.execPath,
      [
        PROGRAM,
        ...["fetch", "powerp", "query", "--url", simulator.url, "--database", String(HYDRO_DATABASE_ID)],
        ...["--signals", `${FIRST_INDEX}..${FIRST_INDEX + SIGNALS - 1}`],
        ...["--from", new Date(range.fromMs).toISOString(), "--to", new Date(range.toMs).toISOString()],
        ...["--out", out, ...(resume ? ["--resume"] : [])],
      ],
      {
        stdio: ["ignore", "ignore", "inherit"],
        env: {
          ...process.env,
          POWERP_CLIENT_ID: simulator.clientId,
          POWERP_CLIENT_SECRET: simulator.clientSecret,
        },
      },
    );

  for (let kill = 1; kill <= KILLS; kill++) {
    const client = fetchPoints(kill > 1);
    // At an uneven point of the work, not of time: each time about a seventh further.
    await answered(simulator.counters, Math.floor((kill * pieces) / 7) + kill, client);
    client.kill("SIGKILL");
    await once(client, "exit");
  }
  const last = fetchPoints(true);
  expect(await once(last, "exit")).toEqual([0, null]);

  expect(existsSync(`${out}.progress`)).toBe(false);
  expect(await talliesOf(out)).toEqual(
    new Map(indexes.map((index) => [index, plant.tally(HYDRO_DATABASE_ID, index, range)])),
  );
  expect(simulator.counters.seen).toBeLessThanOrEqual(CALLS_MAX * pieces);
  expect(simulator.violations.count).toBe(0);
  console.log(`${simulator.counters.seen} calls, ${(simulator.counters.seen / pieces).toFixed(4)} × the fewest`);
});

/** Resolves when so many requests were answered. */
async function answered(counters: { readonly answered: number }, count: number, client: ChildProcess): Promise<void> {
  while (counters.answered < count) {
    if (client.exitCode !== null) throw new Error(`the client ended with code ${client.exitCode}`);
    await new Promise((next) => setTimeout(next, 20));
  }
}

/** Counts and sums up the points of a file, by signal, whatever their order. */
async function talliesOf(path: string): Promise<Map<string, { samples: number; checksum: number }>> {
  const tallies = new Map<string, { samples: number; checksum: number }>();
  let header: string | null = null;
  // However late the second half of a CR LF comes, it ends no line of its own.
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    if (header === null) {
      header = line;
      continue;
    }
    const [index = "", timestamp = "", value = ""] = line.split(",");
    const tally = tallies.get(index) ?? { samples: 0, checksum: 0 };
    tally.samples++;
    tally.checksum = addChecksums(tally.checksum, pointChecksum(Number(index), Date.parse(timestamp), Number(value)));
    tallies.set(index, tally);
  }
  expect(header).toBe("index,timestamp,value");
  return tallies;
}
