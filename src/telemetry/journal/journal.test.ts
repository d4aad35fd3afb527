import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StartupError, StorageUnavailable } from "../../domain/errors.ts";
import { silentLog } from "../../domain/log.ts";
import { type ReadingColumns, ReadingColumnsBuilder } from "../../domain/reading.ts";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import type { EncodedBatch } from "../sql/connection.ts";
import { BatchDamaged, columnsOf, encodeBatch, encodedBytes } from "./batch-codec.ts";
import { Journal } from "./journal.ts";
import type { JournalOptions } from "./journal-options.ts";

const START_MS = 1_780_000_000_000;
let folder: string;
let path: string;
let committed: EncodedBatch[];
let opened: Journal[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-journal-"));
  path = join(folder, "journal.db");
  committed = [];
  opened = [];
});
afterEach(async () => {
  for (const journal of opened) await journal.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(options: Partial<JournalOptions> = {}, nowMs = START_MS): Promise<Journal> {
  const onCommitted = (batch: EncodedBatch): void => void committed.push(batch);
  const clock = new VirtualClock(nowMs);
  const journal = await Journal.open({ path, clock, log: silentLog, onCommitted, ...options });
  opened.push(journal);
  return journal;
}

const NOTHING = {
  latest: {
    length: 0,
    series: new Uint32Array(0),
    timesMs: new Float64Array(0),
    values: new Float64Array(0),
    qualities: new Uint8Array(0),
    receivedAtMs: new Float64Array(0),
    seqs: new Float64Array(0),
  },
  dirtyDays: { length: 0, series: new Uint32Array(0), days: new Int32Array(0) },
};

/** Lets go of all batches up to `throughSeq`. */
const shorten = (journal: Journal, throughSeq: number) => journal.checkpoint({ ...NOTHING, throughSeq });

function batch(rows: number, value = 1): ReadingColumns {
  const builder = new ReadingColumnsBuilder();
  for (let row = 0; row < rows; row++) builder.push(row, row, value, 0);
  return builder.finish();
}

const valuesOf = (batches: readonly EncodedBatch[]) => batches.map(({ encoded }) => columnsOf(encoded).values[0]);
const seqsOf = (batches: readonly EncodedBatch[]) => batches.map(({ seq }) => seq);

describe("journal", () => {
  test("keeps batches in the order of their appends across a reopening", async () => {
    const journal = await open();
    await Promise.all([1, 2, 3].map((value) => journal.append(batch(2, value), value)));
    expect(valuesOf(committed)).toStrictEqual([1, 2, 3]);
    expect(journal.storedReadings).toBe(6);
    await journal.close();
    const again = await open();
    const batches = await again.read(0, 100);
    expect(valuesOf(batches)).toStrictEqual([1, 2, 3]);
    expect(batches.map(({ receivedAtMs }) => receivedAtMs)).toStrictEqual([1, 2, 3]);
    expect(again.storedReadings).toBe(6);
    expect(again.lastSeq).toBe(batches.at(-1)?.seq);
  });

  test("what is appended together shares few commits, and each is told only after its own", async () => {
    const journal = await open();
    const seenAtAck: number[] = [];
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        await journal.append(batch(1, index), 0);
        seenAtAck.push(committed.length);
      }),
    );
    expect(Math.min(...seenAtAck)).toBe(200);
    expect(valuesOf(committed)).toStrictEqual(Array.from({ length: 200 }, (_, index) => index));
  });

  test("numbers only ever grow: over a checkpoint, a reopening, and a journal that was lost", async () => {
    const journal = await open();
    await journal.append(batch(1), 0);
    const first = journal.lastSeq;
    await shorten(journal, first);
    expect(journal.storedReadings).toBe(0);
    await journal.close();
    const again = await open({}, START_MS - 1e9);
    await again.append(batch(1), 0);
    expect(again.lastSeq).toBe(first + 1);
    await again.close();
    rmSync(path);
    const fresh = await open({}, START_MS + 1_000);
    await fresh.append(batch(1), 0);
    expect(fresh.lastSeq).toBeGreaterThan(first + 1);
  });

  test("reads at least one batch, and then only what fits", async () => {
    const journal = await open();
    for (const rows of [5, 1, 1, 3]) await journal.append(batch(rows, rows), 0);
    const first = await journal.read(0, 2);
    expect(valuesOf(first)).toStrictEqual([5]);
    expect(valuesOf(await journal.read(first[0]?.seq ?? 0, 2))).toStrictEqual([1, 1]);
    expect(await journal.read(journal.lastSeq, 100)).toStrictEqual([]);
  });

  test("keeps latest readings and dirty days to the bit, each once", async () => {
    const journal = await open();
    const latest = {
      length: 3,
      series: Uint32Array.of(4_294_967_295, 1, 4_294_967_295),
      timesMs: Float64Array.of(253_402_300_799_999, 0, 253_402_300_799_999),
      values: Float64Array.of(7, 5e-324, -0),
      qualities: Uint8Array.of(2, 0, 2),
      receivedAtMs: Float64Array.of(START_MS, 1, START_MS),
      seqs: Float64Array.of(9, 0, 11),
    };
    const days = { length: 2, series: Uint32Array.of(4_294_967_295, 1), days: Int32Array.of(2_932_896, -1) };
    await journal.checkpoint({ latest, dirtyDays: days, throughSeq: 0 });
    await journal.checkpoint({ ...NOTHING, dirtyDays: days, throughSeq: 0 });
    await journal.close();
    const again = await open();
    expect(await again.latest()).toStrictEqual({
      length: 2,
      series: Uint32Array.of(1, 4_294_967_295),
      timesMs: Float64Array.of(0, 253_402_300_799_999),
      values: Float64Array.of(5e-324, -0),
      qualities: Uint8Array.of(0, 2),
      receivedAtMs: Float64Array.of(1, START_MS),
      seqs: Float64Array.of(0, 11),
    });
    expect(await again.dirtyDays()).toStrictEqual({
      length: 2,
      series: Uint32Array.of(1, 4_294_967_295),
      days: Int32Array.of(-1, 2_932_896),
    });
    await again.removeDirtyDays({ length: 1, series: Uint32Array.of(1), days: Int32Array.of(-1) });
    expect((await again.dirtyDays()).series).toStrictEqual(Uint32Array.of(4_294_967_295));
  });

  test("a checkpoint that fails has changed nothing", async () => {
    const journal = await open();
    await journal.append(batch(1), 0);
    const wrong = { ...NOTHING.latest, length: 1, series: Uint32Array.of(1), values: Float64Array.of(Number.NaN) };
    const given = { ...NOTHING, latest: wrong, throughSeq: journal.lastSeq };
    await expect(journal.checkpoint(given)).rejects.toThrow(StorageUnavailable);
    expect(journal.storedReadings).toBe(1);
    expect((await journal.latest()).length).toBe(0);
    journal.release(journal.lastSeq);
    expect((await journal.read(0, 10)).length).toBe(1);
  });

  test("settings are what was set last, over a reopening", async () => {
    const journal = await open();
    expect(await journal.setting("horizon")).toBeNull();
    await journal.setSetting("horizon", "1");
    await journal.setSetting("horizon", "P2Y");
    await journal.close();
    expect(await (await open()).setting("horizon")).toBe("P2Y");
  });

  test("beyond its bytes it refuses, stores nothing of that batch, and takes again after a checkpoint", async () => {
    const journal = await open({ bytesMax: encodedBytes(10) });
    await journal.append(batch(10), 0);
    await expect(journal.append(batch(1), 0)).rejects.toThrow(StorageUnavailable);
    expect(journal.refusal).not.toBe("");
    expect((await journal.read(0, 100)).length).toBe(1);
    await shorten(journal, journal.lastSeq);
    expect(journal.refusal).toBe("");
    await journal.append(batch(10), 0);
  });

  test("beyond its queue it refuses what comes too fast", async () => {
    const journal = await open({ queueReadingsMax: 10 });
    const taken = journal.append(batch(10), 0);
    await expect(journal.append(batch(1), 0)).rejects.toThrow(StorageUnavailable);
    await taken;
    await journal.append(batch(1), 0);
    expect(journal.storedReadings).toBe(11);
  });

  test("a full disk: nothing of the batch is stored, nothing stored is lost, and it takes again by itself", async () => {
    await (await open()).close();
    const file = new DatabaseSync(path);
    const { page_count: pages } = file.prepare("PRAGMA page_count").get() as { page_count: number };
    file.close();
    const journal = await open({ pagesMax: pages + 8 });
    await journal.append(batch(10, 1), 0);
    await expect(Promise.all([journal.append(batch(20_000, 2), 0)])).rejects.toThrow(StorageUnavailable);
    expect(journal.refusal).toContain("full");
    expect(valuesOf(await journal.read(0, 1e6))).toStrictEqual([1]);
    await journal.append(batch(10, 3), 0);
    expect(journal.refusal).toBe("");
    expect(valuesOf(await journal.read(0, 1e6))).toStrictEqual([1, 3]);
    expect(journal.storedReadings).toBe(20);
    await journal.close();
    expect(valuesOf(await (await open()).read(0, 1e6))).toStrictEqual([1, 3]);
    expect(valuesOf(committed)).toStrictEqual([1, 3]);
  });

  test("is one process's at a time, and says so in one line", async () => {
    const journal = await open();
    await expect(open()).rejects.toThrow(StartupError);
    await expect(open()).rejects.toThrow(/^The data folder .*in use by another Kilowatch[^\n]*$/);
    await journal.close();
    await open();
  });

  test("a closed journal takes nothing", async () => {
    const journal = await open();
    const last = journal.append(batch(1), 0);
    await journal.close();
    await last;
    await expect(journal.append(batch(1), 0)).rejects.toThrow(StorageUnavailable);
  });
});

