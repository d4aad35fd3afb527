import type { StorageUnavailable } from "../../domain/errors.ts";
import type { ReadingColumns } from "../../domain/reading.ts";
import type { EncodedBatch } from "../sql/connection.ts";
import { tracePoint } from "../trace.ts";
import { encodedBytes, encodeUnsealed } from "./batch-codec.ts";
import type { JournalThread } from "./journal-thread.ts";
import type { UnnumberedBatch } from "./messages.ts";

export interface AppendQueueOptions {
  readonly thread: JournalThread;
  /** The batches are on stable storage; called before their appends resolve. Must not throw. */
  readonly onCommitted: (batches: readonly EncodedBatch[]) => void;
  /** Batches of so many bytes were refused; answers what their senders are told. */
  readonly onRefused: (error: unknown, bytes: number) => StorageUnavailable;
}

interface QueuedBatch extends UnnumberedBatch {
  readonly committed: PromiseWithResolvers<void>;
}

/** Batches on their way to stable storage. What arrives in one turn of the loop goes to the journal's thread in one message. */
export class AppendQueue {
  readonly #options: AppendQueueOptions;
  readonly #underway = new Set<Promise<void>>();
  #queue: QueuedBatch[] = [];
  #readings = 0;
  #bytes = 0;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  /** Readings that wait for their commit. */
  get readings(): number {
    return this.#readings;
  }

  /** Their bytes as batches. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a copy of a batch. Resolves once it is on stable storage. @throws what `onRefused` answers */
  push(columns: ReadingColumns, receivedAtMs: number): Promise<void> {
    tracePoint("journal.append");
    const committed = Promise.withResolvers<void>();
    this.#queue.push({ encoded: encodeUnsealed(columns), rows: columns.length, receivedAtMs, committed });
    this.#readings += columns.length;
    this.#bytes += encodedBytes(columns.length);
    if (this.#queue.length === 1) setImmediate(() => this.send());
    return committed.promise;
  }

  /** Sends what waits, at once. */
  send(): void {
    if (this.#queue.length === 0) return;
    const sent = this.#commit(this.#queue).finally(() => this.#underway.delete(sent));
    this.#underway.add(sent);
    this.#queue = [];
  }

  /** Resolves once nothing waits for its commit. */
  async settled(): Promise<void> {
    this.send();
    while (this.#underway.size > 0) await Promise.all(this.#underway);
  }

  async #commit(queued: readonly QueuedBatch[]): Promise<void> {
    const { thread, onCommitted, onRefused } = this.#options;
    // Once they are sent, the batches' buffers belong to the thread, and their size is lost.
    const bytes = queued.reduce((sum, { rows }) => sum + encodedBytes(rows), 0);
    try {
      const batches = queued.map(({ encoded, rows, receivedAtMs }) => ({ encoded, rows, receivedAtMs }));
      const buffers = batches.map(({ encoded }) => encoded.buffer);
      const committed = await thread.ask({ kind: "append", batches }, buffers);
      tracePoint("journal.committed");
      onCommitted(committed);
      for (const batch of queued) batch.committed.resolve();
    } catch (error) {
      const refused = onRefused(error, bytes);
      for (const batch of queued) batch.committed.reject(refused);
    }
    this.#readings -= queued.reduce((sum, { rows }) => sum + rows, 0);
    this.#bytes -= bytes;
  }
}
