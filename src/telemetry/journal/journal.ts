import { StorageUnavailable } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import type { ReadingColumns } from "../../domain/reading.ts";
import type { LatestColumns } from "../latest.ts";
import type { EncodedBatch, TouchedDays } from "../sql/connection.ts";
import { tracePoint } from "../trace.ts";
import { AppendQueue } from "./append-queue.ts";
import { BatchDamaged, encodedBytes } from "./batch-codec.ts";
import type { JournalOptions } from "./journal-options.ts";
import { JournalThread } from "./journal-thread.ts";
import type { CheckpointPiece, Deletion, NewDeletion, OpenedJournal } from "./messages.ts";
import { RecentBatches } from "./recent-batches.ts";

/** Bytes of batches that may wait for the engine; beyond it nothing more is taken. About 50 million readings. */
export const JOURNAL_BYTES_MAX = 1024 ** 3;
/** Readings that may wait for a commit. */
export const APPEND_QUEUE_READINGS_MAX = 2_000_000;
/** Bytes of committed batches that are kept in memory for the engine; the others are read from the file. About 1.6 million readings. */
export const RECENT_BYTES_MAX = 32 * 1024 ** 2;
/** When to ask again after storage was full, seconds. */
const RETRY_AFTER_S = 5;

/**
 * What was acknowledged and is not yet in the engine: a queue of batches on stable storage, and beside it what must survive a restart with it.
 * The file is in a thread of its own: no call waits for the disk before it returns.
 */
export class Journal {
  readonly #onCommitted: (batch: EncodedBatch) => void;
  readonly #onDeletion: (deletion: Deletion) => void;
  readonly #log: Log;
  readonly #bytesMax: number;
  readonly #queueReadingsMax: number;
  readonly #thread: JournalThread;
  readonly #appends: AppendQueue;
  #recent = new RecentBatches(0, 0);
  #storedReadings = 0;
  #storedBytes = 0;
  #lastSeq = 0;
  #deletions: readonly Deletion[] = [];
  #refusal = "";
  /** Size of what the disk refused last; 0 while it takes writes. */
  #bytesRefused = 0;
  #isProbing = false;
  #closing: Promise<void> | null = null;

  /** Opens the file, or makes it. @throws StartupError when it is in use, damaged or cannot be opened. */
  static async open(options: JournalOptions): Promise<Journal> {
    const journal = new Journal(options);
    const { readings, bytes, lastSeq } = await journal.#thread.opened();
    journal.#storedReadings = readings;
    journal.#storedBytes = bytes;
    journal.#lastSeq = lastSeq;
    journal.#recent = new RecentBatches(options.recentBytesMax ?? RECENT_BYTES_MAX, lastSeq);
    journal.#deletions = await journal.#thread.ask({ kind: "deletions" });
    return journal;
  }

