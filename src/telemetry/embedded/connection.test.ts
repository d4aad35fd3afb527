import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../domain/clock.ts";
import { StartupError } from "../../domain/errors.ts";
import { silentLog } from "../../domain/log.ts";
import { type ReadingColumns, ReadingColumnsBuilder } from "../../domain/reading.ts";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { EngineRefused, EngineUnavailable } from "../engine.ts";
import { encodeBatch } from "../journal/batch-codec.ts";
import { type EmbeddedTelemetry, ENGINE_FOLDER, openTelemetry } from "../open.ts";
import { PATIENT_READ_MS } from "../patience.fixture.ts";
import type { EncodedBatch } from "../sql/connection.ts";
import { EmbeddedConnection } from "./connection.ts";

const ALL_TIME = { fromMs: 0, toMs: 1e14 };
let folder: string;
let closing: { close(): Promise<void> }[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-engine-"));
  closing = [];
});
afterEach(async () => {
  for (const each of closing) await each.close();
  rmSync(folder, { recursive: true, force: true });
});

async function openStore(): Promise<EmbeddedTelemetry> {
  const store = await openTelemetry({
    dataDir: folder,
    clock: systemClock,
    log: silentLog,
    readWaitMs: PATIENT_READ_MS,
  });
  closing.push(store);
  return store;
}

async function openEngine(clock = systemClock): Promise<EmbeddedConnection> {
  const engine = new EmbeddedConnection({ directory: folder, clock, log: silentLog });
  closing.push(engine);
  await engine.opened();
  return engine;
}

function one(series: number, timeMs: number, value: number): ReadingColumns {
  const builder = new ReadingColumnsBuilder();
  builder.push(series, timeMs, value, 0);
  return builder.finish();
}

/** One batch, as an insert takes it. */
function inserted(columns: ReadingColumns, seq = 1): EncodedBatch[] {
  return [{ seq, receivedAtMs: 0, rows: columns.length, encoded: encodeBatch(columns) }];
}

const COUNT = "SELECT count() FROM readings_2";
const countIn = async (engine: EmbeddedConnection, sql = COUNT): Promise<number> =>
  Number(new DataView(Uint8Array.from(await engine.query(sql)).buffer).getBigUint64(0, true));

function processOf(engine: { processId: number | undefined }): number {
  if (engine.processId === undefined) throw new Error("the engine has no process");
  return engine.processId;
}

