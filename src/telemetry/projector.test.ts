import { describe, expect, test } from "vitest";
import { StorageUnavailable } from "../domain/errors.ts";
import { silentLog } from "../domain/log.ts";
import { ReadingColumnsBuilder } from "../domain/reading.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";
import type { JournalledBatch } from "./journal/journal.ts";
import { LatestReadings, type LatestRow } from "./latest.ts";
import { MemoryEngine } from "./memory-engine.ts";
import { type BatchQueue, GATHER_MS, INSERT_READINGS_MAX, Projector } from "./projector.ts";

/** A journal in memory, of batches that hold one reading of series 1 at each time. */
class Queue implements BatchQueue {
  readonly batches: JournalledBatch[] = [];
  readonly saved: LatestRow[] = [];
  full = false;
  lastSeq = 0;
  get storedReadings(): number {
    return this.batches.reduce((sum, { columns }) => sum + columns.length, 0);
  }
  read(afterSeq: number, readingsMax: number): JournalledBatch[] {
    const batches: JournalledBatch[] = [];
    let readings = 0;
    for (const batch of this.batches.filter(({ seq }) => seq > afterSeq)) {
      readings += batch.columns.length;
      if (batches.length > 0 && readings > readingsMax) break;
      batches.push(batch);
    }
    return batches;
  }
  saveLatest(rows: readonly LatestRow[]): void {
    if (this.full) throw new Error("disk full");
    this.saved.push(...rows);
  }
  checkpoint(throughSeq: number): void {
    if (this.full) throw new Error("disk full");
    while ((this.batches[0]?.seq ?? Number.POSITIVE_INFINITY) <= throughSeq) this.batches.shift();
  }
}

function setUp() {
  const clock = new VirtualClock();
  const engine = new MemoryEngine();
  const journal = new Queue();
  const latest = new LatestReadings();
  const projector = new Projector({ journal, engine, latest, clock, log: silentLog });
  let timeMs = 0;
  const append = (readings: number): number => {
    const builder = new ReadingColumnsBuilder();
    for (let count = 0; count < readings; count++) builder.push(1, timeMs++, count, 0);
    journal.lastSeq++;
    journal.batches.push({ seq: journal.lastSeq, receivedAtMs: 0, columns: builder.finish() });
    latest.apply(journal.lastSeq, builder.finish(), 0);
    projector.committed();
    return journal.lastSeq;
  };
  const inEngine = async (): Promise<number> =>
    (await engine.readRaw({ series: [1], fromMs: 0, toMs: 1e9, limit: 1e9 })).columns.length;
  projector.start();
  return { clock, engine, journal, projector, append, inEngine };
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
    expect(journal.saved.at(-1)).toMatchObject({ series: 1, timeMs: 2 });
  });

  test("does not wait for company when an insert is full, and cuts what is larger", async () => {
    const { clock, engine, append, inEngine } = setUp();
    append(INSERT_READINGS_MAX * 2 + 5);
    await clock.advance(0);
    expect(engine.insertedRows).toStrictEqual([INSERT_READINGS_MAX, INSERT_READINGS_MAX, 5]);
    expect(await inEngine()).toBe(INSERT_READINGS_MAX * 2 + 5);
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
    expect(journal.saved.at(-1)).toMatchObject({ timeMs: 1 });
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