describe("the journal's thread", () => {
  /** Turns of the loop until a promise is settled. */
  async function turnsUntil(settled: Promise<unknown>): Promise<number> {
    const state = { isOver: false, turns: 0 };
    void settled.finally(() => {
      state.isOver = true;
    });
    for (; !state.isOver; state.turns++) await new Promise((resolve) => setImmediate(resolve));
    return state.turns;
  }

  test("waits for a slow disk while the loop turns, and what comes meanwhile shares the next commit", async () => {
    const journal = await open({ commitDelayMs: 300 });
    const first = journal.append(batch(1, 1), 0);
    await new Promise((resolve) => setImmediate(resolve));
    const startedMs = performance.now();
    const later = Array.from({ length: 100 }, async (_, index) => {
      await journal.append(batch(1, 2 + index), 0);
    });
    expect(await turnsUntil(first)).toBeGreaterThan(50);
    await Promise.all(later);
    // Two commits take 600 ms, a hundred would take 30 s.
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    expect(valuesOf(committed)).toStrictEqual(Array.from({ length: 101 }, (_, index) => 1 + index));
  });

  test("that dies is started again: nothing acked is lost, and what it had written unheard is taken up, in order", async () => {
    const clock = new VirtualClock(START_MS);
    const journal = await open({ clock, commitDelayMs: 50 });
    await journal.append(batch(2, 1), 0);
    const underway = [2, 3].map((value) => journal.append(batch(2, value), 0));
    const outcomes = Promise.allSettled(underway);
    await new Promise((resolve) => setImmediate(resolve));
    await journal.crash();
    for (const { status } of await outcomes) expect(status).toBe("rejected");
    await expect(journal.append(batch(1, 4), 0)).rejects.toThrow(StorageUnavailable);
    await expect(journal.setting("name")).rejects.toThrow(StorageUnavailable);
    expect(journal.refusal).not.toBe("");
    await clock.advance(1_000);
    for (let isOpen = false; !isOpen; ) {
      isOpen = await journal.setting("name").then(
        () => true,
        () => new Promise<boolean>((resolve) => void setImmediate(() => resolve(false))),
      );
    }
    expect(journal.refusal).toBe("");
    await journal.append(batch(2, 5), 0);
    const stored = await journal.read(0, 1_000);
    expect(seqsOf(committed)).toStrictEqual(seqsOf(stored));
    expect(valuesOf(stored)[0]).toBe(1);
    expect(valuesOf(stored).at(-1)).toBe(5);
    expect(journal.storedReadings).toBe(2 * stored.length);
    expect(journal.lastSeq).toBe(stored.at(-1)?.seq);
  });

  test("keeps the oldest batches in memory up to a bound, and reads the others from the file", async () => {
    const journal = await open({ recentBytesMax: 3 * encodedBytes(10) });
    for (let value = 0; value < 8; value++) {
      await journal.append(batch(10, value), 0);
      expect(journal.recentBytes).toBe(Math.min(value + 1, 3) * encodedBytes(10));
    }
    const values: (number | undefined)[] = [];
    for (let seq = 0; ; ) {
      const batches = await journal.read(seq, 20);
      const last = batches.at(-1);
      if (!last) break;
      values.push(...valuesOf(batches));
      seq = last.seq;
    }
    expect(values).toStrictEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    journal.release(journal.lastSeq);
    expect(journal.recentBytes).toBe(0);
    await journal.append(batch(10, 8), 0);
    expect(journal.recentBytes).toBe(encodedBytes(10));
    expect(valuesOf(await journal.read(0, 1_000)).at(-1)).toBe(8);
  });
});

