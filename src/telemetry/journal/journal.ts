import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { StorageUnavailable } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import type { ReadingColumns } from "../../domain/reading.ts";
import type { LatestRow } from "../latest.ts";
import { columnsOf, decodeBatch, encodeBatch } from "./batch-codec.ts";
import { openJournalDatabase } from "./database.ts";

/** Bytes of batches that may wait for the engine; beyond it nothing more is taken. About 50 million readings. */
export const JOURNAL_BYTES_MAX = 1024 ** 3;
/** Readings that may wait for a commit. */
export const APPEND_QUEUE_READINGS_MAX = 2_000_000;
/** Bytes that one transaction takes, so that a commit stays a matter of milliseconds. */
const COMMIT_BYTES_MAX = 8 * 1024 ** 2;
/** When to ask again after storage was full, seconds. */
const RETRY_AFTER_S = 5;

/** A batch that is on stable storage. */
export interface JournalledBatch {
  /** Its place in the order of all batches; a higher one was acknowledged later. */
  readonly seq: number;
  readonly receivedAtMs: number;
  readonly columns: ReadingColumns;
}

export interface JournalOptions {
  readonly path: string;
  /** Wall time of the start, epoch ms. */
  readonly nowMs: number;
  readonly log: Log;
  readonly bytesMax?: number;
  readonly queueReadingsMax?: number;
  /** Pages of the file, as if the disk were full beyond them; for tests. */
  readonly pagesMax?: number;
  /** Called after a batch is on stable storage and before its append resolves, in order. Must not throw. */
  readonly onCommitted: (batch: JournalledBatch) => void;
}

interface QueuedBatch {
  readonly encoded: Uint8Array;
  readonly rows: number;
  readonly receivedAtMs: number;
  readonly committed: PromiseWithResolvers<void>;
}

/** Room beside a refused batch from which the disk counts as taking writes again. */
const PROBE_ROOM_BYTES = 1_048_576;

/** What was acknowledged and is not yet in the engine: a queue of batches on stable storage, and beside it the latest readings. */
export class Journal {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #log: Log;
  readonly #onCommitted: (batch: JournalledBatch) => void;
  readonly #bytesMax: number;
  readonly #queueReadingsMax: number;
  readonly #insertBatch: StatementSync;
  readonly #selectBatches: StatementSync;
  readonly #sumBatches: StatementSync;
  readonly #deleteBatches: StatementSync;
  readonly #upsertLatest: StatementSync;
  #queue: QueuedBatch[] = [];
  #queuedReadings = 0;
  #queuedBytes = 0;
  #commit: Promise<void> | null = null;
  #storedReadings: number;
  #storedBytes: number;
  #lastSeq: number;
  #refusal = "";
  /** Size of what the disk refused last; 0 while it takes writes. */
  #bytesRefused = 0;
  #closed = false;

