import { mkdirSync } from "node:fs";
import type { Clock } from "../../domain/clock.ts";
import { StartupError } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import { EngineRefused, type EngineState, EngineUnavailable } from "../engine.ts";
import type { EncodedBatch, SqlConnection, TouchedDays } from "../sql/connection.ts";
import { framePieces } from "./insert-frames.ts";
import type { EngineAnswer, EngineMessage, EngineRequest } from "./messages.ts";
import { type EngineProcess, startEngineProcess } from "./process.ts";

/** Requests that may be under way. Few, since the last in the queue must be answered within `ANSWER_MS_MAX` of being sent. */
const REQUESTS_MAX = 32;
/** An engine that takes longer than this for one request hangs, and is replaced. Ms. */
const ANSWER_MS_MAX = 60_000;
/** How often a process may die before it was ever ready. */
const STARTS_MAX = 3;
const RESTART_FIRST_MS = 50;
const RESTART_MAX_MS = 1_000;
/** A process that has lived this long has its earlier deaths forgiven, ms. */
const STEADY_MS = 30_000;
/** How long a start waits for a folder that another process still holds, ms: the engine of a server that was killed a moment ago. */
const LOCK_WAIT_MS = 2_500;
/** What the engine prints when its folder is locked: ClickHouse's error code CANNOT_OPEN_FILE. */
const LOCKED = /Code: 76\b/;
const CLOSE_MS_MAX = 5_000;
/** The end of what the process printed that is kept for an error's one line, characters. */
const PRINTED_CHARS_MAX = 4_000;
const REASON_CHARS_MAX = 300;

export interface EmbeddedOptions {
  /** The engine's own folder; made when it is not there. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
}

interface OpenRequest {
  readonly answered: PromiseWithResolvers<EngineAnswer>;
  readonly timer: AbortController;
}

/** chDB in a process of its own, which is started again whenever it dies. */
export class EmbeddedConnection implements SqlConnection {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #firstReady = Promise.withResolvers<void>();
  readonly #requests = new Map<number, OpenRequest>();
  readonly #closed = new AbortController();
  #process: EngineProcess | null = null;
  #exited: Promise<void> = Promise.resolve();
  #ready = false;
  #wasReady = false;
  #readySinceMs = 0;
  readonly #startedMs: number;
  #deaths = 0;
  #lastId = 0;
  #printed = "";
  /** Whether the last process ended because of failed writes, and none has opened the folder since. */
  #writesFailed = false;
  #failure = "";

  /** Starts the process; `opened` says how that went. @throws StartupError when the folder cannot be made. */
  constructor(options: EmbeddedOptions) {
    this.#directory = options.directory;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#startedMs = this.#clock.monotonicMs();
    // Whoever does not ask how the start went learns it from the requests.
    this.#firstReady.promise.catch(() => {});
    try {
      mkdirSync(this.#directory, { recursive: true });
    } catch (error) {
      throw new StartupError(`The folder ${this.#directory} cannot be made: ${(error as Error).message}.`, {
        cause: error,
      });
    }
    this.#spawn();
  }

  /** Resolves when the engine answers for the first time. @throws StartupError when it never will. */
  opened(): Promise<void> {
    return this.#firstReady.promise;
  }

  /** The engine's process, for measuring and for tests of its death; undefined while there is none. */
  get processId(): number | undefined {
    return this.#process?.child.pid;
  }

  async insert(batches: readonly EncodedBatch[]): Promise<TouchedDays> {
    // The process answers an insert with days, a query with bytes.
    return (await this.#ask((id, { inserts }) => {
      inserts.cork();
      for (const piece of framePieces(id, batches)) inserts.write(piece);
      inserts.uncork();
    })) as TouchedDays;
  }