describe("a deletion", () => {
  const deletion = { fromMs: 5, toMs: 253_402_300_800_000, series: Uint32Array.of(1, 4_294_967_295) };

  test.each([
    ["from memory", 1e9],
    ["from the file", 0],
  ])(
    "has a number between the batches before and after it, which are never read together: %s",
    async (_name, recentBytesMax) => {
      const journal = await open({ recentBytesMax });
      const before = [1, 2].map((value) => journal.append(batch(1, value), 0));
      const added = journal.addDeletion(deletion);
      const after = [3, 4].map((value) => journal.append(batch(1, value), 0));
      const { seq } = await added;
      await Promise.all([...before, ...after]);
      const first = await journal.read(0, 1_000);
      expect(valuesOf(first)).toStrictEqual([1, 2]);
      const second = await journal.read(first.at(-1)?.seq ?? 0, 1_000);
      expect(valuesOf(second)).toStrictEqual([3, 4]);
      expect(first.at(-1)?.seq).toBeLessThan(seq);
      expect(second[0]?.seq).toBeGreaterThan(seq);
      expect(await journal.read(journal.lastSeq, 1_000)).toStrictEqual([]);
    },
  );

  test("is kept over a reopening, and for as long as batches of before it could come again", async () => {
    const journal = await open();
    await journal.append(batch(1), 0);
    const { seq } = await journal.addDeletion(deletion);
    await journal.close();
    const again = await open();
    expect(again.listDeletions()).toStrictEqual([{ ...deletion, seq }]);
    await again.append(batch(1), 0);
    expect(await again.removeDeletion(seq)).toBe(false);
    expect(again.listDeletions().length).toBe(1);
    await shorten(again, seq);
    expect(await again.removeDeletion(seq)).toBe(true);
    expect(again.listDeletions()).toStrictEqual([]);
    await again.close();
    expect((await open()).listDeletions()).toStrictEqual([]);
  });

  test("of an empty journal has a number above all that were given", async () => {
    const journal = await open();
    await journal.append(batch(1), 0);
    const last = journal.lastSeq;
    await shorten(journal, last);
    const { seq } = await journal.addDeletion(deletion);
    expect(seq).toBe(last + 1);
    await journal.append(batch(1), 0);
    expect(journal.lastSeq).toBe(seq + 1);
  });
});