  /** Opens the file, or makes it. @throws StartupError when it is in use, damaged or cannot be opened. */
  constructor(options: JournalOptions) {
    this.#log = options.log;
    this.#onCommitted = options.onCommitted;
    this.#bytesMax = options.bytesMax ?? JOURNAL_BYTES_MAX;
    this.#queueReadingsMax = options.queueReadingsMax ?? APPEND_QUEUE_READINGS_MAX;
    this.#path = options.path;
    this.#database = openJournalDatabase(options.path, options.nowMs);
    if (options.pagesMax !== undefined) this.#database.exec(`PRAGMA max_page_count = ${options.pagesMax}`);
    const prepare = (sql: string): StatementSync => this.#database.prepare(sql);
    this.#insertBatch = prepare("INSERT INTO batches (received_at_ms, rows, columns) VALUES (?, ?, ?)");
    this.#selectBatches = prepare(
      "SELECT seq, received_at_ms AS receivedAtMs, columns FROM batches WHERE seq > ? ORDER BY seq LIMIT ?",
    );
    this.#sumBatches = prepare(
      "SELECT coalesce(sum(rows), 0) AS readings, coalesce(sum(length(columns)), 0) AS bytes FROM batches WHERE seq <= ?",
    );
    this.#deleteBatches = prepare("DELETE FROM batches WHERE seq <= ?");
    this.#upsertLatest = prepare(
      "INSERT OR REPLACE INTO latest (series, time_ms, value, quality, received_at_ms) VALUES (?, ?, ?, ?, ?)",
    );
    const stored = this.#sumThrough(Number.MAX_SAFE_INTEGER);
    this.#storedReadings = stored.readings;
    this.#storedBytes = stored.bytes;
    const last = prepare("SELECT coalesce(max(seq), 0) AS seq FROM batches").get() as { seq: number };
    this.#lastSeq = last.seq;
  }

  /** Sequence number of the last batch that was committed; 0 when none waits and none came. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Readings that are committed and not yet taken away by `checkpoint`. */
  get storedReadings(): number {
    return this.#storedReadings;
  }

  /** Why the last append was refused, as a sentence; empty when it was taken or when there is room again. */
  get refusal(): string {
    return this.#refusal;
  }

  /** Finds out whether the disk takes writes again after it refused one, so that nobody has to push for it to be known. */
  probe(): void {
    if (this.#bytesRefused === 0 || this.#closed || this.#commit) return;
    try {
      // One page may fit where a batch does not.
      const { bavail, bsize } = statfsSync(dirname(this.#path));
      if (bavail * bsize < this.#bytesRefused + PROBE_ROOM_BYTES) return;
      this.#database.exec("UPDATE sqlite_sequence SET seq = seq WHERE name = 'batches'");
      this.#taken();
    } catch {
      // Still refused, and said so already.
    }
  }

  /**
   * Resolves once the batch is on stable storage. What is appended while a commit runs shares the next one; a lone batch does not wait.
   * The columns may be changed as soon as this has returned.
   * @throws StorageUnavailable when there is no room or the disk refuses; then nothing of the batch is stored.
   */
  append(columns: ReadingColumns, receivedAtMs: number): Promise<void> {
    if (this.#closed) return Promise.reject(new StorageUnavailable("The store is closing.", RETRY_AFTER_S));
    if (this.#queuedReadings + columns.length > this.#queueReadingsMax) {
      return Promise.reject(new StorageUnavailable("Too many readings wait to be stored.", 1));
    }
    const encoded = encodeBatch(columns);
    if (this.#storedBytes + this.#queuedBytes + encoded.byteLength > this.#bytesMax) {
      this.#refuse("The journal is full: the engine has not taken its readings for a long time.");
      return Promise.reject(new StorageUnavailable(this.#refusal, RETRY_AFTER_S));
    }
    const committed = Promise.withResolvers<void>();
    this.#queue.push({ encoded, rows: columns.length, receivedAtMs, committed });
    this.#queuedReadings += columns.length;
    this.#queuedBytes += encoded.byteLength;
    this.#commit ??= this.#commitQueue();
    return committed.promise;
  }

  /** Batches after `afterSeq` in order: as many as fit into `readingsMax`, and at least one when there is one. @throws BatchDamaged */
  read(afterSeq: number, readingsMax: number, batchesMax = 10_000): JournalledBatch[] {
    const batches: JournalledBatch[] = [];
    let readings = 0;
    for (const row of this.#selectBatches.iterate(afterSeq, batchesMax)) {
      const { seq, receivedAtMs, columns } = row as { seq: number; receivedAtMs: number; columns: Uint8Array };
      const decoded = decodeBatch(columns);
      readings += decoded.length;
      if (batches.length > 0 && readings > readingsMax) break;
      batches.push({ seq, receivedAtMs, columns: decoded });
    }
    return batches;
  }

  /** What `saveLatest` has kept. */
  *latest(): Generator<LatestRow, void, undefined> {
    const rows = this.#database
      .prepare("SELECT series, time_ms AS timeMs, value, quality, received_at_ms AS receivedAtMs FROM latest")
      .iterate();
    for (const row of rows) yield { ...(row as unknown as LatestRow) };
  }

  /** Keeps latest readings in one transaction. Rows may be newer than the last checkpoint: replaying the batches leads to them again. */
  saveLatest(rows: readonly LatestRow[]): void {
    this.#transaction(() => {
      for (const row of rows) {
        this.#upsertLatest.run(row.series, row.timeMs, row.value, row.quality, row.receivedAtMs);
      }
    });
  }

  /** Takes away the batches up to `throughSeq`: the engine has them, and `saveLatest` what came of them. */
  checkpoint(throughSeq: number): void {
    const gone = this.#sumThrough(throughSeq);
    this.#transaction(() => this.#deleteBatches.run(throughSeq));
    this.#storedReadings -= gone.readings;
    this.#storedBytes -= gone.bytes;
    this.#taken();
  }

  /** Resolves once nothing waits for a commit. */
  async settled(): Promise<void> {
    await this.#commit;
  }

  /** Commits what is queued and closes the file. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#commit;
    this.#database.close();
  }

  async #commitQueue(): Promise<void> {
    while (this.#queue.length > 0) {
      // One turn of the loop, so that every batch that has arrived by then shares the commit.
      await new Promise((resolve) => setImmediate(resolve));
      this.#commitGroup(this.#takeGroup());
    }
    this.#commit = null;
  }

  #takeGroup(): QueuedBatch[] {
    let bytes = 0;
    let count = 0;
    for (const { encoded } of this.#queue) {
      bytes += encoded.byteLength;
      if (count > 0 && bytes > COMMIT_BYTES_MAX) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  #commitGroup(group: readonly QueuedBatch[]): void {
    const seqs: number[] = [];
    let failure: unknown = null;
    try {
      this.#transaction(() => {
        for (const { receivedAtMs, rows, encoded } of group) {
          seqs.push(Number(this.#insertBatch.run(receivedAtMs, rows, encoded).lastInsertRowid));
        }
      });
    } catch (error) {
      failure = error;
      this.#refuse(`The journal cannot be written: ${(error as Error).message}.`, error);
      this.#bytesRefused = group.reduce((bytes, { encoded }) => bytes + encoded.byteLength, 1);
    }
    group.forEach(({ encoded, rows, receivedAtMs, committed }, index) => {
      this.#queuedReadings -= rows;
      this.#queuedBytes -= encoded.byteLength;
      if (failure) {
        committed.reject(new StorageUnavailable(this.#refusal, RETRY_AFTER_S, { cause: failure }));
        return;
      }
      // One sequence number was pushed for each batch of the group.
      const seq = seqs[index] ?? 0;
      this.#storedReadings += rows;
      this.#storedBytes += encoded.byteLength;
      this.#lastSeq = seq;
      this.#taken();
      this.#onCommitted({ seq, receivedAtMs, columns: columnsOf(encoded) });
      committed.resolve();
    });
  }

  /** Remembers why nothing is taken, and says it once. */
  #refuse(reason: string, error?: unknown): void {
    if (this.#refusal === "") this.#log.error({ err: error }, reason);
    this.#refusal = reason;
  }

  #taken(): void {
    this.#refusal = "";
    this.#bytesRefused = 0;
  }

  #sumThrough(seq: number): { readings: number; bytes: number } {
    return this.#sumBatches.get(seq) as { readings: number; bytes: number };
  }

  #transaction(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      // SQLite has already rolled back after some errors, such as a full disk.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}
