import { Worker } from "node:worker_threads";
import type { Clock } from "../../domain/clock.ts";
import { StartupError } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import { BatchDamaged } from "./batch-codec.ts";
import type {
  JournalAnswers,
  JournalMessage,
  JournalRequest,
  JournalThreadOptions,
  NumberedRequest,
  OpenedJournal,
} from "./messages.ts";

/** The compiled package holds JavaScript, the checkout TypeScript. */
const WORKER_FILE = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

/** Between the end of a thread and the start of the next, ms. */
const REOPEN_MS = 1_000;

/** The thread has ended, and with it every request that was under way: whether they were carried out is not known. */
export class JournalThreadEnded extends Error {
  override readonly name = "JournalThreadEnded";
}

interface OpenRequest {
  readonly kind: JournalRequest["kind"];
  readonly answered: PromiseWithResolvers<JournalAnswers[JournalRequest["kind"]]>;
}

export interface JournalThreadCallbacks {
  readonly clock: Clock;
  readonly log: Log;
  /** The thread had ended and is there again, with the file as it is now; nothing has been asked of it yet. */
  readonly onReopened: (opened: OpenedJournal) => void;
}

/**
 * The journal's file in a thread of its own: requests are carried out in the order in which they were asked.
 * A thread that ends, which only a fault of the program or a lack of memory can bring about, is started again.
 */
export class JournalThread {
  readonly #options: JournalThreadOptions;
  readonly #callbacks: JournalThreadCallbacks;
  readonly #firstOpened = Promise.withResolvers<OpenedJournal>();
  readonly #requests = new Map<number, OpenRequest>();
  readonly #closed = new AbortController();
  #worker: Worker | null = null;
  #ended: Promise<void> = Promise.resolve();
  #wasOpen = false;
  #isOpen = false;
  #failure = "";
  #lastId = 0;

  /** Starts the thread; `opened` says how that went. */
  constructor(options: JournalThreadOptions, callbacks: JournalThreadCallbacks) {
    this.#options = options;
    this.#callbacks = callbacks;
    this.#firstOpened.promise.catch(() => {});
    this.#start();
  }

  /** Resolves when the file is open for the first time. @throws StartupError when it is in use, damaged or cannot be opened. */
  opened(): Promise<OpenedJournal> {
    return this.#firstOpened.promise;
  }

  /** @throws JournalThreadEnded, BatchDamaged, or an Error with SQLite's words */
  ask<K extends JournalRequest["kind"]>(
    request: Extract<JournalRequest, { kind: K }>,
    buffers: readonly ArrayBuffer[] = [],
  ): Promise<JournalAnswers[K]> {
    if (!this.#worker || !this.#isOpen) return Promise.reject(this.#whyEnded());
    const id = ++this.#lastId;
    const answered = Promise.withResolvers<JournalAnswers[JournalRequest["kind"]]>();
    this.#requests.set(id, { kind: request.kind, answered });
    this.#worker.postMessage({ id, request } satisfies NumberedRequest, buffers);
    // The thread answers each request with what its kind calls for.
    return answered.promise as Promise<JournalAnswers[K]>;
  }

  /** Closes the file once everything that was asked has been answered. Idempotent. */
  async close(): Promise<void> {
    if (!this.#closed.signal.aborted) {
      this.#closed.abort();
      await this.ask({ kind: "close" }).catch(() => {});
    }
    await this.#ended;
  }

  /** Ends the thread as a crash would; for tests. */
  async crash(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): void {
    this.#failure = "";
    const worker = new Worker(WORKER_FILE, { workerData: this.#options, name: "kilowatch journal" });
    this.#worker = worker;
    const ended = Promise.withResolvers<void>();
    this.#ended = ended.promise;
    worker.on("message", (message) => this.#receive(message as JournalMessage));
    worker.on("error", (error) => {
      this.#failure = (error as Error).message;
    });
    worker.on("exit", () => {
      this.#onExit();
      ended.resolve();
    });
  }

  #receive(message: JournalMessage): void {
    switch (message.kind) {
      case "opened":
        this.#isOpen = true;
        if (this.#wasOpen) this.#callbacks.onReopened(message.opened);
        this.#wasOpen = true;
        this.#firstOpened.resolve(message.opened);
        break;
      case "unopened":
        this.#failure = message.message;
        this.#firstOpened.reject(new StartupError(message.message));
        break;
      case "answer":
        this.#settle(message.id)?.resolve(message.answer);
        break;
      case "failure":
        this.#settle(message.id)?.reject(
          message.isDamage ? new BatchDamaged(message.message) : new Error(message.message),
        );
        break;
    }
  }

  #settle(id: number): OpenRequest["answered"] | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request?.answered;
  }

  #onExit(): void {
    this.#worker = null;
    this.#isOpen = false;
    this.#firstOpened.reject(this.#whyEnded());
    for (const id of [...this.#requests.keys()]) this.#settle(id)?.reject(this.#whyEnded());
    if (!this.#wasOpen || this.#closed.signal.aborted) return;
    this.#callbacks.log.error({ reason: this.#failure }, "The journal's thread ended and is started again.");
    void this.#restart();
  }

  async #restart(): Promise<void> {
    const { clock } = this.#callbacks;
    await clock.sleepUntil(clock.monotonicMs() + REOPEN_MS, this.#closed.signal).catch(() => {});
    if (!this.#closed.signal.aborted) this.#start();
  }

  #whyEnded(): JournalThreadEnded {
    return new JournalThreadEnded(this.#failure || "the journal's thread has ended");
  }
}
