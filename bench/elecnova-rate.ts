/**
 * Ten thousand Elecnova calls against the strict simulator in a process of its own: how much of the vendor's 100 requests a second
 * is used, and whether any was refused. Takes 100 s: `node bench/elecnova-rate.ts [calls]`.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { startElecnovaSimulator } from "../simulators/elecnova/index.ts";
import type { SimulatorCounters } from "../simulators/strict-server.ts";
import { leastSpanMs } from "../src/transport/budget.ts";
import { ElecnovaClient } from "../src/vendors/elecnova/index.ts";

const CALLS_OPEN = 64;
const DAY_MS = 86_400_000;

interface Started {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

interface Stopped {
  readonly counters: SimulatorCounters;
  readonly spanMs: number;
  readonly violations: number;
  readonly logins: number;
}

if (process.send) await simulate(process.send.bind(process));
else await measure(Number(process.argv[2] ?? 10_000));

async function simulate(tell: (message: Started | Stopped) => void): Promise<void> {
  await using simulator = await startElecnovaSimulator({ cabinets: 50 });
  const { url, clientId, clientSecret } = simulator;
  tell({ url, clientId, clientSecret });
  await once(process, "message");
  const { counters, timings, violations, logins } = simulator;
  tell({ counters, spanMs: timings.spanMs, violations: violations.count, logins });
}

async function measure(calls: number): Promise<void> {
  const simulator = fork(import.meta.filename);
  const next = async <M>(): Promise<M> => ((await once(simulator, "message")) as [M])[0];
  const { url, clientId, clientSecret } = await next<Started>();
  await using client = new ElecnovaClient({ baseUrl: url, clientId, clientSecret });
  const sns: string[] = [];
  for await (const { sn } of client.cabinets()) sns.push(sn);
  const toMs = Date.now();
  let left = calls;
  let readings = 0;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      const sn = sns[left-- % sns.length] ?? "";
      readings += (await client.pvPower(sn, { fromMs: toMs - DAY_MS / 24, toMs })).readings.length;
    }
  };
  await Promise.all(Array.from({ length: CALLS_OPEN }, worker));
  simulator.send("stop");
  const { counters, spanMs, violations, logins } = await next<Stopped>();
  simulator.disconnect();
  const leastMs = leastSpanMs(counters.seen, ElecnovaClient.limits.budgets);
  console.log(`${counters.seen} calls (${logins} login), ${readings} readings`);
  console.log(`${counters.refused} refused, ${violations} violations`);
  console.log(`${(spanMs / 1000).toFixed(2)} s as the vendor saw it, at best ${(leastMs / 1000).toFixed(2)} s`);
  console.log(`${((100 * leastMs) / spanMs).toFixed(2)} % of the limit`);
}
