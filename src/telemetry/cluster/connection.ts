import type { Clock } from "../../domain/clock.ts";
import { StartupError } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import { arrange } from "../arrange.ts";
import { ScaleHints } from "../decimal-scale.ts";
import { EngineRefused, type EngineState, EngineUnavailable } from "../engine.ts";
import type { EncodedBatch, SqlConnection, TouchedDays } from "../sql/connection.ts";
import { createReadingsTable } from "../sql/readings-table.ts";
import { createRollupTables } from "../sql/rollup-table.ts";
import type { ClusterAddress } from "./address.ts";
import { ClickHouseException, meaningOf } from "./answers.ts";
import { reasonOf } from "./away.ts";
import type { Capabilities } from "./capabilities.ts";
import { ClickHouseHttp, NoAnswer, NotClickHouse } from "./http.ts";
import { MUTATION, mutationsDone } from "./mutations.ts";
import { nativeInsert } from "./native-block.ts";
import { openDatabase, probe, type ServerSeen } from "./server-probe.ts";

/** Requests that may be under way or wait for a connection. */
const REQUESTS_MAX = 32;
/** A query that takes longer than this has failed, ms. */
export const ANSWER_MS_MAX = 60_000;
/** The same for an insert: one that touches a hundred years' partitions takes an old server seconds, and minutes when its machine is busy. */
export const INSERT_MS_MAX = 300_000;
/** The same for a statement that rewrites what is stored, ms. */
export const EXECUTE_MS_MAX = 600_000;
/** A question about the server itself, ms. */
const PROBE_MS_MAX = 5_000;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 2_000;
/** What is under way when the connection is closed may take this much longer, ms. */
const CLOSE_MS_MAX = 5_000;
/** Readings of one insert that writes again what a server may have lost. */
const REWRITE_READINGS_MAX = 1_000_000;

export interface ClusterConnectionOptions {
  readonly address: ClusterAddress;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * For a server that cannot put rows on stable storage: the batches after `afterSeq` that were inserted and that a power cut of its machine may
   * take back, in order; none at the end. They are inserted again when the server was restarted.
   */
  readonly held?: (afterSeq: number, readingsMax: number) => Promise<readonly EncodedBatch[]>;
  /** Called when the server was restarted and what was held has been inserted again, before anything is read. */
  readonly onRewritten?: () => void;
}

/** A ClickHouse server over HTTP, of version 18.16 or later. It is reconnected to for as long as it takes. */
export class ClusterConnection implements SqlConnection {
  readonly #options: ClusterConnectionOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #http: ClickHouseHttp;
  readonly #hints = new ScaleHints();
  readonly #closed = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  readonly #firstTry = Promise.withResolvers<void>();
  /** Inserts run one after another, in the order in which they came. */
  #lastInsert: Promise<unknown> = Promise.resolve();
  #seen: ServerSeen | null = null;
  #detail: string;
  /** Pending while it is being found out whether the server is there; requests wait for it. */
  #checking = Promise.withResolvers<void>();
  /** Resolves when there is a reason to look at the server again. */
  #doubt = Promise.withResolvers<void>();
  #isReady = false;
  #isChecking = true;
  /** Whether there was a reason for another look while the last one was under way. */
  #doubtsAgain = false;
  readonly #ended: Promise<void>;

  /** Begins to connect; `opened` says how the first try went. */
  constructor(options: ClusterConnectionOptions) {
    const { address, clock, log } = options;
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#detail = `The ClickHouse server at ${address.origin} is being connected to.`;
    this.#firstTry.promise.catch(() => {});
    this.#http = new ClickHouseHttp(address, clock, () => this.#disconnected());
    this.#ended = this.#stayConnected();
  }

  /**
   * Resolves once the server has answered or is found to be away, which is no reason not to start.
   * @throws StartupError when the server answers and the set-up is wrong: who asks is not let in, or may not have the tables.
   */
  opened(): Promise<void> {
    return this.#firstTry.promise;
  }

  /** Null until the server was there. */
  get capabilities(): Capabilities | null {
    return this.#seen?.capabilities ?? null;
  }

  insert(batches: readonly EncodedBatch[]): Promise<TouchedDays> {
    const inserted = this.#lastInsert.then(() => this.#ask(() => this.#insert(batches)));
    this.#lastInsert = inserted.catch(() => {});
    return inserted;
  }

  query(sql: string): Promise<Uint8Array> {
    return this.#ask(({ query }) => this.#run(sql, { ...query, default_format: "RowBinary" }, ANSWER_MS_MAX));
  }

