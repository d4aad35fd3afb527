import { describe, expect, test } from "vitest";
import { StorageUnavailable } from "../domain/errors.ts";
import { silentLog } from "../domain/log.ts";
import { ReadingColumnsBuilder } from "../domain/reading.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { EngineUnavailable } from "./engine.ts";
import { encodeBatch } from "./journal/batch-codec.ts";
import type { CheckpointPiece } from "./journal/messages.ts";
import { LatestReadings } from "./latest.ts";
import { MemoryEngine } from "./memory-engine.ts";
import { type BatchQueue, GATHER_MS, INSERT_READINGS_ENOUGH, INSERT_READINGS_MAX, Projector } from "./projector.ts";
import { DirtyDays } from "./rollups/dirty-days.ts";
import type { EncodedBatch, TouchedDays } from "./sql/connection.ts";

/** A journal in memory, of batches that hold readings of series 1, one at each ms. */
class Queue implements BatchQueue {
  readonly batches: EncodedBatch[] = [];
  readonly pieces: CheckpointPiece[] = [];
  full = false;
  lastSeq = 0;
  get storedReadings(): number {
    return this.batches.reduce((sum, { rows }) => sum + rows, 0);
  }
  read(afterSeq: number, readingsMax: number): Promise<EncodedBatch[]> {
    const batches: EncodedBatch[] = [];
    let readings = 0;
    for (const batch of this.batches.filter(({ seq }) => seq > afterSeq)) {
      readings += batch.rows;
      if (batches.length > 0 && readings > readingsMax) break;
      batches.push(batch);
    }
    return Promise.resolve(batches);
  }
  release(): void {}
  checkpoint(piece: CheckpointPiece): Promise<void> {
    if (this.full) return Promise.reject(new Error("disk full"));
    this.pieces.push(piece);
    while ((this.batches[0]?.seq ?? Number.POSITIVE_INFINITY) <= piece.throughSeq) this.batches.shift();
    return Promise.resolve();
  }
}

const NO_DAYS: TouchedDays = { length: 0, series: new Uint32Array(0), days: new Int32Array(0) };

function setUp() {
  const clock = new VirtualClock();
  const engine = new MemoryEngine();
  const journal = new Queue();
  const latest = new LatestReadings();
  const dirtyDays = new DirtyDays(() => clock.monotonicMs());
  const projector = new Projector({ journal, engine, latest, dirtyDays, clock, log: silentLog });
  let timeMs = 0;
  const append = (readings: number): number => {
    const builder = new ReadingColumnsBuilder();
    for (let count = 0; count < readings; count++) builder.push(1, timeMs++, count, 0);
    journal.lastSeq++;
    const columns = builder.finish();
    const batch = { seq: journal.lastSeq, receivedAtMs: 0, rows: readings, encoded: encodeBatch(columns) };
    journal.batches.push(batch);
    latest.apply(batch.seq, columns, 0);
    projector.committed(batch);
    return journal.lastSeq;
  };
  const inEngine = async (): Promise<number> =>
    (await engine.readRaw({ series: [1], fromMs: 0, toMs: 1e9, limit: 1e9 })).columns.length;
  projector.start();
  return { clock, engine, journal, projector, append, inEngine, dirtyDays };
}

