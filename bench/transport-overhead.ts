/**
 * What a call costs the caller itself: signed EnergyGrid requests against a stub without limits in a process of its own.
 * Run: node bench/transport-overhead.ts
 */
import { fork } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../src/domain/clock.ts";
import { Caller } from "../src/transport/caller.ts";
import { Limiter } from "../src/transport/limiter.ts";
import { signer } from "../src/vendors/energygrid/auth.ts";
import { QUERY_PATH, TelemetryAnswer } from "../src/vendors/energygrid/wire.ts";

const CALLS = 30_000;
const WARM_UP_CALLS = 5_000;
const CALLS_OPEN = 32;
const WAITERS = 100_000;

if (process.send) serveStub(process.send.bind(process));
else await measure();

function serveStub(tell: (port: number) => void): void {
  const data = Array.from({ length: 10 }, (_, index) => ({
    sn: `SN-00${index}`,
    power: "3.24 kW",
    status: "Online",
    last_updated: "2026-02-03T18:06:32.000Z",
  }));
  const body = JSON.stringify({ data });
  const server = createServer((incoming, outgoing) => {
    incoming.resume().on("end", () => outgoing.setHeader("content-type", "application/json").end(body));
  });
  server.listen(0, "127.0.0.1", () => tell((server.address() as AddressInfo).port));
  process.on("disconnect", () => process.exit());
}

async function measure(): Promise<void> {
  const stub = fork(import.meta.filename);
  const port = await new Promise<number>((resolve) => stub.once("message", (message) => resolve(Number(message))));
  await using caller = new Caller({
    vendor: "EnergyGrid",
    baseUrl: `http://127.0.0.1:${port}`,
    limiter: new Limiter({ budgets: [{ requests: 1_000_000, perMs: 1000 }], clock: systemClock }),
    sign: signer("token"),
    secrets: ["token"],
  });
  const sn_list = Array.from({ length: 10 }, (_, index) => `SN-00${index}`);
  const run = async (calls: number): Promise<void> => {
    let left = calls;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        await caller.call({ method: "POST", path: QUERY_PATH, json: { sn_list }, schema: TelemetryAnswer });
      }
    };
    await Promise.all(Array.from({ length: CALLS_OPEN }, worker));
  };
  await run(WARM_UP_CALLS);
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await run(CALLS);
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const cpuSeconds = (user + system) / 1e6;
  console.log(`${CALLS} signed calls, ${CALLS_OPEN} open: ${(CALLS / seconds).toFixed(0)}/s on the clock,`);
  console.log(
    `${(CALLS / cpuSeconds).toFixed(0)} per second of one core (${((cpuSeconds / CALLS) * 1e6).toFixed(0)} µs a call)`,
  );
  stub.disconnect();
  await measureQueue();
}

async function measureQueue(): Promise<void> {
  const limiter = new Limiter({ budgets: [{ requests: 1, perMs: 1 }], clock: systemClock });
  const { signal } = new AbortController();
  const first = await limiter.acquire();
  const startMs = performance.now();
  const waiting = Array.from({ length: WAITERS }, async () => (await limiter.acquire({ signal })).cancel());
  const queuedMs = performance.now() - startMs;
  first.cancel();
  await Promise.all(waiting);
  const allMs = performance.now() - startMs;
  console.log(
    `${WAITERS} waiters on one signal: queued in ${queuedMs.toFixed(0)} ms, served in ${(allMs - queuedMs).toFixed(0)} ms`,
  );
}
