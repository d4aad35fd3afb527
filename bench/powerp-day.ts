/**
 * One raw day of 200 PowerP signals from the strict simulator in a process of its own, at its limits: calls against the fewest
 * possible, every point exactly once (against the plant's own tally), and memory on the way.
 * Takes some minutes: `node bench/powerp-day.ts [hours] [signals]`.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import {
  addChecksums,
  createPlant,
  HYDRO_DATABASE_ID,
  pointChecksum,
  startPowerPSimulator,
} from "../simulators/powerp/index.ts";
import { PowerPClient, planPoints } from "../src/vendors/powerp/index.ts";

const SEED = 1;
const HOUR_MS = 3_600_000;
const FIRST_INDEX = 1_001;
const MEMORY_EVERY_MS = 1_000;
const MIB = 2 ** 20;

interface Started {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

interface Stopped {
  readonly seen: number;
  readonly refused: number;
  readonly violations: number;
}

if (process.send) await simulate(process.send.bind(process));
else await measure(Number(process.argv[2] ?? 24), Number(process.argv[3] ?? 200));

async function simulate(tell: (message: Started | Stopped) => void): Promise<void> {
  await using simulator = await startPowerPSimulator({ seed: SEED });
  const { url, clientId, clientSecret } = simulator;
  tell({ url, clientId, clientSecret });
  await once(process, "message");
  const { counters, violations } = simulator;
  tell({ seen: counters.seen, refused: counters.refused, violations: violations.count });
}

async function measure(hours: number, signals: number): Promise<void> {
  const simulator = fork(import.meta.filename);
  const next = async <M>(): Promise<M> => ((await once(simulator, "message")) as [M])[0];
  const { url, clientId, clientSecret } = await next<Started>();
  await using client = new PowerPClient({ baseUrl: url, clientId, clientSecret });

  const indexes = Array.from({ length: signals }, (_, number) => String(FIRST_INDEX + number));
  const toMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const query = { databaseId: String(HYDRO_DATABASE_ID), indexes, fromMs: toMs - hours * HOUR_MS, toMs };
  const plan = planPoints(query);
  console.log(`${plan.pieces} calls: ${plan.windows} windows × ${plan.blocks} blocks`);

  const told = new Map(indexes.map((index) => [index, { samples: 0, checksum: 0 }]));
  const memoryMiB: number[] = [];
  const watch = setInterval(() => memoryMiB.push(process.memoryUsage.rss() / MIB), MEMORY_EVERY_MS);
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  let failures = 0;
  let issues = 0;
  for await (const { piece, points, failure, issueCount } of client.readPoints(query)) {
    issues += issueCount;
    if (failure) failures++;
    for (let row = 0; row < points.length; row++) {
      const index = piece.indexes[points.positions[row] ?? 0] ?? "";
      const tally = told.get(index);
      if (!tally) continue;
      tally.samples++;
      const checksum = pointChecksum(Number(index), points.timesMs[row] ?? 0, points.values[row] ?? 0);
      tally.checksum = addChecksums(tally.checksum, checksum);
    }
  }
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(watch);
  simulator.send("stop");
  const { seen, refused, violations } = await next<Stopped>();
  simulator.disconnect();

  const plant = createPlant(SEED);
  let wrong = 0;
  let samples = 0;
  for (const [index, tally] of told) {
    const right = plant.tally(HYDRO_DATABASE_ID, index, query);
    samples += right.samples;
    if (right.samples !== tally.samples || right.checksum !== tally.checksum) wrong++;
  }
  console.log(`${samples} points in ${seconds.toFixed(1)} s (${(samples / seconds / 1e3).toFixed(0)} k/s)`);
  console.log(`${((user + system) / 1e6).toFixed(1)} s of processor, the tally of this script included`);
  console.log(`${wrong} signals that are not whole and exact, ${failures} failed pieces, ${issues} issues`);
  console.log(
    `${seen} calls, ${(seen / plan.pieces).toFixed(4)} × the fewest; ${refused} refused, ${violations} violations`,
  );
  const quarter = Math.max(1, Math.floor(memoryMiB.length / 4));
  const quarters = [0, 1, 2, 3].map((part) => median(memoryMiB.slice(part * quarter, (part + 1) * quarter)).toFixed(0));
  console.log(
    `memory, median of each quarter: ${quarters.join(", ")} MiB; at most ${Math.max(...memoryMiB).toFixed(0)} MiB`,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