  async query(sql: string): Promise<Uint8Array> {
    return (await this.#ask((id, { child }) =>
      child.send({ kind: "query", id, sql } satisfies EngineRequest),
    )) as Uint8Array;
  }

  async execute(sql: string): Promise<void> {
    await this.#ask((id, { child }) => child.send({ kind: "execute", id, sql } satisfies EngineRequest));
  }

  state(): EngineState {
    if (this.#ready) return { ready: true, detail: "" };
    return {
      ready: false,
      detail: this.#wasReady ? "The telemetry engine is restarting." : "The telemetry engine is starting.",
    };
  }

  async close(): Promise<void> {
    const child = this.#process?.child;
    if (!this.#closed.signal.aborted) {
      this.#closed.abort();
      if (this.#ready) this.#process?.inserts.end();
      else child?.kill("SIGKILL");
    }
    const cut = new AbortController();
    const tooLate = this.#clock.sleepUntil(this.#clock.monotonicMs() + CLOSE_MS_MAX, cut.signal).then(
      () => child?.kill("SIGKILL"),
      () => {},
    );
    await Promise.race([this.#exited, tooLate]);
    cut.abort();
    await this.#exited;
  }

  #ask(send: (id: number, to: EngineProcess) => void): Promise<EngineAnswer> {
    const to = this.#process;
    if (!to || !this.#ready || this.#closed.signal.aborted) {
      return Promise.reject(new EngineUnavailable(this.state().detail || "The telemetry engine is closing."));
    }
    if (this.#requests.size >= REQUESTS_MAX)
      return Promise.reject(new EngineUnavailable("The telemetry engine is overloaded."));
    const id = ++this.#lastId;
    const open = { answered: Promise.withResolvers<EngineAnswer>(), timer: new AbortController() };
    this.#requests.set(id, open);
    send(id, to);
    this.#clock.sleepUntil(this.#clock.monotonicMs() + ANSWER_MS_MAX, open.timer.signal).then(
      () => {
        this.#log.error({ afterMs: ANSWER_MS_MAX }, "The telemetry engine hangs and is replaced.");
        to.child.kill("SIGKILL");
      },
      () => {},
    );
    return open.answered.promise;
  }

  #spawn(): void {
    this.#printed = "";
    this.#failure = "";
    const started = startEngineProcess(this.#directory, this.#writesFailed);
    const { child, inserts } = started;
    this.#process = started;
    // Its process has ended, which is told of below.
    inserts.on("error", () => {});
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#printed = (this.#printed + text).slice(-PRINTED_CHARS_MAX);
    });
    child.on("message", (message) => this.#receive(message as EngineMessage));
    const exited = Promise.withResolvers<void>();
    this.#exited = exited.promise;
    let gone = false;
    const onGone = (how: string): void => {
      if (gone) return;
      gone = true;
      this.#onExit(how);
      exited.resolve();
    };
    // "close" comes after "exit", when all that was printed has been read; "error" when there never was a process.
    child.on("close", (code, signal) => onGone(signal ?? `exit code ${code}`));
    child.on("error", (error) => {
      if (child.pid === undefined) onGone(error.message);
    });
  }

  #receive(message: EngineMessage): void {
    switch (message.kind) {
      case "ready":
        this.#ready = true;
        this.#wasReady = true;
        this.#readySinceMs = this.#clock.monotonicMs();
        this.#writesFailed = false;
        this.#firstReady.resolve();
        break;
      case "write-failed":
        if (!this.#writesFailed) {
          this.#log.error(
            { reason: message.message },
            "The telemetry engine's disk failed; it begins afresh and writes again.",
          );
        }
        this.#writesFailed = true;
        break;
      case "failed":
        this.#failure = message.message;
        break;
      case "answer":
        this.#settle(message.id)?.resolve(message.answer);
        break;
      case "refusal":
        this.#settle(message.id)?.reject(new EngineRefused(shortReason(message.message)));
        break;
    }
  }

  #settle(id: number): PromiseWithResolvers<EngineAnswer> | undefined {
    const open = this.#requests.get(id);
    this.#requests.delete(id);
    open?.timer.abort();
    return open?.answered;
  }

  #onExit(how: string): void {
    const wasSteady = this.#ready && this.#clock.monotonicMs() - this.#readySinceMs > STEADY_MS;
    this.#deaths = wasSteady ? 1 : this.#deaths + 1;
    this.#ready = false;
    this.#process = null;
    for (const id of [...this.#requests.keys()]) {
      this.#settle(id)?.reject(new EngineUnavailable("The telemetry engine ended while it was at work."));
    }
    if (this.#closed.signal.aborted) {
      this.#firstReady.reject(new EngineUnavailable("The telemetry engine was closed."));
      return;
    }
    const reason = shortReason(this.#printed || this.#failure || how);
    if (!this.#wasReady && this.#isHopeless()) {
      this.#closed.abort();
      this.#firstReady.reject(
        new StartupError(
          `The telemetry engine cannot open ${this.#directory} (${reason}): it is damaged or still in use; restore it from a backup, or free it.`,
        ),
      );
      return;
    }
    if (this.#wasReady)
      this.#log.warn({ how, reason, deaths: this.#deaths }, "The telemetry engine ended and is started again.");
    else this.#log.debug({ how, reason }, "The telemetry engine could not start and is started again.");
    void this.#restart();
  }

  /** Whether a process that was never ready will not be so the next time either. */
  #isHopeless(): boolean {
    if (LOCKED.test(this.#printed)) return this.#clock.monotonicMs() - this.#startedMs > LOCK_WAIT_MS;
    return this.#failure !== "" || this.#deaths >= STARTS_MAX;
  }

  async #restart(): Promise<void> {
    const delayMs = this.#wasReady
      ? Math.min(RESTART_MAX_MS, RESTART_FIRST_MS * (2 ** (this.#deaths - 1) - 1))
      : RESTART_FIRST_MS;
    await this.#clock.sleepUntil(this.#clock.monotonicMs() + delayMs, this.#closed.signal).catch(() => {});
    if (!this.#closed.signal.aborted) this.#spawn();
  }
}

/** The engine's own words as one line without its inner addresses. */
function shortReason(text: string): string {
  const lastError = text.slice(Math.max(0, text.lastIndexOf("Code: ")));
  return lastError.replaceAll(/\s+/g, " ").trim().slice(0, REASON_CHARS_MAX);
}