  async execute(sql: string): Promise<void> {
    await this.#ask(async ({ execute, waitsForMutations }) => {
      await this.#run(sql, execute, EXECUTE_MS_MAX);
      const table = waitsForMutations ? undefined : MUTATION.exec(sql)?.[1];
      if (table === undefined) return;
      const select = (text: string) => this.#run(text, {}, PROBE_MS_MAX);
      await mutationsDone(table, select, this.#clock, EXECUTE_MS_MAX, this.#closed.signal);
    });
  }

  state(): EngineState {
    return { ready: this.#isReady, detail: this.#isReady ? "" : this.#detail };
  }

  /** Asks the server whether it is still the same that it was. @throws EngineUnavailable */
  async confirm(): Promise<void> {
    this.#doubts();
    await this.#ask(async () => {});
  }

  async close(): Promise<void> {
    if (!this.#closed.signal.aborted) {
      this.#closed.abort();
      const over = new AbortController();
      const tooLate = this.#clock.sleepUntil(this.#clock.monotonicMs() + CLOSE_MS_MAX, over.signal).catch(() => {});
      await Promise.race([Promise.allSettled(this.#running), tooLate]);
      over.abort();
      this.#isReady = false;
      this.#detail = "The telemetry engine is closed.";
      this.#doubt.resolve();
      await this.#http.close();
    }
    await this.#ended;
  }

  async #insert(batches: readonly EncodedBatch[]): Promise<TouchedDays> {
    const rows = arrange(batches, this.#hints);
    const insert = nativeInsert(rows);
    await this.#http.run({
      ...insert,
      parameters: { ...this.#seen?.capabilities.insert, database: this.#options.address.database },
      answerMsMax: INSERT_MS_MAX,
    });
    return rows.touched;
  }

  #run(sql: string, settings: Readonly<Record<string, string>>, answerMsMax: number): Promise<Uint8Array> {
    return this.#http.run({ sql, parameters: { ...settings, database: this.#options.address.database }, answerMsMax });
  }

  /** Waits until it is known whether the server is there, then asks it; errors become those of the port. */
  async #ask<T>(request: (capabilities: Capabilities) => Promise<T>): Promise<T> {
    if (this.#closed.signal.aborted) throw new EngineUnavailable("The telemetry engine is closing.");
    if (this.#running.size >= REQUESTS_MAX) throw new EngineUnavailable("The telemetry engine is overloaded.");
    const asked = this.#checking.promise.then(() => {
      if (!this.#isReady || !this.#seen) throw new EngineUnavailable(this.#detail);
      return request(this.#seen.capabilities);
    });
    this.#running.add(asked);
    try {
      return await asked;
    } catch (error) {
      throw this.#portError(error);
    } finally {
      this.#running.delete(asked);
    }
  }

  #portError(error: unknown): unknown {
    if (error instanceof NoAnswer || error instanceof NotClickHouse) {
      this.#doubts();
      return error;
    }
    if (!(error instanceof ClickHouseException)) return error;
    const meaning = meaningOf(error.code);
    if (meaning === "refused" || meaning === "not-allowed") return new EngineRefused(error.message);
    if (meaning === "gone" && this.#seen) this.#seen = { ...this.#seen, isPrepared: false };
    if (meaning !== "passes") this.#doubts();
    return new EngineUnavailable(error.message);
  }

  /** A connection that ends may be the end of a server; one that loses nothing shows it with the next request. */
  #disconnected(): void {
    if (this.#seen?.capabilities.syncs === false) this.#doubts();
  }

  /** Requests wait from now on until the server has answered again, or has not. */
  #doubts(): void {
    if (!this.#isReady || this.#closed.signal.aborted) return;
    if (this.#isChecking) {
      this.#doubtsAgain = true;
      return;
    }
    this.#isChecking = true;
    this.#checking = Promise.withResolvers();
    this.#doubt.resolve();
  }

  async #stayConnected(): Promise<void> {
    let failures = 0;
    while (!this.#closed.signal.aborted) {
      this.#doubt = Promise.withResolvers();
      try {
        await this.#connect();
        this.#becomeReady(failures);
        failures = 0;
        await this.#doubt.promise;
      } catch (error) {
        this.#becomeAway(error, failures++);
        const delayMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(failures, 10));
        await this.#clock.sleepUntil(this.#clock.monotonicMs() + delayMs, this.#closed.signal).catch(() => {});
      }
    }
    this.#firstTry.resolve();
    this.#checking.resolve();
  }

  async #connect(): Promise<void> {
    const { address } = this.#options;
    const before = this.#seen;
    const select = (sql: string) => this.#http.run({ sql, parameters: {}, answerMsMax: PROBE_MS_MAX });
    const seen = await probe(select, before, this.#clock);
    if (!seen.isPrepared) {
      await openDatabase(address, select);
      const { table } = seen.capabilities;
      for (const sql of [createReadingsTable(table), ...createRollupTables(table)]) {
        await this.#run(sql, {}, ANSWER_MS_MAX);
      }
    }
    this.#seen = { ...seen, isPrepared: true };
    if (before && seen.isRestarted && !seen.capabilities.syncs) await this.#rewriteHeld();
  }

  /** What was inserted shortly before the server was restarted may not have reached its disk. */
  async #rewriteHeld(): Promise<void> {
    for (let afterSeq = 0; ; ) {
      const batches = (await this.#options.held?.(afterSeq, REWRITE_READINGS_MAX)) ?? [];
      const last = batches.at(-1);
      if (!last) break;
      await this.#insert(batches);
      afterSeq = last.seq;
    }
    this.#options.onRewritten?.();
  }

  #becomeReady(failures: number): void {
    const { origin } = this.#options.address;
    if (failures > 0) this.#log.info({ server: origin }, "The ClickHouse server answers again.");
    this.#isReady = true;
    this.#detail = "";
    this.#firstTry.resolve();
    this.#checked();
  }

  #becomeAway(error: unknown, failures: number): void {
    const { detail, isSetup } = reasonOf(error, this.#options.address);
    if (this.#closed.signal.aborted) return;
    // A start that stops says itself why.
    const isTold = isSetup && !this.#seen;
    if (!isTold && (failures === 0 || detail !== this.#detail)) {
      this.#log.warn({ server: this.#options.address.origin }, detail);
    }
    this.#isReady = false;
    this.#detail = detail;
    if (isSetup) this.#firstTry.reject(new StartupError(detail, { cause: error }));
    else this.#firstTry.resolve();
    this.#checked();
  }

  #checked(): void {
    this.#isChecking = false;
    this.#checking.resolve();
    const doubtsAgain = this.#doubtsAgain;
    this.#doubtsAgain = false;
    if (doubtsAgain) this.#doubts();
  }
}
