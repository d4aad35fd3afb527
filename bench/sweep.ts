/**
 * Sweeps 500 inverters against the strict simulator in a process of its own, without and with network jitter, and sets
 * the time beside the plan and beside what is possible at all. Takes two minutes: `node bench/sweep.ts [devices]`.
 *
 * What is possible: the vendor counts arrivals, and the sender cannot know how long its next request will be under way.
 * To be surely never refused it must send no earlier than one second after the vendor saw the last request; the next is
 * then seen later by its own delay. So every delay J on the way to the vendor is lost:
 *
 *     least time from the first send to the last answer = (requests − 1) · 1 s + Σ J + the last answer's way back
 *
 * A client that sends earlier wins time only by risking a refusal. Delays of answers cost too, since only an answer
 * tells when a request was seen.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { EnergyGridClient } from "../src/vendors/energygrid/index.ts";
import { planSweep } from "../src/vendors/plan.ts";

const KILOWATCH = fileURLToPath(new URL("../src/cli/kilowatch.ts", import.meta.url));
const TOKEN = "interview_token_123";

interface Stopped {
  readonly counters: { readonly seen: number; readonly answered: number; readonly refused: number };
  readonly timings: { readonly spanMs: number; readonly requestDelayMs: number; readonly answerDelayMs: number };
  readonly violations: number;
}

const devices = Number(process.argv[2] ?? 500);
const plan = planSweep({ devices, limits: EnergyGridClient.limits });
console.log(`plan: ${plan.requests} requests, ${seconds(plan.spanMs)}`);
for (const [name, faults] of [
  ["no jitter", ""],
  ["0 to 30 ms of jitter before each request", "jitter-ms=30"],
] as const) {
  await measure(name, faults);
}

async function measure(name: string, faults: string): Promise<void> {
  const simulator = spawn(
    process.execPath,
    [KILOWATCH, "simulate", "energygrid", "--port", "0", "--json", "--faults", faults],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const lines = createInterface({ input: simulator.stdout })[Symbol.asyncIterator]();
  try {
    const { url } = await nextLine<{ url: string }>(lines);
    const tookMs = await sweep(url);
    simulator.kill("SIGTERM");
    const { counters, timings, violations } = await nextLine<Stopped>(lines);
    const leastMs = plan.spanMs + timings.requestDelayMs + timings.answerDelayMs;
    console.log(`${name}:`);
    console.log(`  ${counters.seen} requests, ${counters.refused} refused, ${violations} violations`);
    console.log(
      `  ${seconds(tookMs)} from the first call to the last answer; ${seconds(timings.spanMs)} as the vendor saw it`,
    );
    console.log(
      `  delays drawn: ${seconds(timings.requestDelayMs)}, so the least that is possible: ${seconds(leastMs)}`,
    );
    console.log(
      `  above that: ${(tookMs - leastMs).toFixed(0)} ms; against the plan: +${((100 * (tookMs - plan.spanMs)) / plan.spanMs).toFixed(2)} %`,
    );
  } finally {
    await ended(simulator);
  }
}

async function sweep(url: string): Promise<number> {
  await using client = new EnergyGridClient({ baseUrl: url, token: TOKEN });
  const serials = Array.from({ length: devices }, (_, i) => `SN-${String(i).padStart(3, "0")}`);
  const fromMs = performance.now();
  let answered = 0;
  for await (const batch of client.readLatest(serials)) {
    if (batch.failure) throw batch.failure;
    answered += batch.asked.length - batch.missing.length;
  }
  if (answered !== devices) throw new Error(`${answered} of ${devices} devices were answered`);
  return performance.now() - fromMs;
}

async function nextLine<T>(lines: AsyncIterator<string>): Promise<T> {
  const line = await lines.next();
  if (line.done) throw new Error("the simulator ended early");
  return JSON.parse(line.value) as T;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(3)} s`;
}
