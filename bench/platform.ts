/*
 * Measures the platform API of a real server: `node bench/platform.ts`. Prints one JSON object of figures.
 *
 * - `latest`: a metric's latest value, signed in by API key, over 50 connections, against a bare `node:http` server that answers as many bytes
 *   (interleaved rounds; the ratio of medians)
 * - `devices`: a page of 500 devices with their latest values, with 50,000 devices in the catalogue
 * - `streams`: from the request that brings 2,000 readings to the reader of each metric's own stream, 2,000 readers, once a second
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, createServer, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type Address, Connection } from "./peers/connection.ts";
import { percentile } from "./peers/figures.ts";
import { kilowatch, type RunningKilowatch } from "./peers/kilowatch.ts";
import { sendAll } from "./peers/load.ts";
import { residentBytes } from "./peers/processes.ts";
import { bodiesOf } from "./peers/stage.ts";

const CONNECTIONS = 50;
/** Each key may make 2,000 requests a second. */
const KEYS = 25;
const ROUNDS = 21;
const ROUND_MS = 1_000;
const PAGES = 60;
const READERS = 2_000;
/** Subscriptions that one key may have. */
const READERS_PER_KEY = 1_000;
const PUSHES = 30;
const MIB = 2 ** 20;

const Made = z.object({ id: z.string(), key: z.string().optional() });
const Page = z.object({ items: z.array(z.object({ id: z.string() })) });

if (process.argv[2] === "bare") await bare(Number(process.argv[3]));
else await measure();

/** Answers every request with so many bytes, and tells its port to its parent. */
async function bare(bytes: number): Promise<void> {
  const body = Buffer.alloc(bytes, "a");
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/json; charset=utf-8", "content-length": bytes });
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  process.send?.(server.address());
}

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kilowatch-bench-platform-"));
  const running = await kilowatch.start(folder);
  try {
    const { maker } = bodiesOf("C", 1);
    const line = maker("line");
    await sendAll(
      running,
      "line",
      [0, 1, 2, 3, 4].map((n) => line.body(n)),
      1,
    );
    await running.settle();
    const metricIds = [...(await running.metricIds()).values()];
    console.log(
      JSON.stringify(
        {
          devices: metricIds.length,
          latest: await latest(running, metricIds),
          page: await pages(running),
          streams: await streams(running, metricIds),
        },
        null,
        2,
      ),
    );
  } finally {
    await running.stop();
    rmSync(folder, { recursive: true });
  }
}

async function latest(running: RunningKilowatch, metricIds: readonly string[]): Promise<object> {
  const keys = await Promise.all(Array.from({ length: KEYS }, () => keyOf(running)));
  const target = (n: number): string => `GET /api/v1/metrics/${metricIds[n % metricIds.length]}/latest`;
  const probe = new Connection(running.address);
  const { body } = await probe.send(target(0), `Authorization: Bearer ${keys[0]}\r\n`, null);
  probe.close();
  const child = fork(import.meta.filename, ["bare", String(body.length)]);
  const [address] = (await once(child, "message")) as [{ address: string; port: number }];
  const bareAddress = { host: address.address, port: address.port };
  const own: number[] = [];
  const other: number[] = [];
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      const a = await rate(running.address, target, (n) => `Authorization: Bearer ${keys[n % KEYS]}\r\n`);
      const b = await rate(bareAddress, target, () => "");
      // The first round warms both up.
      if (round === 0) continue;
      own.push(a);
      other.push(b);
    }
  } finally {
    await ended(child);
  }
  const [ownRate, bareRate] = [percentile(own, 0.5), percentile(other, 0.5)];
  return { answersPerS: own, barePerS: other, ratio: rounded(ownRate / bareRate), bytes: body.length };
}

