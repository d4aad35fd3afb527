import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../src/domain/clock.ts";
import { silentLog } from "../src/domain/log.ts";
import { type ReadingColumns, ReadingColumnsBuilder } from "../src/domain/reading.ts";
import type { ClusterAddress } from "../src/telemetry/cluster/address.ts";
import { ClusterConnection } from "../src/telemetry/cluster/connection.ts";
import { openClusterTelemetry } from "../src/telemetry/cluster/open.ts";
import { telemetryContract } from "../src/telemetry/contract.ts";
import { type LifecycleStore, lifecycleContract } from "../src/telemetry/contract-lifecycle.ts";
import { rollupContract } from "../src/telemetry/contract-rollups.ts";
import { EngineRefused, EngineUnavailable } from "../src/telemetry/engine.ts";
import { PATIENT_READ_MS } from "../src/telemetry/patience.fixture.ts";
import { CLICKHOUSE_USER, ClickHouseServer } from "./clickhouse-server.ts";
import { childrenOf, runToEnd, ServerProcess, temporaryFolder } from "./server-process.ts";

const NOW_MS = Date.UTC(2026, 10, 21);
let server: ClickHouseServer;
let databases = 0;

beforeAll(async () => {
  server = await ClickHouseServer.start();
});
beforeEach(() => server.isBack());
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const ENGINE = "cluster (clickhouse-server)";

/** One database for each folder. */
const databaseOf = (dataDir: string) => `of_${basename(dataDir).replaceAll(/\W/g, "_")}`;

async function openAt(dataDir: string): Promise<LifecycleStore> {
  const address = addressOf({ database: databaseOf(dataDir) });
  const store = await openClusterTelemetry({
    dataDir,
    address,
    clock: systemClock,
    log: silentLog,
    readWaitMs: PATIENT_READ_MS,
  });
  return { store, killEngine: () => server.crash() };
}

telemetryContract(ENGINE, openAt, { histories: 6, hugeBatchRows: 1_000_000 });

lifecycleContract(ENGINE, openAt, { histories: 3 });

rollupContract(
  ENGINE,
  async (directory) => {
    const connection = connectionTo(addressOf({ database: databaseOf(directory) }));
    await connection.opened();
    return connection;
  },
  { histories: 10, timeoutMs: 120_000 },
);

describe("a store on a ClickHouse server", () => {
  test("takes readings while the server is down, and has them in it when it comes", async () => {
    await server.kill();
    await using opened = await openStore();
    const { store } = opened;
    await store.append(readings(1, [1, 2, 3]), NOW_MS);
    expect(store.health()).toMatchObject({ state: "recovering", pendingReadings: 3 });
    expect(store.health().detail).toMatch(/^The ClickHouse server at http:\S+ does not answer \(ECONNREFUSED\)\.$/);
    await server.run();
    expect(await valuesOf(store, 1)).toStrictEqual([1, 2, 3]);
    expect(store.health()).toMatchObject({ state: "ready", pendingReadings: 0 });
  });

  test("goes on when the server is killed while readings come in", async () => {
    await using opened = await openStore();
    const { store } = opened;
    const values = Array.from({ length: 60 }, (_, index) => index + 0.5);
    for (const [index, value] of values.entries()) {
      await store.append(readings(1, [value], index), NOW_MS);
      if (index % 20 === 10) server.crash();
      await delay(5);
    }
    await server.isBack();
    expect(await valuesOf(store, 1)).toStrictEqual(values);
  });

  test("inserts again what a server that never syncs was given shortly before it was restarted", async () => {
    await using opened = await openStore();
    const { store, database } = opened;
    await store.append(readings(1, [1, 2, 3]), NOW_MS);
    await store.append(readings(2, [4, 5]), NOW_MS);
    expect([...(await valuesOf(store, 1)), ...(await valuesOf(store, 2))]).toStrictEqual([1, 2, 3, 4, 5]);
    await server.lose(`${database}.readings_2`);
    expect([...(await valuesOf(store, 1)), ...(await valuesOf(store, 2))]).toStrictEqual([1, 2, 3, 4, 5]);
    expect(store.health().pendingReadings).toBe(0);
  });

  test("a wrong password stops the start with one line that holds no secret", async () => {
    const address = addressOf({ username: CLICKHOUSE_USER.username, password: "hunter2" });
    await expect(openStore(address)).rejects.toThrow(
      new RegExp(
        `^The ClickHouse server at ${server.url} does not accept the user name or the password in KILOWATCH_TELEMETRY_URL\\.$`,
      ),
    );
  });

  test("a user with a password makes its database and its tables", async () => {
    await using opened = await openStore(addressOf({ ...CLICKHOUSE_USER, database: "of_a_user" }));
    await opened.store.append(readings(1, [-0, 1e300, 0.1]), NOW_MS);
    expect(await valuesOf(opened.store, 1)).toStrictEqual([-0, 1e300, 0.1]);
    expect(await server.sql("SELECT count() FROM of_a_user.readings_2")).toBe("3");
  });
});

