import { setTimeout as sleep } from "node:timers/promises";
import { describe, type ExpectStatic, expect, test } from "vitest";
import { OPERATOR_ENV } from "../operator.ts";
import { runToEnd, ServerProcess, temporaryFolder } from "../server-process.ts";
import { Chance } from "./chance.ts";
import { type DiskFault, FaultyDisk, mayFakeDisks } from "./faulty-disk.ts";
import { Load, targetOf } from "./load.ts";

const SEED = 20_261_123;
const FAULTS_EACH = 5;
const FAULT_MS_MAX = 400;
const RECOVERED_MS_MAX = 20_000;
/** Of what a server printed, in a failure's message. */
const SHOWN_CHARS = 3_000;
const ENV = { ...OPERATOR_ENV, KILOWATCH_OPEN_DATA: "1" } as const;

const JOURNAL = "/journal.db";
const ENGINE = "/readings/";

describe.runIf(mayFakeDisks)(
  "a disk that fails under load: no ack is false, and all goes on by itself once it works",
  () => {
    // Side by side: for most of the time an engine waits before it tries again.
    test.concurrent.for<[string, DiskFault]>([
      ["writes of the journal", { pathPart: JOURNAL, write: "EIO" }],
      ["syncs of the journal", { pathPart: JOURNAL, sync: "EIO" }],
      ["no room for the journal", { pathPart: JOURNAL, write: "ENOSPC" }],
      ["writes of the engine", { pathPart: ENGINE, write: "EIO" }],
      ["syncs of the engine", { pathPart: ENGINE, sync: "EIO" }],
      ["no room for the engine", { pathPart: ENGINE, write: "ENOSPC" }],
      ["writes of everything", { pathPart: "/kilowatch-e2e-", write: "EIO" }],
    ])("%s", async ([, fault], { expect }) => {
      using folder = temporaryFolder();
      using disk = new FaultyDisk();
      const chance = new Chance(SEED);
      const load = new Load(chance);
      const options = { command: "serve", dataDir: folder.path, env: { ...ENV, ...disk.env } } as const;
      const server = await ServerProcess.start(options);
      try {
        load.start(targetOf(server));
        let failed = 0;
        for (let count = 0; count < FAULTS_EACH; count++) {
          await sleep(100 + chance.next() * 200);
          disk.be({ ...fault, spared: chance.between(0, 20) });
          await ask(server.url, expect);
          await sleep(chance.next() * FAULT_MS_MAX);
          expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
          failed += disk.failed;
          disk.heal();
          await ready(server.url, expect);
        }
        await load.pause();
        expect(failed).toBeGreaterThan(0);
        expect(load.ledger.unanswered).toBe(0);
        if (fault.pathPart === JOURNAL) expect(load.ledger.refused).toBeGreaterThan(0);
        if (fault.pathPart === ENGINE) expect(load.ledger.refused).toBe(0);
        await readable(server.url, expect);
        expect(await load.faults(server.url)).toEqual([]);
        expect(await server.stop()).toBe(0);
        // What was in memory is gone: now the files alone must tell the same.
        const again = await ServerProcess.start(options);
        expect(await load.faults(again.url)).toEqual([]);
        expect(await again.stop()).toBe(0);
      } catch (error) {
        throw new Error(`${(error as Error).message}\nThe server said:\n${server.output.slice(-SHOWN_CHARS)}`, {
          cause: error,
        });
      } finally {
        await load.pause();
        if (server.isAlive) await server.kill("all");
      }
    });
  },
);

test.runIf(mayFakeDisks)("a start on a disk that fails says so in one line", async () => {
  using folder = temporaryFolder();
  using disk = new FaultyDisk();
  const options = { command: "serve", dataDir: folder.path, env: { ...ENV, ...disk.env } } as const;
  const server = await ServerProcess.start(options);
  expect(await server.stop()).toBe(0);
  disk.be({ pathPart: folder.path, write: "EIO" });
  const { code, output } = await runToEnd(options);
  expect.soft(code, output).toBe(1);
  expect.soft(output.trim().split("\n"), output).toHaveLength(1);
  expect.soft(output).toContain(folder.path);
  // Nobody may be told to give up sound data.
  expect.soft(output).not.toMatch(/begin anew|move it away/);
  disk.heal();
  const again = await ServerProcess.start(options);
  expect(await again.stop()).toBe(0);
});

/** A read, which makes the engine take what is journalled; it may be refused, and for no other reason than storage. */
async function ask(url: string, expect: ExpectStatic): Promise<void> {
  const answer = await fetch(`${url}/data?from=2024-01-01T00:00:00Z&to=2024-01-01T00:00:10Z`);
  await answer.arrayBuffer();
  expect([200, 503]).toContain(answer.status);
}

async function ready(url: string, expect: ExpectStatic): Promise<void> {
  await expect
    .poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: RECOVERED_MS_MAX, interval: 50 })
    .toBe(200);
}

async function readable(url: string, expect: ExpectStatic): Promise<void> {
  const all = `${url}/data?from=2020-01-01&to=2027-01-01`;
  const read = async () => {
    const answer = await fetch(all);
    await answer.arrayBuffer();
    return answer.status;
  };
  await expect.poll(read, { timeout: RECOVERED_MS_MAX, interval: 100 }).toBe(200);
}