  private constructor(options: JournalOptions) {
    const { path, clock, log, pagesMax = null, commitDelayMs = 0 } = options;
    this.#onCommitted = options.onCommitted;
    this.#onDeletion = options.onDeletion ?? (() => {});
    this.#log = log;
    this.#bytesMax = options.bytesMax ?? JOURNAL_BYTES_MAX;
    this.#queueReadingsMax = options.queueReadingsMax ?? APPEND_QUEUE_READINGS_MAX;
    const onReopened = (opened: OpenedJournal): void => void this.#catchUp(opened);
    this.#thread = new JournalThread(
      { path, nowMs: clock.nowMs(), pagesMax, commitDelayMs },
      { clock, log, onReopened },
    );
    this.#appends = new AppendQueue({
      thread: this.#thread,
      onCommitted: (batches) => {
        this.#taken();
        for (const batch of batches) this.#take(batch);
      },
      onRefused: (error, bytes) => this.#onRefused(error, bytes),
    });
  }

  /** Sequence number of the last batch that was committed; 0 when none waits and none came. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Readings that are committed and not yet taken away by `checkpoint`. */
  get storedReadings(): number {
    return this.#storedReadings;
  }

  /** Bytes of committed batches in memory. */
  get recentBytes(): number {
    return this.#recent.bytes;
  }

  /** Why the last append was refused, as a sentence; empty when it was taken or when there is room again. */
  get refusal(): string {
    return this.#refusal;
  }

  /** Finds out whether the disk takes writes again after it refused one, so that nobody has to push for it to be known. */
  probe(): void {
    if (this.#bytesRefused === 0 || this.#isProbing || this.#closing) return;
    this.#isProbing = true;
    void this.#thread
      .ask({ kind: "probe", bytes: this.#bytesRefused })
      .catch(() => false)
      .then((takes) => {
        this.#isProbing = false;
        if (takes) this.#taken();
      });
  }

  /**
   * Resolves once the batch is on stable storage. What is appended while a commit runs shares the next one; a lone batch does not wait.
   * The columns may be changed as soon as this has returned.
   * @throws StorageUnavailable when there is no room or the disk refuses; then nothing of the batch is stored. After the death of the
   * journal's thread it may be stored although it was refused; appending it again is harmless.
   */
  append(columns: ReadingColumns, receivedAtMs: number): Promise<void> {
    if (this.#closing) return Promise.reject(new StorageUnavailable("The store is closing.", RETRY_AFTER_S));
    if (this.#appends.readings + columns.length > this.#queueReadingsMax) {
      return Promise.reject(new StorageUnavailable("Too many readings wait to be stored.", 1));
    }
    if (this.#storedBytes + this.#appends.bytes + encodedBytes(columns.length) > this.#bytesMax) {
      this.#refuse("The journal is full: the engine has not taken its readings for a long time.");
      return Promise.reject(new StorageUnavailable(this.#refusal, RETRY_AFTER_S));
    }
    return this.#appends.push(columns, receivedAtMs);
  }

  /**
   * Batches after `afterSeq` in order: as many as fit into `readingsMax`, and at least one when there is one.
   * They never lie on both sides of a deletion, so that their common version says whether it removes them.
   * @throws BatchDamaged, StorageUnavailable
   */
  async read(afterSeq: number, readingsMax: number): Promise<readonly EncodedBatch[]> {
    const throughSeq = this.#deletions.find(({ seq }) => seq > afterSeq)?.seq ?? Number.MAX_SAFE_INTEGER;
    const recent = this.#recent.read(afterSeq, readingsMax, throughSeq);
    if (recent.length > 0) return recent;
    const read = await this.#asked(this.#thread.ask({ kind: "read", afterSeq, readingsMax, throughSeq }));
    if (read.length > 0 || throughSeq >= this.#lastSeq) return read;
    return this.read(throughSeq, readingsMax);
  }

  /** Forgets, in memory, the batches up to `seq`: they are in the engine. */
  release(seq: number): void {
    this.#recent.dropThrough(seq);
  }

  /** The latest readings that checkpoints have kept. @throws StorageUnavailable */
  latest(): Promise<LatestColumns> {
    return this.#asked(this.#thread.ask({ kind: "latest" }));
  }

  /** The dirty days that checkpoints have kept. @throws StorageUnavailable */
  dirtyDays(): Promise<TouchedDays> {
    return this.#asked(this.#thread.ask({ kind: "dirtyDays" }));
  }

  /**
   * Keeps latest readings and dirty days and takes away the batches they came from, in one transaction.
   * Rows may be newer than the batches: replaying these leads to them again. @throws StorageUnavailable, and nothing has changed
   */
  async checkpoint(piece: CheckpointPiece): Promise<void> {
    const gone = await this.#asked(this.#thread.ask({ kind: "checkpoint", piece }));
    if (piece.throughSeq === 0) return;
    this.#storedReadings -= gone.readings;
    this.#storedBytes -= gone.bytes;
    this.#taken();
    tracePoint("checkpoint.done");
  }

  /** Lets go of days that are rolled up. @throws StorageUnavailable */
  async removeDirtyDays(days: TouchedDays): Promise<void> {
    await this.#asked(this.#thread.ask({ kind: "removeDirtyDays", days }));
  }

  /** Deletions that are not done, in order. */
  listDeletions(): readonly Deletion[] {
    return this.#deletions;
  }

  /** Keeps a deletion of what was appended before this call, and nothing later. Durable when it resolves. @throws StorageUnavailable */
  async addDeletion(deletion: NewDeletion): Promise<Deletion> {
    this.#appends.send();
    const seq = await this.#asked(this.#thread.ask({ kind: "addDeletion", deletion }));
    const added = { ...deletion, seq };
    this.#know([...this.#deletions, added]);
    return added;
  }

  /**
   * Forgets a deletion that is done. Answers false, and keeps it, while batches of before it are in the journal: after a crash they would be
   * inserted again and nothing would remove them. @throws StorageUnavailable
   */
  async removeDeletion(seq: number): Promise<boolean> {
    const isRemoved = await this.#asked(this.#thread.ask({ kind: "removeDeletion", seq }));
    if (isRemoved) this.#deletions = this.#deletions.filter((each) => each.seq !== seq);
    return isRemoved;
  }

  /** Sequence number of the oldest batch that is not taken away; null when there is none. @throws StorageUnavailable */
  oldestSeq(): Promise<number | null> {
    return this.#asked(this.#thread.ask({ kind: "oldestSeq" }));
  }

  /** Null when it was never set. @throws StorageUnavailable */
  setting(name: string): Promise<string | null> {
    return this.#asked(this.#thread.ask({ kind: "setting", name }));
  }

  /** @throws StorageUnavailable */
  async setSetting(name: string, value: string): Promise<void> {
    await this.#asked(this.#thread.ask({ kind: "setSetting", name, value }));
  }

  /** Resolves once nothing waits for a commit. */
  settled(): Promise<void> {
    return this.#appends.settled();
  }

  /** Commits what is queued and closes the file. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends the journal's thread as a crash would; for tests. */
  crash(): Promise<void> {
    return this.#thread.crash();
  }

  async #close(): Promise<void> {
    await this.settled();
    await this.#thread.close();
  }

  #know(deletions: readonly Deletion[]): void {
    const known = new Set(this.#deletions.map(({ seq }) => seq));
    this.#deletions = deletions;
    for (const deletion of deletions) if (!known.has(deletion.seq)) this.#onDeletion(deletion);
  }

  #onRefused(error: unknown, bytes: number): StorageUnavailable {
    this.#refuse(`The journal cannot be written: ${(error as Error).message}.`, error);
    this.#bytesRefused = bytes;
    return new StorageUnavailable(this.#refusal, RETRY_AFTER_S, { cause: error });
  }

  #take(batch: EncodedBatch): void {
    this.#storedReadings += batch.rows;
    this.#storedBytes += batch.encoded.byteLength;
    this.#lastSeq = batch.seq;
    this.#recent.add(batch);
    this.#onCommitted(batch);
  }

  /** After the thread's end: batches may be in the file whose commit was never told of. Appends that are sent from here on come after them. */
  async #catchUp(opened: OpenedJournal): Promise<void> {
    try {
      const all = Number.MAX_SAFE_INTEGER;
      const deletions = this.#thread.ask({ kind: "deletions" });
      // Asked last: what follows it happens before any later commit is told of.
      const read = this.#thread.ask({ kind: "read", afterSeq: this.#lastSeq, readingsMax: all, throughSeq: all });
      this.#know(await deletions);
      const unheard = await read;
      this.#storedReadings = opened.readings - unheard.reduce((sum, { rows }) => sum + rows, 0);
      this.#storedBytes = opened.bytes - unheard.reduce((sum, { encoded }) => sum + encoded.byteLength, 0);
      for (const batch of unheard) this.#take(batch);
      this.#taken();
    } catch (error) {
      this.#refuse(`The journal cannot be read: ${(error as Error).message}.`, error);
    }
  }

  async #asked<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof BatchDamaged) throw error;
      throw new StorageUnavailable(`The journal does not answer: ${(error as Error).message}.`, RETRY_AFTER_S, {
        cause: error,
      });
    }
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
}
