import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEnergyGridSimulator } from "../../simulators/energygrid/index.ts";
import { OPERATOR_ENV, Operator } from "../operator.ts";
import { ServerProcess, temporaryFolder } from "../server-process.ts";
import { POSTGRES_USER, PostgresServer } from "./postgres-server.ts";

let database: PostgresServer;
beforeAll(async () => {
  database = await PostgresServer.start();
});
afterAll(() => database[Symbol.asyncDispose]());

/** A sweep of so many takes the strict vendor 20 s. */
const SERIALS = Array.from({ length: 200 }, (_, index) => `SN-${String(index).padStart(3, "0")}`);
const TAKEN_OVER_MS_MAX = 15_000;

/** Two servers on one catalogue, each with a folder of its own. */
async function start(folder: string, url: string): Promise<ServerProcess> {
  const env = {
    ...OPERATOR_ENV,
    KILOWATCH_CATALOGUE_URL: url,
    KILOWATCH_SECRET_KEY: "one key for every server of this catalogue",
    NODE_EXTRA_CA_CERTS: database.certificatePath,
  };
  return ServerProcess.start({ command: "serve", dataDir: folder, env });
}

test("a server that is killed in a sweep is followed by the other within 15 s, and the vendor's limit is never broken", async () => {
  using one = temporaryFolder();
  using other = temporaryFolder();
  await using simulator = await startEnergyGridSimulator();
  const secret = encodeURIComponent(POSTGRES_USER.password);
  const name = await database.makeDatabase();
  const url = `postgres://${POSTGRES_USER.username}:${secret}@127.0.0.1:${database.port}/${name}?sslmode=verify-full`;

  const first = await start(one.path, url);
  const { id } = await (await Operator.signIn(first)).connect({
    vendor: "energygrid",
    name: "Shared account",
    baseUrl: simulator.url,
    credential: { token: simulator.token },
    serialNumbers: SERIALS,
    pollIntervalMs: 20_000,
  });
  const second = await start(other.path, url);
  const standby = await Operator.signIn(second);
  await expect.poll(async () => (await standby.connection(id)).state, { timeout: 20_000 }).toBe("standing_by");
  await expect.poll(() => simulator.counters.seen, { timeout: 20_000 }).toBeGreaterThan(7);

  await first.kill("all");
  const killedMs = performance.now();
  const seen = simulator.counters.seen;
  await expect.poll(() => simulator.counters.seen, { timeout: 30_000, interval: 20 }).toBeGreaterThan(seen);
  expect(performance.now() - killedMs).toBeLessThanOrEqual(TAKEN_OVER_MS_MAX);
  await expect.poll(async () => (await standby.connection(id)).state, { timeout: 10_000 }).toBe("running");

  // The one that was killed comes back, and stands by.
  const again = await start(one.path, url);
  await expect
    .poll(async () => (await (await Operator.signIn(again)).connection(id)).state, { timeout: 20_000 })
    .toBe("standing_by");
  await delay(3_000);
  // One that stops gives the budget back: nobody waits for a lease to end.
  await second.stop();
  const stoppedMs = performance.now();
  const before = simulator.counters.seen;
  await expect.poll(() => simulator.counters.seen, { timeout: 30_000, interval: 20 }).toBeGreaterThan(before);
  expect(performance.now() - stoppedMs).toBeLessThanOrEqual(5_000);
  await again.stop();
  expect([...simulator.violations]).toEqual([]);
});