test("a journal of version 1 is brought forward with what it holds", async () => {
  const file = new DatabaseSync(path);
  file.exec(`
    PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;
    CREATE TABLE batches (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, received_at_ms INTEGER NOT NULL, rows INTEGER NOT NULL, columns BLOB NOT NULL
    );
    CREATE TABLE latest (
      series INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, value NOT NULL, quality INTEGER NOT NULL, received_at_ms INTEGER NOT NULL
    );
    INSERT INTO latest VALUES (7, 1, 2.5, 0, 3);
    PRAGMA user_version = 1;
  `);
  file.prepare("INSERT INTO batches VALUES (41, 5, 3, ?)").run(encodeBatch(batch(3, 9)));
  file.close();
  const journal = await open();
  expect(valuesOf(await journal.read(0, 100))).toStrictEqual([9]);
  expect([journal.lastSeq, journal.storedReadings]).toStrictEqual([41, 3]);
  expect((await journal.latest()).values).toStrictEqual(Float64Array.of(2.5));
  expect((await journal.dirtyDays()).length).toBe(0);
  expect((await journal.addDeletion({ fromMs: 0, toMs: 1, series: Uint32Array.of(7) })).seq).toBe(42);
  await journal.close();
  expect((await open()).listDeletions().length).toBe(1);
  expect(valuesOf(await (opened.at(-1) as Journal).read(0, 100))).toStrictEqual([9]);
});