describe("projector", () => {
  test("gathers small batches for a while, then inserts them at once and takes them from the journal", async () => {
    const { clock, engine, journal, append } = setUp();
    append(1);
    await clock.advance(GATHER_MS - 1);
    append(2);
    await clock.advance(0);
    expect(engine.insertedRows).toStrictEqual([]);
    await clock.advance(1);
    expect(engine.insertedRows).toStrictEqual([3]);
    expect(journal.batches).toStrictEqual([]);
    expect([...(journal.pieces.at(-1)?.latest.timesMs ?? [])]).toStrictEqual([2]);
    expect([...(journal.pieces.at(-1)?.dirtyDays.series ?? [])]).toStrictEqual([1]);
  });

  test("does not wait for company when there is enough, and joins what fits", async () => {
    const { clock, engine, append, inEngine } = setUp();
    append(INSERT_READINGS_ENOUGH - 1);
    await clock.advance(0);
    expect(engine.insertedRows).toStrictEqual([]);
    append(1);
    await clock.advance(0);
    expect(engine.insertedRows).toStrictEqual([INSERT_READINGS_ENOUGH]);
    append(INSERT_READINGS_MAX);
    append(5);
    await clock.advance(0);
    expect(engine.insertedRows.slice(1)).toStrictEqual([INSERT_READINGS_MAX]);
    await clock.advance(GATHER_MS);
    expect(engine.insertedRows.slice(2)).toStrictEqual([5]);
    expect(await inEngine()).toBe(INSERT_READINGS_ENOUGH + INSERT_READINGS_MAX + 5);
  });

  test("a full insert is sent while its predecessor is under way, a third one is not; a failure has all of them sent again in order", async () => {
    const { clock, engine, append, journal } = setUp();
    const asked: { readonly seqs: number[]; readonly done: PromiseWithResolvers<TouchedDays> }[] = [];
    engine.insert = (batches) => {
      const done = Promise.withResolvers<TouchedDays>();
      asked.push({ seqs: batches.map(({ seq }) => seq), done });
      return done.promise;
    };
    for (let count = 0; count < 5; count++) append(INSERT_READINGS_MAX);
    await clock.advance(0);
    expect(asked.map(({ seqs }) => seqs)).toStrictEqual([[1], [2]]);
    asked[0]?.done.reject(new EngineUnavailable("killed"));
    await clock.advance(GATHER_MS);
    // The second is still under way: sending the first again now could put it behind.
    expect(asked.length).toBe(2);
    asked[1]?.done.resolve(NO_DAYS);
    await clock.advance(GATHER_MS);
    expect(asked.slice(2).map(({ seqs }) => seqs)).toStrictEqual([[1], [2]]);
    expect(journal.batches.length).toBe(5);
    asked[2]?.done.resolve(NO_DAYS);
    await clock.advance(0);
    expect(asked.slice(4).map(({ seqs }) => seqs)).toStrictEqual([[3]]);
    for (let at = 3; at < asked.length; at++) {
      asked[at]?.done.resolve(NO_DAYS);
      await clock.advance(0);
    }
    expect(asked.map(({ seqs }) => seqs)).toStrictEqual([[1], [2], [1], [2], [3], [4], [5]]);
    expect(journal.batches.length).toBe(0);
  });

  test("does not wait when a reader asks, and tells it once its batch is in", async () => {
    const { clock, append, projector, inEngine } = setUp();
    const seq = append(4);
    await projector.flush(seq, clock.monotonicMs() + 1);
    expect(await inEngine()).toBe(4);
    expect(clock.monotonicMs()).toBe(0);
  });

  test("an engine that is down: keeps all in order, tells readers in time, and goes on by itself", async () => {
    const { clock, engine, append, projector, inEngine, journal } = setUp();
    engine.down = true;
    const seq = append(1);
    const flushed = projector.flush(seq, clock.monotonicMs() + 5_000);
    await expect(clock.run(flushed)).rejects.toThrow(StorageUnavailable);
    expect(clock.monotonicMs()).toBe(5_000);
    expect(projector.trouble).not.toBe("");
    const later = append(1);
    const patient = projector.flush(later, clock.monotonicMs() + 60_000);
    await clock.advance(30_000);
    expect(journal.batches.length).toBe(2);
    engine.down = false;
    await clock.run(patient);
    expect(await inEngine()).toBe(2);
    expect(projector.trouble).toBe("");
  });

  test("a journal that cannot be shortened: nothing is inserted twice, and it is shortened later", async () => {
    const { clock, engine, append, journal } = setUp();
    journal.full = true;
    append(1);
    await clock.advance(GATHER_MS);
    expect(journal.batches.length).toBe(1);
    journal.full = false;
    append(1);
    await clock.advance(GATHER_MS);
    expect(engine.insertedRows).toStrictEqual([1, 1]);
    expect(journal.batches).toStrictEqual([]);
    expect([...(journal.pieces.at(-1)?.latest.timesMs ?? [])]).toStrictEqual([1]);
    expect([...(journal.pieces.at(-1)?.dirtyDays.series ?? [])]).toStrictEqual([1]);
  });

  test("stops while it gathers and while it backs off", async () => {
    const gathering = setUp();
    gathering.append(1);
    await gathering.clock.advance(1);
    await gathering.projector.stop();
    expect(gathering.engine.insertedRows).toStrictEqual([]);
    const failing = setUp();
    failing.engine.down = true;
    failing.append(1);
    await failing.clock.advance(GATHER_MS);
    await failing.projector.stop();
    expect(failing.journal.batches.length).toBe(1);
  });
});
