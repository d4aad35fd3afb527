import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../domain/clock.ts";
import { InvalidInput, StartupError } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import {
  EngineRefused,
  type EngineState,
  EngineUnavailable,
  type ReadingEngine,
  type VersionedReadings,
} from "../engine.ts";
import { rawPageOf, stepsOf } from "../row-binary.ts";
import { selectRaw, selectSteps } from "../sql.ts";
import { type RawPage, type RawQuery, STEP_ROWS_MAX, type StepColumns, type StepsQuery } from "../store.ts";
import type { EngineMessage, EngineRequest } from "./messages.ts";

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

/** The compiled package holds JavaScript, the checkout TypeScript. */
const CHILD_FILE = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./child.ts" : "./child.js", import.meta.url),
);
/** It keeps no objects of its own to speak of, and its helper threads have nothing to do. */
const NODE_FLAGS = [
  "--max-semi-space-size=1",
  "--max-old-space-size=256",
  "--v8-pool-size=1",
  "--expose-gc",
  "--disable-warning=ExperimentalWarning",
];
/** All of its environment: it needs none of the server's, least of all its secrets. glibc gives the pieces of large messages back. */
const ENVIRONMENT = {
  MALLOC_ARENA_MAX: "2",
  MALLOC_MMAP_THRESHOLD_: "32768",
  MALLOC_TRIM_THRESHOLD_: "131072",
};

export interface EmbeddedEngineOptions {
  /** The engine's own folder; made when it is not there. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
}

interface OpenRequest {
  readonly answered: PromiseWithResolvers<Uint8Array>;
  readonly timer: AbortController;
}

/** chDB in a process of its own, which is started again whenever it dies. */
export class EmbeddedEngine implements ReadingEngine {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #firstReady = Promise.withResolvers<void>();
  readonly #requests = new Map<number, OpenRequest>();
  readonly #closed = new AbortController();
  #child: ChildProcess | null = null;
  #exited: Promise<void> = Promise.resolve();
  #ready = false;
  #wasReady = false;
  #readySinceMs = 0;
  readonly #startedMs: number;
  #deaths = 0;
  #lastId = 0;
  #printed = "";
  #failure = "";

  /** Starts the process; `opened` says how that went. @throws StartupError when the folder cannot be made. */
  constructor(options: EmbeddedEngineOptions) {
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
    return this.#child?.pid;
  }

  async insert(rows: VersionedReadings): Promise<void> {
    await this.#ask((id) => ({ kind: "insert", id, rows }));
  }

  async readRaw(query: RawQuery): Promise<RawPage> {
    const sql = selectRaw(query);
    return rawPageOf(await this.#ask((id) => ({ kind: "query", id, sql })), query.limit);
  }

  async readSteps(query: StepsQuery): Promise<StepColumns> {
    const sql = selectSteps(query, STEP_ROWS_MAX);
    const steps = stepsOf(await this.#ask((id) => ({ kind: "query", id, sql })));
    if (steps.length <= STEP_ROWS_MAX) return steps;
    throw new InvalidInput([{ path: "", message: `the answer would hold more than ${STEP_ROWS_MAX} steps` }]);
  }

  state(): EngineState {
    if (this.#ready) return { ready: true, detail: "" };
    return {
      ready: false,
      detail: this.#wasReady ? "The telemetry engine is restarting." : "The telemetry engine is starting.",
    };
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (!this.#closed.signal.aborted) {
      this.#closed.abort();
      if (child && this.#ready) child.send({ kind: "close" } satisfies EngineRequest);
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

  #ask(request: (id: number) => EngineRequest): Promise<Uint8Array> {
    const child = this.#child;
    if (!child || !this.#ready || this.#closed.signal.aborted) {
      return Promise.reject(new EngineUnavailable(this.state().detail || "The telemetry engine is closing."));
    }
    if (this.#requests.size >= REQUESTS_MAX)
      return Promise.reject(new EngineUnavailable("The telemetry engine is overloaded."));
    const id = ++this.#lastId;
    const open = { answered: Promise.withResolvers<Uint8Array>(), timer: new AbortController() };
    this.#requests.set(id, open);
    child.send(request(id));
    this.#clock.sleepUntil(this.#clock.monotonicMs() + ANSWER_MS_MAX, open.timer.signal).then(
      () => {
        this.#log.error({ afterMs: ANSWER_MS_MAX }, "The telemetry engine hangs and is replaced.");
        child.kill("SIGKILL");
      },
      () => {},
    );
    return open.answered.promise;
  }

  #spawn(): void {
    this.#printed = "";
    this.#failure = "";
    const child = fork(CHILD_FILE, [this.#directory], {
      execArgv: NODE_FLAGS,
      env: ENVIRONMENT,
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child = child;
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
        this.#firstReady.resolve();
        break;
      case "failed":
        this.#failure = message.message;
        break;
      case "answer":
        this.#settle(message.id)?.resolve(message.bytes);
        break;
      case "refusal":
        this.#settle(message.id)?.reject(new EngineRefused(shortReason(message.message)));
        break;
    }
  }

  #settle(id: number): PromiseWithResolvers<Uint8Array> | undefined {
    const open = this.#requests.get(id);
    this.#requests.delete(id);
    open?.timer.abort();
    return open?.answered;
  }

  #onExit(how: string): void {
    const wasSteady = this.#ready && this.#clock.monotonicMs() - this.#readySinceMs > STEADY_MS;
    this.#deaths = wasSteady ? 1 : this.#deaths + 1;
    this.#ready = false;
    this.#child = null;
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