describe("a damaged journal", () => {
  test.each([
    ["not a database", () => writeFileSync(path, "x".repeat(9_000))],
    ["cut in the middle", () => truncateSync(path, 8_192)],
    ["overwritten in the middle", () => overwrite(65_536, 32_768)],
  ])("%s: names the file and what to do, in one line", async (_name, damage) => {
    const journal = await open();
    for (let count = 0; count < 50; count++) await journal.append(batch(400), 0);
    await journal.close();
    damage();
    await expect(open()).rejects.toThrow(StartupError);
    await expect(open()).rejects.toThrow(
      new RegExp(`^The journal ${path} is damaged .*restore it from a backup[^\\n]*$`),
    );
  });

  test("a flipped bit within a batch is found when it is read", async () => {
    const journal = await open();
    await journal.append(batch(400, 1), 0);
    await journal.close();
    const bytes = readFileSync(path);
    const at = bytes.lastIndexOf(Buffer.from(new Float64Array([1]).buffer));
    bytes[at] = 1;
    writeFileSync(path, bytes);
    await expect((await open()).read(0, 1_000)).rejects.toThrow(BatchDamaged);
  });

  test("a folder that cannot be written, and a format of the future", async () => {
    mkdirSync(join(folder, "a-folder.db"));
    await expect(open({ path: join(folder, "a-folder.db") })).rejects.toThrow(
      /^The journal .* cannot be opened [^\n]*$/,
    );
    await (await open()).close();
    const file = new DatabaseSync(path);
    file.exec("PRAGMA user_version = 99");
    file.close();
    await expect(open()).rejects.toThrow(/newer Kilowatch/);
  });

  test("a copy taken while it is written opens at what was acknowledged by then", async () => {
    const journal = await open();
    for (let value = 0; value < 5; value++) await journal.append(batch(3, value), 0);
    mkdirSync(join(folder, "copy"));
    const copy = join(folder, "copy", "journal.db");
    copyFileSync(path, copy);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    expect(valuesOf(await (await open({ path: copy })).read(0, 100))).toStrictEqual([0, 1, 2, 3, 4]);
  });
});

function overwrite(at: number, bytes: number): void {
  const content = readFileSync(path);
  content.fill(0xaa, at, at + bytes);
  writeFileSync(path, content);
}
