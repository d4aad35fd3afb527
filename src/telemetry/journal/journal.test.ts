import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StartupError, StorageUnavailable } from "../../domain/errors.ts";
import { silentLog } from "../../domain/log.ts";
import { type ReadingColumns, ReadingColumnsBuilder } from "../../domain/reading.ts";
import { BatchDamaged, encodedBytes } from "./batch-codec.ts";
import { Journal, type JournalledBatch, type JournalOptions } from "./journal.ts";

const START_MS = 1_780_000_000_000;
let folder: string;
let path: string;
let committed: JournalledBatch[];
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

function open(options: Partial<JournalOptions> = {}): Journal {
  const onCommitted = (batch: JournalledBatch): void => void committed.push(batch);
  const journal = new Journal({ path, nowMs: START_MS, log: silentLog, onCommitted, ...options });
  opened.push(journal);
  return journal;
}

function batch(rows: number, value = 1): ReadingColumns {
  const builder = new ReadingColumnsBuilder();
  for (let row = 0; row < rows; row++) builder.push(row, row, value, 0);
  return builder.finish();
}

const valuesOf = (batches: readonly JournalledBatch[]) => batches.map(({ columns }) => columns.values[0]);

describe("journal", () => {
  test("keeps batches in the order of their appends across a reopening", async () => {
    const journal = open();
    await Promise.all([1, 2, 3].map((value) => journal.append(batch(2, value), value)));
    expect(valuesOf(committed)).toStrictEqual([1, 2, 3]);
    expect(journal.storedReadings).toBe(6);
    await journal.close();
    const again = open();
    const batches = again.read(0, 100);
    expect(valuesOf(batches)).toStrictEqual([1, 2, 3]);
    expect(batches.map(({ receivedAtMs }) => receivedAtMs)).toStrictEqual([1, 2, 3]);
    expect(again.storedReadings).toBe(6);
    expect(again.lastSeq).toBe(batches.at(-1)?.seq);
  });

  test("what is appended together shares few commits, and each is told only after its own", async () => {
    const journal = open();
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
    const journal = open();
    await journal.append(batch(1), 0);
    const first = journal.lastSeq;
    journal.checkpoint(first);
    expect(journal.storedReadings).toBe(0);
    await journal.close();
    const again = open({ nowMs: START_MS - 1e9 });
    await again.append(batch(1), 0);
    expect(again.lastSeq).toBe(first + 1);
    await again.close();
    rmSync(path);
    const fresh = open({ nowMs: START_MS + 1_000 });
    await fresh.append(batch(1), 0);
    expect(fresh.lastSeq).toBeGreaterThan(first + 1);
  });

  test("reads at least one batch, and then only what fits", async () => {
    const journal = open();
    for (const rows of [5, 1, 1, 3]) await journal.append(batch(rows, rows), 0);
    const first = journal.read(0, 2);
    expect(valuesOf(first)).toStrictEqual([5]);
    expect(valuesOf(journal.read(first[0]?.seq ?? 0, 2))).toStrictEqual([1, 1]);
    expect(valuesOf(journal.read(0, 100, 2))).toStrictEqual([5, 1]);
    expect(journal.read(journal.lastSeq, 100)).toStrictEqual([]);
  });

  test("keeps latest readings to the bit", async () => {
    const journal = open();
    const row = { series: 4_294_967_295, timeMs: 253_402_300_799_999, value: -0, quality: 2, receivedAtMs: START_MS };
    journal.saveLatest([{ ...row, value: 7 }, { ...row, series: 1 }, row]);
    await journal.close();
    expect([...open().latest()]).toStrictEqual([{ ...row, series: 1 }, row]);
  });

  test("beyond its bytes it refuses, stores nothing of that batch, and takes again after a checkpoint", async () => {
    const journal = open({ bytesMax: encodedBytes(10) });
    await journal.append(batch(10), 0);
    await expect(journal.append(batch(1), 0)).rejects.toThrow(StorageUnavailable);
    expect(journal.refusal).not.toBe("");
    expect(journal.read(0, 100).length).toBe(1);
    journal.checkpoint(journal.lastSeq);
    expect(journal.refusal).toBe("");
    await journal.append(batch(10), 0);
  });

  test("beyond its queue it refuses what comes too fast", async () => {
    const journal = open({ queueReadingsMax: 10 });
    const taken = journal.append(batch(10), 0);
    await expect(journal.append(batch(1), 0)).rejects.toThrow(StorageUnavailable);
    await taken;
    await journal.append(batch(1), 0);
    expect(journal.storedReadings).toBe(11);
  });

  test("a full disk: nothing of the batch is stored, nothing stored is lost, and it takes again by itself", async () => {
    await open().close();
    const file = new DatabaseSync(path);
    const { page_count: pages } = file.prepare("PRAGMA page_count").get() as { page_count: number };
    file.close();
    const journal = open({ pagesMax: pages + 8 });
    await journal.append(batch(10, 1), 0);
    await expect(Promise.all([journal.append(batch(9_000, 2), 0)])).rejects.toThrow(StorageUnavailable);
    expect(journal.refusal).toContain("full");
    expect(valuesOf(journal.read(0, 1e6))).toStrictEqual([1]);
    await journal.append(batch(10, 3), 0);
    expect(journal.refusal).toBe("");
    expect(valuesOf(journal.read(0, 1e6))).toStrictEqual([1, 3]);
    expect(journal.storedReadings).toBe(20);
    await journal.close();
    expect(valuesOf(open().read(0, 1e6))).toStrictEqual([1, 3]);
    expect(valuesOf(committed)).toStrictEqual([1, 3]);
  });

  test("is one process's at a time, and says so in one line", async () => {
    const journal = open();
    expect(() => open()).toThrow(StartupError);
    expect(() => open()).toThrow(/^The data folder .*in use by another Kilowatch[^\n]*$/);
    await journal.close();
    open();
  });

  test("a closed journal takes nothing", async () => {
    const journal = open();
    const last = journal.append(batch(1), 0);
    await journal.close();
    await last;
    await expect(journal.append(batch(1), 0)).rejects.toThrow(StorageUnavailable);
  });
});