describe("the connection to a ClickHouse server", () => {
  test("refuses a certificate that nobody vouches for", async () => {
    await using connection = connectionTo(addressOf({ origin: server.secureUrl }));
    await connection.opened();
    expect(connection.state().detail).toMatch(/does not answer \((?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED\w*)\)\.$/);
  });

  test("tells what is wrong with the request from what is wrong with the server", async () => {
    await using connection = connectionTo(addressOf({ database: "wrongs" }));
    await connection.opened();
    await expect(connection.query("SELECT nothing")).rejects.toBeInstanceOf(EngineRefused);
    const late = "SELECT number, throwIf(number = 900000) FROM numbers(1000000)";
    await expect(connection.query(late)).rejects.toBeInstanceOf(EngineRefused);
    expect(await connection.query("SELECT toUInt8(7)")).toStrictEqual(Buffer.of(7));
    server.pause();
    const hangs = connection.query("SELECT toUInt8(8)").catch((error: unknown) => error);
    server.crash();
    expect(await hangs).toBeInstanceOf(EngineUnavailable);
  });

  test("waits until a deletion is done", async () => {
    await using connection = connectionTo(addressOf({ database: "deletions" }));
    await connection.opened();
    await connection.execute(
      "INSERT INTO readings_2 (series, ts) SELECT toUInt32(number % 3), toInt64(number) FROM numbers(300000)",
    );
    await connection.execute("ALTER TABLE readings_2 DELETE WHERE series = 1 OR (series = 2 AND ts < 150000)");
    expect(await server.sql("SELECT count() FROM deletions.readings_2")).toBe("150000");
  });

  test("takes a list of 50,000 series", async () => {
    await using connection = connectionTo(addressOf({ database: "lists" }));
    await connection.opened();
    const list = Array.from({ length: 50_000 }, (_, index) => 4_294_900_000 + index).join(", ");
    expect(await connection.query(`SELECT count() FROM readings_2 FINAL WHERE series IN (${list})`)).toHaveLength(8);
  });
});

describe("kilowatch serve with KILOWATCH_TELEMETRY_URL", () => {
  const secret = encodeURIComponent(CLICKHOUSE_USER.password);
  const urlOf = (user: string, database: string) => `${server.url.replace("//", `//${user}@`)}/${database}`;

  test("keeps its readings on the server and its password to itself", async () => {
    using folder = temporaryFolder();
    const env = {
      KILOWATCH_TELEMETRY_URL: urlOf(`${CLICKHOUSE_USER.username}:${secret}`, "served"),
      KILOWATCH_OPEN_DATA: "1",
      KILOWATCH_LOG_LEVEL: "debug",
    };
    const program = await ServerProcess.start({ command: "serve", dataDir: folder.path, env });
    const pushed = await fetch(`${program.url}/data`, {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: "1649941817 Voltage 1.34\n1649941818 Voltage 1.35\n1649941817 Current 12.0\n",
    });
    expect(await pushed.json()).toStrictEqual({ success: true });
    const answer = await fetch(`${program.url}/data?from=2022-04-14&to=2022-04-15`);
    expect(await answer.json()).toContainEqual({ time: "2022-04-14T13:10:17.000Z", name: "Voltage", value: 1.34 });
    expect(await server.sql("SELECT count() FROM served.readings_2")).toBe("3");
    // It has no engine of its own.
    expect(childrenOf(program.pid)).toStrictEqual([]);
    server.crash();
    await server.isBack();
    expect(await program.stop()).toBe(0);
    for (const written of [CLICKHOUSE_USER.password, secret]) expect(program.output).not.toContain(written);
  });

  test("a wrong password stops it with one line", async () => {
    using folder = temporaryFolder();
    const env = { KILOWATCH_TELEMETRY_URL: urlOf(`${CLICKHOUSE_USER.username}:hunter2`, "served") };
    const { code, output } = await runToEnd({ command: "serve", dataDir: folder.path, env });
    expect(code, output).toBe(1);
    expect(output.trim()).toMatch(/^[^\n]*does not accept the user name or the password in KILOWATCH_TELEMETRY_URL\.$/);
    expect(output).not.toContain("hunter2");
  });

  test("starts without the server, and is ready when it comes", async () => {
    using folder = temporaryFolder();
    await server.kill();
    const env = { KILOWATCH_TELEMETRY_URL: urlOf("default:", "late"), KILOWATCH_OPEN_DATA: "1" };
    const starting = ServerProcess.start({ command: "serve", dataDir: folder.path, env });
    // It is ready once readings can be read.
    const first = await Promise.race([starting.then(() => "ready"), delay(2_000, "waits")]);
    expect(first).toBe("waits");
    await server.run();
    expect(await (await starting).stop()).toBe(0);
  });
});

function addressOf(given: Partial<ClusterAddress> = {}): ClusterAddress {
  return { origin: server.url, database: `test_${++databases}`, username: "", password: "", ...given };
}

function connectionTo(address: ClusterAddress): ClusterConnection & AsyncDisposable {
  const connection = new ClusterConnection({ address, clock: systemClock, log: silentLog });
  return Object.assign(connection, { [Symbol.asyncDispose]: () => connection.close() });
}

async function openStore(address = addressOf()) {
  const dataDir = mkdtempSync(join(tmpdir(), "kilowatch-cluster-"));
  const remove = (): void => rmSync(dataDir, { recursive: true, force: true });
  try {
    const store = await openClusterTelemetry({ dataDir, address, clock: systemClock, log: silentLog });
    const dispose = async (): Promise<void> => {
      await store.close();
      remove();
    };
    return { store, database: address.database, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    remove();
    throw error;
  }
}

function readings(series: number, values: readonly number[], fromMs = 0): ReadingColumns {
  const builder = new ReadingColumnsBuilder();
  for (const [index, value] of values.entries()) builder.push(series, fromMs + index, value, 0);
  return builder.finish();
}

async function valuesOf(store: Awaited<ReturnType<typeof openStore>>["store"], series: number): Promise<number[]> {
  const { columns } = await store.readRaw({ series: [series], fromMs: 0, toMs: NOW_MS, limit: 1_000 });
  return [...columns.values];
}
