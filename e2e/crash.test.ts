import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { PushingClient } from "./pushing-client.ts";
import { childrenOf, ServerProcess, temporaryFolder } from "./server-process.ts";

const SERVER_KILLS = 50;
const ENGINE_KILLS = 10;
/** Far above what is measured: a start that takes longer is stuck, not slow. */
const READY_MS_MAX = 15_000;
const SEED = 20_261_121;

test(`${SERVER_KILLS} × kill -9 of the server while it polls and takes pushed readings: nothing acked is lost or doubled`, async () => {
  using folder = temporaryFolder();
  const random = seeded(SEED);
  const client = new PushingClient();
  const readyMs: number[] = [];
  for (let kill = 0; kill < SERVER_KILLS; kill++) {
    const server = await ServerProcess.start({ dataDir: folder.path });
    readyMs.push(server.readyMs);
    const pushing = Promise.all([1, 2, 3].map(() => client.push(server.url, AbortSignal.timeout(20_000))));
    await sleep(random() * 1_500);
    await server.kill(random() < 0.5 ? "server" : "all");
    await pushing;
  }
  const server = await ServerProcess.start({ dataDir: folder.path });
  readyMs.push(server.readyMs);
  expect(await client.faults(server.url)).toEqual([]);
  expect(await polledReadings(server.url)).toBeGreaterThan(0);
  expect(await server.stop()).toBe(0);

  readyMs.sort((a, b) => a - b);
  const [median, slowest] = [readyMs[readyMs.length >> 1] ?? 0, readyMs.at(-1) ?? 0];
  console.log(
    `${SERVER_KILLS} kills, ${client.acked} readings acked, ${client.unanswered} unanswered; ready after ${median.toFixed(0)} ms (median), ${slowest.toFixed(0)} ms (slowest)`,
  );
  expect(client.acked).toBeGreaterThan(SERVER_KILLS * 20);
  expect(slowest).toBeLessThan(READY_MS_MAX);
}, 600_000);

test(`${ENGINE_KILLS} × kill -9 of the engine: HTTP stays up, pushing goes on, reads come back`, async () => {
  using folder = temporaryFolder();
  const random = seeded(SEED + 1);
  const server = await ServerProcess.start({ dataDir: folder.path });
  const client = new PushingClient();
  const stop = new AbortController();
  const pushing = client.push(server.url, stop.signal);
  const wholeMs: number[] = [];
  for (let kill = 0; kill < ENGINE_KILLS; kill++) {
    await sleep(200 + random() * 800);
    process.kill(server.enginePid, "SIGKILL");
    const killedMs = performance.now();
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.url}/`, { headers: { accept: "text/html" } })).status).toBe(200);
    const statuses = new Set<number>();
    for (let status = 0; status !== 200; ) {
      ({ status } = await fetch(`${server.url}/data?from=2024-01-01T00:00:00Z&to=2024-01-01T00:00:01Z`));
      statuses.add(status);
      if (status !== 200) await sleep(20);
    }
    wholeMs.push(performance.now() - killedMs);
    expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([]);
  }
  stop.abort();
  await pushing;
  expect(client.refusals).toEqual([]);
  expect(client.unanswered).toBe(0);
  expect(await client.faults(server.url)).toEqual([]);
  const enginePid = server.enginePid;
  expect(await server.stop()).toBe(0);
  expect(isAlive(enginePid)).toBe(false);
  wholeMs.sort((a, b) => a - b);
  console.log(
    `engine whole again after ${wholeMs[wholeMs.length >> 1]?.toFixed(0)} ms (median), ${wholeMs.at(-1)?.toFixed(0)} ms (slowest)`,
  );
}, 300_000);

test("the engine does not outlive a server that was killed", async () => {
  using folder = temporaryFolder();
  const server = await ServerProcess.start({ dataDir: folder.path });
  const engines = childrenOf(server.pid);
  expect(engines).toHaveLength(1);
  await server.kill("server");
  const deadlineMs = performance.now() + 5_000;
  while (engines.some(isAlive) && performance.now() < deadlineMs) await sleep(20);
  expect(engines.filter(isAlive)).toEqual([]);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** How many readings the store holds of 50 polled inverters, the demo's written past left out. */
async function polledReadings(url: string): Promise<number> {
  const page = (await (await fetch(`${url}/api/v1/fleet/devices?limit=50`)).json()) as {
    items: { onlineMetricId: string }[];
  };
  let readings = 0;
  for (const { onlineMetricId } of page.items) {
    const window = "from=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00Z&step=raw&maxPoints=10000";
    const answer = await fetch(`${url}/api/v1/metrics/${onlineMetricId}/series?${window}`);
    const { series } = (await answer.json()) as { series: { points: unknown[] }[] };
    readings += series[0]?.points.length ?? 0;
  }
  return readings;
}

/** Mulberry32 (Tommy Ettinger, public domain): small, seeded, good enough to choose moments. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
