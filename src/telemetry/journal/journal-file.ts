import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type LatestColumns, NO_READING_MS } from "../latest.ts";
import type { EncodedBatch, TouchedDays } from "../sql/connection.ts";
import { tracePoint } from "../trace.ts";
import { decodeBatch, sealBatch } from "./batch-codec.ts";
import { openJournalDatabase } from "./database.ts";
import type {
  CheckpointPiece,
  Deletion,
  JournalAnswers,
  JournalRead,
  JournalThreadOptions,
  JournalWrite,
  NewDeletion,
  OpenedJournal,
  Stored,
  UnnumberedBatch,
} from "./messages.ts";

/** From this length on, the write-ahead log is copied into the file once the commit at hand has been told of: some 10 ms of work. */
export const WAL_COPY_BYTES = 32 * 1024 ** 2;
/** What a transaction writes beside its batches, about. */
const TRANSACTION_BYTES = 100_000;
/** Room beside a refused batch from which the disk counts as taking writes again. */
const PROBE_ROOM_BYTES = 1_048_576;

/** A batch whose buffer can travel to another thread. */
export interface WrittenBatch extends EncodedBatch {
  readonly encoded: Uint8Array<ArrayBuffer>;
}

/** The journal's file, and every statement that reaches it. Synchronous: it lives in a thread of its own. */
export class JournalFile {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #commitDelayMs: number;
  #walBytes = 0;

  /** Opens the file, or makes it. @throws StartupError when it is in use, damaged or cannot be opened. */
  constructor({ path, nowMs, pagesMax, commitDelayMs }: JournalThreadOptions) {
    this.#path = path;
    this.#commitDelayMs = commitDelayMs;
    this.#database = openJournalDatabase(path, nowMs);
    if (pagesMax !== null) this.#database.exec(`PRAGMA max_page_count = ${pagesMax}`);
  }

  opened(): OpenedJournal {
    const { seq } = this.#get<{ seq: number }>("SELECT coalesce(max(seq), 0) AS seq FROM batches");
    return { ...this.#sumThrough(Number.MAX_SAFE_INTEGER), lastSeq: seq };
  }

  /** Carries out writes in one transaction; none of them has happened when it throws. */
  write(writes: readonly JournalWrite[]): JournalAnswers[JournalWrite["kind"]][] {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const answers = writes.map((write) => this.#writeOne(write));
      tracePoint("journal.commit");
      if (this.#commitDelayMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, this.#commitDelayMs);
      this.#database.exec("COMMIT");
      if (writes.some((write) => write.kind === "checkpoint" && write.piece.latest.length > 0))
        tracePoint("latest.saved");
      this.#walBytes += TRANSACTION_BYTES;
      return answers;
    } catch (error) {
      // SQLite has already rolled back after some errors, such as a full disk.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  read(request: JournalRead): JournalAnswers[JournalRead["kind"]] {
    switch (request.kind) {
      case "latest":
        return this.#readLatest();
      case "dirtyDays":
        return this.#readDirtyDays();
      case "deletions":
        return this.#readDeletions();
      case "oldestSeq":
        return this.#get<{ seq: number | null }>("SELECT min(seq) AS seq FROM batches").seq;
      case "setting": {
        const row = this.#statement("SELECT value FROM setting WHERE name = ?").get(request.name);
        return row === undefined ? null : (row as { value: string }).value;
      }
      case "probe":
        return this.#takesBytes(request.bytes);
    }
  }

  /**
   * Batches after `afterSeq` up to `throughSeq`, in order: as many as fit into `readingsMax`, and at least one when there is one. Their buffers
   * are their own. @throws BatchDamaged
   */
  readBatches(afterSeq: number, readingsMax: number, throughSeq: number): WrittenBatch[] {
    const select = this.#statement(
      "SELECT seq, received_at_ms AS receivedAtMs, rows, columns AS encoded FROM batches WHERE seq > ? AND seq <= ? ORDER BY seq",
    );
    const batches: WrittenBatch[] = [];
    let readings = 0;
    for (const row of select.iterate(afterSeq, throughSeq)) {
      const batch = { ...(row as unknown as WrittenBatch) };
      readings += batch.rows;
      if (batches.length > 0 && readings > readingsMax) break;
      decodeBatch(batch.encoded);
      batches.push(batch);
    }
    return batches;
  }

  /** Keeps the write-ahead log short. To be called when nobody waits for an answer. */
  copyLog(): void {
    if (this.#walBytes < WAL_COPY_BYTES) return;
    this.#walBytes = 0;
    try {
      this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch {
      // The log is as safe as the file. A disk that refuses says so at the next commit.
    }
  }

  close(): void {
    this.#database.close();
  }

  #writeOne(write: JournalWrite): JournalAnswers[JournalWrite["kind"]] {
    switch (write.kind) {
      case "append":
        return write.batches.map((batch) => this.#append(batch));
      case "checkpoint":
        return this.#checkpoint(write.piece);
      case "removeDirtyDays":
        this.#eachDay(write.days, "DELETE FROM dirty_day WHERE day = ? AND series = ?");
        return null;
      case "addDeletion":
        return this.#addDeletion(write.deletion);
      case "removeDeletion": {
        const remove = "DELETE FROM deletion WHERE seq = ? AND NOT EXISTS (SELECT 1 FROM batches WHERE seq < ?)";
        return this.#statement(remove).run(write.seq, write.seq).changes === 1;
      }
      case "setSetting":
        this.#statement("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)").run(write.name, write.value);
        return null;
    }
  }

  #append({ receivedAtMs, rows, encoded }: UnnumberedBatch): EncodedBatch {
    sealBatch(encoded);
    const insert = this.#statement("INSERT INTO batches (received_at_ms, rows, columns) VALUES (?, ?, ?)");
    const seq = Number(insert.run(receivedAtMs, rows, encoded).lastInsertRowid);
    this.#walBytes += encoded.byteLength;
    return { seq, receivedAtMs, rows, encoded };
  }

  #checkpoint({ latest, dirtyDays, throughSeq }: CheckpointPiece): Stored {
    this.#saveLatest(latest);
    this.#eachDay(dirtyDays, "INSERT OR IGNORE INTO dirty_day (day, series) VALUES (?, ?)");
    if (throughSeq === 0) return { readings: 0, bytes: 0 };
    const gone = this.#sumThrough(throughSeq);
    this.#statement("DELETE FROM batches WHERE seq <= ?").run(throughSeq);
    return gone;
  }

  #saveLatest({ length, series, timesMs, values, qualities, receivedAtMs, seqs }: LatestColumns): void {
    const upsert = this.#statement(
      "INSERT OR REPLACE INTO latest (series, time_ms, value, quality, received_at_ms, seq) VALUES (?, ?, ?, ?, ?, ?)",
    );
    const remove = this.#statement("DELETE FROM latest WHERE series = ?");
    for (let row = 0; row < length; row++) {
      // Within `length` every column has a value; the fallbacks here and below are for the type only.
      const each = series[row] ?? 0;
      const timeMs = timesMs[row] ?? 0;
      if (timeMs === NO_READING_MS) remove.run(each);
      else upsert.run(each, timeMs, values[row] ?? 0, qualities[row] ?? 0, receivedAtMs[row] ?? 0, seqs[row] ?? 0);
    }
  }

