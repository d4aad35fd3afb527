import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { OPERATOR_ENV, signInStatus } from "../operator.ts";
import { runToEnd, ServerProcess } from "../server-process.ts";
import { Chance } from "./chance.ts";
import { Load, targetOf } from "./load.ts";
import { mayMount, type SmallDisk, smallDisk } from "./small-disk.ts";

/** What the ballast leaves once the server is up: some thousand readings fill it. */
const ROOM_BYTES = 3 * 1024 ** 2;
const FULL_MS_MAX = 20_000;
const RECOVERED_MS_MAX = 20_000;
/** Readings that were refused before the disk counts as full. */
const REFUSED_MIN = 200;
const SEED = 20_261_121;
const ENV = { ...OPERATOR_ENV, KILOWATCH_OPEN_DATA: "1" } as const;

test.runIf(mayMount)(
  "a full disk: pushing is refused with 503, nothing acked is lost, and it goes on by itself once there is room",
  async () => {
    using disk = smallDisk();
    await using scene = await filledScene(disk);
    const { server, load } = scene;
    const ackedBefore = load.ledger.acked;
    expect(load.ledger.unanswered).toBe(0);

    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    const readiness = await fetch(`${server.url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({ status: "full" });
    expect((await fetch(`${server.url}/sign-in`)).status).toBe(200);

    disk.makeRoom();
    await ready(server.url);
    const refusedBefore = load.ledger.refused;
    await scene.sendFor(1_000);
    expect(load.ledger.refused).toBe(refusedBefore);
    expect(load.ledger.acked).toBeGreaterThan(ackedBefore);
    expect(await load.faults(server.url)).toEqual([]);
    expect(fullLines(server)).toHaveLength(1);

    const again = await scene.restart();
    expect(await load.faults(again.url)).toEqual([]);
    console.log(`${ackedBefore} readings acked until the disk was full, ${load.ledger.acked} in all`);
  },
);

test.runIf(mayMount)("kill -9 while the disk is full: the next start with room holds all that was acked", async () => {
  using disk = smallDisk();
  await using scene = await filledScene(disk);
  const { server, load } = scene;
  await server.kill("all");
  disk.makeRoom();
  const again = await scene.restart();
  expect(await load.faults(again.url)).toEqual([]);
  await scene.sendFor(500);
  expect(await load.faults(again.url)).toEqual([]);
});

test.runIf(mayMount)(
  "readiness returns with the room, although nobody pushes and nothing waits for the engine",
  async () => {
    using disk = smallDisk();
    await using scene = await fullBeforeTheFirstPush(disk);
    const { url } = scene.server;
    expect(await push(url, "1704067201 sensor-0 2")).toBe(503);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    disk.makeRoom();
    await ready(url);
  },
);

test.runIf(mayMount)("what needs the catalogue is refused with 503 too, and goes on once there is room", async () => {
  using disk = smallDisk();
  await using scene = await fullBeforeTheFirstPush(disk);
  const { server } = scene;
  const { url } = server;
  expect.soft(await push(url, "1704067201 a-new-name 2")).toBe(503);
  expect.soft(await signInStatus(url)).toBe(503);
  // The first failure must not be hidden by one of clearing up after it.
  expect.soft(server.output).not.toContain("cannot rollback");
  disk.makeRoom();
  expect(await push(url, "1704067201 a-new-name 2")).toBe(200);
  expect(await signInStatus(url)).toBe(200);
});

describe.runIf(mayMount)(
  "a start on a full disk says in one line that there is no room, and succeeds once there is",
  () => {
    // As much as lets it come to the key, the engine's table, the catalogue's tables, the catalogue's first rows.
    test.each([0, 64, 192, 256])("the first start ever, with %i KB left", async (leaveKb) => {
      using disk = smallDisk();
      disk.fill(leaveKb * 1024);
      await refusedForWantOfRoom(disk);
      disk.makeRoom();
      await startsAndStops(disk);
    });

    test("a later start", async () => {
      using disk = smallDisk();
      await startsAndStops(disk);
      disk.fill(0);
      await refusedForWantOfRoom(disk);
      disk.makeRoom();
      await startsAndStops(disk);
    });
  },
);

async function refusedForWantOfRoom(disk: SmallDisk): Promise<void> {
  const { code, output } = await runToEnd({ command: "serve", dataDir: disk.path, env: ENV });
  expect.soft(code, output).toBe(1);
  expect.soft(output.trim().split("\n"), output).toHaveLength(1);
  expect.soft(output).toContain(disk.path);
  expect.soft(output).toMatch(/room|full|space/);
  // Nobody may be told to give up sound data.
  expect.soft(output).not.toMatch(/begin anew|backup/);
}

async function startsAndStops(disk: SmallDisk): Promise<void> {
  const server = await ServerProcess.start({ command: "serve", dataDir: disk.path, env: ENV });
  expect(await server.stop()).toBe(0);
}

interface Scene extends AsyncDisposable {
  readonly server: ServerProcess;
  readonly load: Load;
  sendFor(durationMs: number): Promise<void>;
  /** Stops the server if it runs, and starts another on the same disk. */
  restart(): Promise<ServerProcess>;
}

/** A server on this disk, with its senders. */
async function sceneOn(disk: SmallDisk): Promise<Scene> {
  const start = () => ServerProcess.start({ command: "serve", dataDir: disk.path, env: ENV });
  let server = await start();
  // The names exist before the disk is full: it is the readings' way that is tried here.
  const load = new Load(new Chance(SEED), { growsSeries: false });
  return {
    get server() {
      return server;
    },
    load,
    async sendFor(durationMs) {
      load.start(targetOf(server));
      await sleep(durationMs);
      await load.pause();
    },
    async restart() {
      await server.stop();
      server = await start();
      return server;
    },
    async [Symbol.asyncDispose]() {
      await load.pause();
      await server.stop();
    },
  };
}

/** A server that was just started, knows `sensor-0`, and has no byte left to write. */
async function fullBeforeTheFirstPush(disk: SmallDisk): Promise<Scene> {
  const scene = await sceneOn(disk);
  expect(await push(scene.server.url, "1704067200 sensor-0 1")).toBe(200);
  // A stop empties the write-ahead logs, so that no room is left in them either.
  await scene.restart();
  disk.fill(0);
  return scene;
}

/** A server whose disk has just become full under the senders. */
async function filledScene(disk: SmallDisk): Promise<Scene> {
  const scene = await sceneOn(disk);
  const { server, load } = scene;
  try {
    await scene.sendFor(300);
    disk.fill(ROOM_BYTES);
    load.start(targetOf(server));
    const untilMs = performance.now() + FULL_MS_MAX;
    while (load.ledger.refused < REFUSED_MIN && performance.now() < untilMs) await sleep(20);
    await load.pause();
    expect(load.ledger.refused, server.output).toBeGreaterThanOrEqual(REFUSED_MIN);
    return scene;
  } catch (error) {
    await scene[Symbol.asyncDispose]();
    throw error;
  }
}

/** Status of the answer to one pushed line. */
async function push(url: string, line: string): Promise<number> {
  return (await fetch(`${url}/data`, { method: "POST", body: `${line}\n` })).status;
}

/** Becomes ready by itself: a balancer sends nothing to a server that is not. */
async function ready(url: string): Promise<void> {
  await expect
    .poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: RECOVERED_MS_MAX, interval: 100 })
    .toBe(200);
}

/** Lines of the log that say that readings cannot be taken in. */
function fullLines(server: ServerProcess): string[] {
  return server.output.split("\n").filter((line) => line.includes("The journal cannot be written"));
}