describe("the engine's process", () => {
  test("killed again and again under load: nothing is lost or doubled, and it is whole again each time", async () => {
    const store = await openStore();
    await store.append(one(1, 0, 0), 0);
    let appended = 1;
    const stop = new AbortController();
    const load = (async () => {
      for (; !stop.signal.aborted; appended++) await store.append(one(1, appended, appended), 0);
    })();
    closing.unshift({
      close: async () => {
        stop.abort();
        await load;
      },
    });
    for (let round = 0; round < 5; round++) {
      expect((await store.readRaw({ series: [1], ...ALL_TIME, limit: 50_000 })).columns.length).toBeGreaterThan(0);
      const processId = store.engineProcessId();
      if (processId !== undefined) process.kill(processId, "SIGKILL");
      expect(["ready", "recovering"]).toContain(store.health().state);
    }
    stop.abort();
    await load;
    const { columns } = await store.readRaw({ series: [1], ...ALL_TIME, limit: 50_000 });
    expect([...columns.timesMs]).toStrictEqual(Array.from({ length: appended }, (_, index) => index));
    expect([...columns.values]).toStrictEqual([...columns.timesMs]);
    expect(store.health()).toMatchObject({ state: "ready", detail: "" });
  });

  test("that hangs is replaced, and the request that it kept is refused", async () => {
    const clock = new VirtualClock();
    const engine = await openEngine(clock);
    process.kill(processOf(engine), "SIGSTOP");
    const stuck = engine.query(COUNT);
    const refused = expect(stuck).rejects.toThrow(EngineUnavailable);
    await clock.advance(60_000);
    await refused;
    expect(engine.state().ready).toBe(false);
  });

  test("answers are bounded in number, and what it cannot do is refused without ending it", async () => {
    const engine = await openEngine();
    const asked = Array.from({ length: 300 }, () => engine.query(COUNT));
    const outcomes = await Promise.allSettled(asked);
    const refusals = outcomes.filter((outcome) => outcome.status === "rejected").map(({ reason }) => reason as Error);
    expect(refusals.length).toBe(300 - 32);
    expect(refusals.every((reason) => reason instanceof EngineUnavailable)).toBe(true);
    const [batch] = inserted(one(1, 1, 1));
    if (!batch) throw new Error("there is a batch");
    const processId = processOf(engine);
    await expect(engine.insert([{ ...batch, encoded: batch.encoded.subarray(0, 30) }])).rejects.toThrow(EngineRefused);
    await expect(engine.query("SELECT nonsense")).rejects.toThrow(EngineRefused);
    await expect(engine.execute("nonsense")).rejects.toThrow(EngineRefused);
    expect(processOf(engine)).toBe(processId);
    expect(await engine.insert([batch])).toStrictEqual({
      length: 1,
      series: Uint32Array.of(1),
      days: Int32Array.of(0),
    });
    expect(await countIn(engine)).toBe(1);
  });

  test("ends with close, and takes no more then", async () => {
    const engine = await openEngine();
    const processId = processOf(engine);
    await engine.close();
    expect(() => process.kill(processId, 0)).toThrow(/ESRCH/);
    await expect(engine.query(COUNT)).rejects.toThrow(EngineUnavailable);
    await expect(engine.insert(inserted(one(1, 1, 1)))).rejects.toThrow(EngineUnavailable);
    await engine.close();
  });

  test("ends only once what it was asked before is done", async () => {
    const engine = await openEngine();
    const underway = Promise.all([1, 2, 3].map((time) => engine.insert(inserted(one(1, time, time), time))));
    await engine.close();
    expect((await underway).length).toBe(3);
    expect(await countIn(await openEngine())).toBe(3);
  });

  test("many series in one query", async () => {
    const engine = await openEngine();
    await engine.insert(inserted(one(50_000, 1, 7)));
    const series = Array.from({ length: 50_000 }, (_, index) => 4_294_967_295 - index).concat(50_000);
    expect(await countIn(engine, `${COUNT} WHERE series IN (${series.join(", ")})`)).toBe(1);
  });
});

describe("a data folder", () => {
  test("is one process's at a time, and the first goes on", async () => {
    const store = await openStore();
    await store.append(one(1, 1, 1), 0);
    await expect(openStore()).rejects.toThrow(StartupError);
    await expect(openStore()).rejects.toThrow(/^The data folder .*in use by another Kilowatch[^\n]*$/);
    expect((await store.readRaw({ series: [1], ...ALL_TIME, limit: 1 })).columns.length).toBe(1);
  });

  test("with a damaged part is refused in one line that names it, and nothing of it is set aside", async () => {
    const store = await openStore();
    await store.append(one(1, 1, 1), 0);
    await store.close();
    const engineFolder = join(folder, ENGINE_FOLDER);
    const data = readdirSync(engineFolder, { recursive: true, encoding: "utf8" }).find((path) =>
      path.endsWith("data.bin"),
    );
    if (data === undefined) throw new Error("the engine has no part");
    truncateSync(join(engineFolder, data), 10);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(openStore()).rejects.toThrow(
        new RegExp(`^The telemetry engine cannot open ${engineFolder} [^\\n]*$`),
      );
    }
  });

  test("that cannot be made is refused", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(
      openTelemetry({ dataDir: join(folder, "file", "data"), clock: systemClock, log: silentLog }),
    ).rejects.toThrow(StartupError);
  });
});