describe("a damaged journal", () => {
  test.each([
    ["not a database", () => writeFileSync(path, "x".repeat(9_000))],
    ["cut in the middle", () => truncateSync(path, 8_192)],
    ["overwritten in the middle", () => overwrite(8_192, 8_192)],
  ])("%s: names the file and what to do, in one line", async (_name, damage) => {
    const journal = open();
    for (let count = 0; count < 50; count++) await journal.append(batch(400), 0);
    await journal.close();
    damage();
    expect(() => open()).toThrow(StartupError);
    expect(() => open()).toThrow(new RegExp(`^The journal ${path} is damaged .*restore it from a backup[^\\n]*$`));
  });

  test("a flipped bit within a batch is found when it is read", async () => {
    const journal = open();
    await journal.append(batch(400, 1), 0);
    await journal.close();
    const bytes = readFileSync(path);
    const at = bytes.lastIndexOf(Buffer.from(new Float64Array([1]).buffer));
    bytes[at] = 1;
    writeFileSync(path, bytes);
    expect(() => open().read(0, 1_000)).toThrow(BatchDamaged);
  });

  test("a folder that cannot be written, and a format of the future", async () => {
    mkdirSync(join(folder, "a-folder.db"));
    expect(() => open({ path: join(folder, "a-folder.db") })).toThrow(/^The journal .* cannot be opened [^\n]*$/);
    await open().close();
    const file = new DatabaseSync(path);
    file.exec("PRAGMA user_version = 99");
    file.close();
    expect(() => open()).toThrow(/newer Kilowatch/);
  });

  test("a copy taken while it is written opens at what was acknowledged by then", async () => {
    const journal = open();
    for (let value = 0; value < 5; value++) await journal.append(batch(3, value), 0);
    mkdirSync(join(folder, "copy"));
    const copy = join(folder, "copy", "journal.db");
    copyFileSync(path, copy);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    expect(valuesOf(open({ path: copy }).read(0, 100))).toStrictEqual([0, 1, 2, 3, 4]);
  });
});

function overwrite(at: number, bytes: number): void {
  const content = readFileSync(path);
  content.fill(0xaa, at, at + bytes);
  writeFileSync(path, content);
}
