import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "../src/domain/clock.ts";
import { silentLog } from "../src/domain/log.ts";
import { ReadingColumnsBuilder } from "../src/domain/reading.ts";
import { ClusterConnection } from "../src/telemetry/cluster/connection.ts";
import { openClusterTelemetry } from "../src/telemetry/cluster/open.ts";
import { lifecycleContract } from "../src/telemetry/contract-lifecycle.ts";
import { PATIENT_READ_MS } from "../src/telemetry/patience.fixture.ts";
import { readRows } from "../src/telemetry/row-binary.ts";
import { ClickHouseServer } from "./clickhouse-server.ts";
import { temporaryFolder } from "./server-process.ts";

/** Short, so that what waits for it comes to its end within a test. */
const SETTLE_MS = 500;
const DAY_MS = 86_400_000;
let server: ClickHouseServer;

beforeAll(async () => {
  server = await ClickHouseServer.start();
});
beforeEach(() => server.isBack());
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const addressOf = (database: string) => ({ origin: server.url, database, username: "", password: "" });

lifecycleContract(
  "cluster (clickhouse-server)",
  async (dataDir) => {
    const address = addressOf("deletion");
    const options = {
      dataDir,
      address,
      clock: systemClock,
      log: silentLog,
      settleMs: SETTLE_MS,
      readWaitMs: PATIENT_READ_MS,
    };
    return { store: await openClusterTelemetry(options), killEngine: () => server.crash() };
  },
  { histories: 4 },
);

test("what retention removes is gone from the server, and its rollups answer", async () => {
  using folder = temporaryFolder();
  const address = addressOf("retention");
  const clock = { ...systemClock, nowMs: () => Date.UTC(2026, 6, 20) };
  const options = {
    dataDir: folder.path,
    address,
    clock,
    log: silentLog,
    settleMs: SETTLE_MS,
    readWaitMs: PATIENT_READ_MS,
  };
  const store = await openClusterTelemetry(options);
  const connection = new ClusterConnection({ address, clock, log: silentLog });
  try {
    store.classify({ classOf: () => "gauge", seriesOf: () => [1] });
    const builder = new ReadingColumnsBuilder();
    const fromMs = Date.UTC(2026, 2, 1);
    for (let minutes = 0; minutes < 2_880; minutes += 5) builder.push(1, fromMs + minutes * 60_000, minutes, 0);
    await store.append(builder.finish(), 0);
    const query = { series: [1], fromMs, toMs: fromMs + 2 * DAY_MS, stepMs: DAY_MS, aggregate: "integral" } as const;
    const before = await store.readSteps(query);
    await store.setRetention({ gauge: { rawDays: 30, rollupDays: null } });
    const held = async () =>
      readRows(await connection.query("SELECT count() FROM readings_2"), ["UInt64"]).columns[0][0];
    await expect.poll(held, { timeout: 20_000 }).toBe(0);
    const after = await store.readSteps(query);
    expect([...after.values]).toStrictEqual([...before.values]);
    expect(after.plan).toStrictEqual({ rollup: "P1D", rollupShare: 1 });
    const use = await store.diskUse();
    expect(use.readings.rows).toBe(0);
    expect(use.rollups.rows).toBeGreaterThan(200);
    expect(use.rollups.bytes).toBeGreaterThan(1_000);
  } finally {
    await connection.close();
    await store.close();
  }
});
