import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { childrenOf, ServerProcess, temporaryFolder } from "../server-process.ts";
import { Chance } from "./chance.ts";
import { Load, targetOf } from "./load.ts";

const ENGINE_KILLS = 10;
const SEED = 20_261_122;
const ENDS_MS_MAX = 20_000;

test(`${ENGINE_KILLS} × kill -9 of the engine: HTTP stays up, pushing goes on, reads come back`, async () => {
  using folder = temporaryFolder();
  const chance = new Chance(SEED);
  const server = await ServerProcess.start({ dataDir: folder.path });
  const load = new Load(chance);
  load.start(targetOf(server));
  const wholeMs: number[] = [];
  for (let kill = 0; kill < ENGINE_KILLS; kill++) {
    await sleep(200 + chance.next() * 800);
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
  await load.pause();
  expect(load.ledger.refused).toBe(0);
  expect(load.ledger.unanswered).toBe(0);
  expect(await load.faults(server.url)).toEqual([]);
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
  const deadlineMs = performance.now() + ENDS_MS_MAX;
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