/** Answers a second over all connections. */
async function rate(
  address: Address,
  target: (n: number) => string,
  headers: (connection: number) => string,
): Promise<number> {
  const beganMs = performance.now();
  let answers = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, index) => {
      const connection = new Connection(address);
      for (let n = index; performance.now() - beganMs < ROUND_MS; n += CONNECTIONS) {
        const { status } = await connection.send(target(n), headers(index), null);
        if (status !== 200) throw new Error(`answered ${status}`);
        answers++;
      }
      connection.close();
    }),
  );
  return Math.round((answers * 1_000) / (performance.now() - beganMs));
}

async function pages(running: RunningKilowatch): Promise<object> {
  const tookMs: number[] = [];
  const [siteId] = await running.siteIds();
  const path = `/api/v1/sites/${siteId}/devices?limit=500`;
  for (let page = 0; page < PAGES + 10; page++) {
    const beganMs = performance.now();
    const { items } = Page.parse(await asked(running, path));
    if (items.length !== 500) throw new Error(`a page of ${items.length} devices`);
    if (page >= 10) tookMs.push(performance.now() - beganMs);
  }
  return { p50Ms: rounded(percentile(tookMs, 0.5)), p99Ms: rounded(percentile(tookMs, 0.99)) };
}

async function streams(running: RunningKilowatch, metricIds: readonly string[]): Promise<object> {
  const agent = new Agent({ maxSockets: Infinity });
  const pushedAtMs = new Map<number, number>();
  const latencyMs: number[] = [];
  let key = "";
  for (let reader = 0; reader < READERS; reader++) {
    if (reader % READERS_PER_KEY === 0) key = await keyOf(running);
    const bearer = { authorization: `Bearer ${key}` };
    const made = await post(running, "/subscriptions", { name: "r", metricIds: [metricIds[reader]] }, key);
    const answer = get(`${running.url}/api/v1/subscriptions/${made.id}/stream`, { headers: bearer, agent });
    const [response] = (await once(answer, "response")) as [import("node:http").IncomingMessage];
    response.setEncoding("utf8").on("data", (text: string) => {
      for (const [, value] of text.matchAll(/"value":(\d+)/g)) {
        const atMs = pushedAtMs.get(Number(value));
        if (atMs !== undefined) latencyMs.push(performance.now() - atMs);
      }
    });
  }
  const memory: number[] = [];
  for (let push = 1; push <= PUSHES; push++) {
    const beganMs = performance.now();
    const time = new Date().toISOString();
    const readings = metricIds.slice(0, READERS).map((metricId) => ({ metricId, time, value: push }));
    pushedAtMs.set(push, beganMs);
    const answer = await fetch(`${running.url}/api/v1/readings`, {
      method: "POST",
      headers: { authorization: running.bearer, "content-type": "application/json" },
      body: JSON.stringify({ readings }),
    });
    if (!answer.ok) throw new Error(`a push answered ${answer.status}: ${await answer.text()}`);
    memory.push(residentBytes(running.processIds()) / MIB);
    await sleep(Math.max(0, 1_000 - (performance.now() - beganMs)));
  }
  await sleep(1_000);
  agent.destroy();
  return {
    expected: READERS * PUSHES,
    received: latencyMs.length,
    p50Ms: rounded(percentile(latencyMs, 0.5)),
    p99Ms: rounded(percentile(latencyMs, 0.99)),
    rssMib: [memory[0], memory.at(-1)].map((mib) => Math.round(mib ?? 0)),
  };
}

async function keyOf(running: RunningKilowatch): Promise<string> {
  return (await post(running, "/api-keys", { name: "reader", scopes: ["read", "manage"] }, null)).key ?? "";
}

/** @param key null for the administrator */
async function post(
  running: RunningKilowatch,
  path: string,
  body: object,
  key: string | null,
): Promise<z.output<typeof Made>> {
  const authorization = key === null ? await running.adminBearer() : `Bearer ${key}`;
  const answer = await fetch(`${running.url}/api/v1${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
  return Made.parse(await answer.json());
}

async function asked(running: RunningKilowatch, path: string): Promise<unknown> {
  const answer = await fetch(`${running.url}${path}`, { headers: { authorization: running.bearer } });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill();
  await exited;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