  #eachDay({ length, series, days }: TouchedDays, sql: string): void {
    const statement = this.#statement(sql);
    for (let row = 0; row < length; row++) statement.run(days[row] ?? 0, series[row] ?? 0);
  }

  #addDeletion({ fromMs, toMs, series }: NewDeletion): number {
    const next = "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'batches' RETURNING seq";
    const { seq } = this.#get<{ seq: number }>(next);
    const bytes = new Uint8Array(series.buffer, series.byteOffset, series.byteLength);
    const insert = "INSERT INTO deletion (seq, from_ms, to_ms, series) VALUES (?, ?, ?, ?)";
    this.#statement(insert).run(seq, fromMs, toMs, bytes);
    return seq;
  }

  #readLatest(): LatestColumns {
    const { rows: length } = this.#get<{ rows: number }>("SELECT count(*) AS rows FROM latest");
    const latest = {
      length,
      series: new Uint32Array(length),
      timesMs: new Float64Array(length),
      values: new Float64Array(length),
      qualities: new Uint8Array(length),
      receivedAtMs: new Float64Array(length),
      seqs: new Float64Array(length),
    };
    const select = this.#statement("SELECT series, time_ms, value, quality, received_at_ms, seq FROM latest");
    let at = 0;
    for (const row of select.iterate() as Iterable<Record<string, number>>) {
      latest.series[at] = row["series"] ?? 0;
      latest.timesMs[at] = row["time_ms"] ?? 0;
      latest.values[at] = row["value"] ?? 0;
      latest.qualities[at] = row["quality"] ?? 0;
      latest.receivedAtMs[at] = row["received_at_ms"] ?? 0;
      latest.seqs[at] = row["seq"] ?? 0;
      at++;
    }
    return latest;
  }

  #readDirtyDays(): TouchedDays {
    const { rows: length } = this.#get<{ rows: number }>("SELECT count(*) AS rows FROM dirty_day");
    const touched = { length, series: new Uint32Array(length), days: new Int32Array(length) };
    let at = 0;
    const select = this.#statement("SELECT series, day FROM dirty_day ORDER BY series, day");
    for (const row of select.iterate() as Iterable<Record<string, number>>) {
      touched.series[at] = row["series"] ?? 0;
      touched.days[at] = row["day"] ?? 0;
      at++;
    }
    return touched;
  }

  #readDeletions(): Deletion[] {
    const select = "SELECT seq, from_ms AS fromMs, to_ms AS toMs, series FROM deletion ORDER BY seq";
    const rows = this.#statement(select).all() as unknown as (Omit<Deletion, "series"> & { series: Uint8Array })[];
    return rows.map(({ series, ...rest }) => ({ ...rest, series: new Uint32Array(Uint8Array.from(series).buffer) }));
  }

  #takesBytes(bytes: number): boolean {
    try {
      // One page may fit where a batch does not.
      const { bavail, bsize } = statfsSync(dirname(this.#path));
      if (bavail * bsize < bytes + PROBE_ROOM_BYTES) return false;
      this.#database.exec("UPDATE sqlite_sequence SET seq = seq WHERE name = 'batches'");
      return true;
    } catch {
      return false;
    }
  }

  #sumThrough(seq: number): Stored {
    const sum =
      "SELECT coalesce(sum(rows), 0) AS readings, coalesce(sum(length(columns)), 0) AS bytes FROM batches WHERE seq <= ?";
    return { ...(this.#statement(sum).get(seq) as unknown as Stored) };
  }

  #get<T>(sql: string): T {
    return this.#statement(sql).get() as T;
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
