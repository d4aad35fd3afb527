import type { Clock } from "../../domain/clock.ts";
import type { Log } from "../../domain/log.ts";
import { EngineRefused, EngineUnavailable } from "../engine.ts";
import { type HorizonView, KEEPS_ALL_ALWAYS } from "../lifecycle/horizon.ts";
import { readRows } from "../row-binary.ts";
import type { SqlConnection, TouchedDays } from "../sql/connection.ts";
import type { HiddenReadings } from "../sql/hidden.ts";
import {
  countRolledDays,
  emptyBuckets,
  emptyHiddenBuckets,
  rollUp,
  rollWider,
  selectDays,
  selectLastVersion,
  selectRolledDays,
  selectSeries,
} from "../sql/roll-up.ts";
import { tracePoint } from "../trace.ts";
import { DAY_MS, dayOf, inStatements, pairsWhere, windowsOfPairs } from "./days.ts";
import type { DirtyDays, DirtyPiece } from "./dirty-days.ts";
import { WHOLE_SERIES } from "./dirty-days.ts";
import type { RollupLedger } from "./ledger.ts";

/** A day is rolled up once nothing was written to it for this long, ms. */
export const QUIET_MS = 60_000;
/** The present UTC day (and any later one) is rolled up once nothing was written to it for this long, ms: live series go on. */
export const PRESENT_QUIET_MS = 3_600_000;
/** Readings that may wait for the engine while a piece is begun: beyond, the engine has more urgent things to do. */
export const PENDING_READINGS_MAX = 200_000;
/** (series, day) pairs of one piece, at most. */
export const PIECE_PAIRS_MAX = 4_096;
/** Unless the engine refuses so many: below, what each piece costs by itself is most of it. */
const PIECE_PAIRS_MIN = 32;
/** Pieces grow and shrink so that one takes about this long, ms. */
const PIECE_MS_AIM = 500;
/** Pause between looking for quiet days when there were none, ms. */
const IDLE_MS = 10_000;
/** Pause when the engine or the load does not allow it, ms. */
const YIELD_MS = 1_000;
/** Pause after what could not be rolled up at all, ms. */
const REFUSED_MS = 60_000;
/** The ledger's setting that says that its dirty days are all of this engine's. */
const ADOPTED = "rollups";

/** What rolling up needs beside the engine. */
export interface RollupParts {
  readonly dirtyDays: DirtyDays;
  readonly ledger: RollupLedger;
  /** Readings that are deleted and not yet gone. */
  readonly hidden: () => readonly HiddenReadings[];
  /** From when on there are readings to roll up; from ever unless told. */
  readonly horizons?: HorizonView;
  /** Readings acked and not yet in the engine. */
  readonly pendingReadings: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RollerCallbacks {
  /** It is known which days are dirty: from here on, rollups of the others are true. */
  readonly onReady: () => void;
  /** Nothing is quiet enough to be rolled up, for the first time or after something was. */
  readonly onIdle?: () => void;
}

type RollerConnection = Pick<SqlConnection, "query" | "execute" | "state">;

/**
 * Rolls quiet days up in the background, in bounded pieces and at most half of the time, beside inserts and queries. Whatever is written to
 * a day while it is rolled up leaves it dirty. A crash at any point leaves days dirty that were rolled up, which costs their rolling up again.
 */
export class Roller {
  readonly #connection: RollerConnection;
  readonly #parts: RollupParts;
  readonly #callbacks: RollerCallbacks;
  readonly #stopped = new AbortController();
  #running: Promise<void> | null = null;
  #piecePairs = PIECE_PAIRS_MIN;
  /** 0 until it was asked for. */
  #version = 0;
  #isAdopted = false;
  #wasIdle = false;
  /** One piece at a time: two could write the same buckets in another order than their versions. */
  #lastPiece: Promise<unknown> = Promise.resolve();

  constructor(connection: RollerConnection, parts: RollupParts, callbacks: RollerCallbacks) {
    this.#connection = connection;
    this.#parts = parts;
    this.#callbacks = callbacks;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Lets the piece under way end. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
    await this.#lastPiece.catch(() => {});
  }

  /** Rolls up everything, quiet or not. @throws EngineUnavailable, EngineRefused */
  rollAll(): Promise<void> {
    return this.rollBefore(Infinity);
  }

  /** Rolls up all days before one, quiet or not. @throws EngineUnavailable, EngineRefused */
  async rollBefore(beforeDay: number): Promise<void> {
    const everything = { touchedBeforeMs: Infinity, presentDay: Infinity, presentTouchedBeforeMs: Infinity, beforeDay };
    while ((await this.#rollSome(everything)) > 0);
  }

  /** Runs work between two pieces: nothing is rolled up meanwhile. */
  between<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lastPiece.catch(() => {}).then(work);
    this.#lastPiece = done;
    return done;
  }

  async #run(): Promise<void> {
    const { clock } = this.#parts;
    while (!this.#stopped.signal.aborted) {
      const pauseMs = await this.#turn();
      await clock.sleepUntil(clock.monotonicMs() + pauseMs, this.#stopped.signal).catch(() => {});
    }
  }

  /** Rolls up to one piece up, and says how long to rest then, ms. */
  async #turn(): Promise<number> {
    const { clock, log, pendingReadings } = this.#parts;
    if (!this.#connection.state().ready || !this.#horizons.isKnown) return YIELD_MS;
    const startedMs = clock.monotonicMs();
    const rule = {
      touchedBeforeMs: startedMs - QUIET_MS,
      presentDay: dayOf(clock.nowMs()),
      presentTouchedBeforeMs: startedMs - PRESENT_QUIET_MS,
    };
    try {
      // Queries wait for this to read rollups at all, so that it does not wait for a quiet moment.
      if (!this.#isAdopted) await this.#adopt();
      if (pendingReadings() > PENDING_READINGS_MAX) return YIELD_MS;
      const isIdle = (await this.#rollSome(rule)) === 0;
      if (isIdle && !this.#wasIdle) this.#callbacks.onIdle?.();
      this.#wasIdle = isIdle;
      return isIdle ? IDLE_MS : clock.monotonicMs() - startedMs;
    } catch (error) {
      if (error instanceof EngineUnavailable) return YIELD_MS;
      if (!(error instanceof EngineRefused)) log.error({ err: error }, "days could not be rolled up");
      else if (this.#piecePairs > 1) {
        this.#piecePairs = 1;
        return YIELD_MS;
      } else log.warn({ err: error }, "the engine refuses to roll days up; queries read them from the readings");
      return REFUSED_MS;
    }
  }

  /**
   * Makes sure that the dirty days are all of them: a journal that never saw this engine's rollups (it is new, or older than they are)
   * knows nothing of what was changed since, so every series counts as changed. @throws EngineUnavailable
   */
  async #adopt(): Promise<void> {
    if (this.#isAdopted) return;
    const { dirtyDays, ledger } = this.#parts;
    if ((await ledger.setting(ADOPTED)) === null) {
      const series = readRows(await this.#connection.query(selectSeries()), ["UInt32"]).columns[0];
      dirtyDays.markWhole(series);
      const days = new Int32Array(series.length).fill(WHOLE_SERIES);
      await ledger.saveDays({ length: series.length, series, days });
      await ledger.setSetting(ADOPTED, "1");
    }
    this.#isAdopted = true;
    this.#callbacks.onReady();
  }

  /** How many pairs there were to roll up. */
  #rollSome(rule: Parameters<DirtyDays["quietPiece"]>[0]): Promise<number> {
    return this.between(async () => {
      await this.#adopt();
      const piece = this.#parts.dirtyDays.quietPiece(rule, this.#piecePairs);
      if (piece.length > 0) await this.#rollPiece(piece);
      return piece.length;
    });
  }

  async #rollPiece(piece: DirtyPiece): Promise<void> {
    const { dirtyDays, ledger } = this.#parts;
    tracePoint("rollup.begin");
    if (piece.days[0] === WHOLE_SERIES) await this.#nameDays(piece);
    else await this.#rollPairs(piece);
    tracePoint("rollup.written");
    // Nothing may come between the two: a mark after `clear` must reach the ledger after `removeDays`.
    await ledger.removeDays(dirtyDays.clear(piece));
  }

  /**
   * Says of whole series which days they are: from then on they are rolled up like any other, in pieces. Days that were rolled up and have no
   * readings are among them where a deletion may have taken these, or retention; others are left as they are: a journal that was lost has taken
   * with it from when on there are readings.
   */
  async #nameDays({ series }: DirtyPiece): Promise<void> {
    const { dirtyDays, ledger, hidden } = this.#parts;
    const deleted = hidden().map((each) => ({ ...each, of: new Set(each.series) }));
    const held = await this.#pairs(selectDays(series));
    const rolled = pairsWhere(await this.#pairs(selectRolledDays(series)), (each, day) => {
      const [fromMs, toMs] = [day * DAY_MS, (day + 1) * DAY_MS];
      if (fromMs < this.#horizons.of(each).readingsFromMs) return true;
      return deleted.some(({ of, ...window }) => window.fromMs < toMs && window.toMs > fromMs && of.has(each));
    });
    for (const days of [held, rolled]) {
      await ledger.saveDays(days);
      dirtyDays.restore(days);
    }
  }

  async #pairs(sql: string): Promise<TouchedDays> {
    const { length, columns } = readRows(await this.#connection.query(sql), ["UInt32", "Int64"]);
    return { length, series: columns[0], days: Int32Array.from(columns[1]) };
  }

  async #rollPairs(pairs: TouchedDays): Promise<void> {
    const { clock } = this.#parts;
    const startedMs = clock.monotonicMs();
    const hasReadings = (series: number, day: number): boolean =>
      day * DAY_MS >= this.#horizons.of(series).readingsFromMs;
    await this.#rollReadings(pairsWhere(pairs, hasReadings));
    await this.#rollBuckets(pairsWhere(pairs, (series, day) => !hasReadings(series, day)));
    this.#adapt(pairs.length, clock.monotonicMs() - startedMs);
  }

  /** Days whose readings are gone, and that a deletion has touched: the wider buckets are made again of the narrowest. */
  async #rollBuckets(pairs: TouchedDays): Promise<void> {
    for (const reads of inStatements(windowsOfPairs(pairs))) {
      const emptied = await this.#nextVersion();
      for (const sql of emptyHiddenBuckets(reads, this.#parts.hidden(), emptied)) await this.#connection.execute(sql);
      for (const sql of rollWider(reads, await this.#nextVersion())) await this.#connection.execute(sql);
    }
  }

  async #rollReadings(pairs: TouchedDays): Promise<void> {
    for (const reads of inStatements(windowsOfPairs(pairs))) {
      if ((await this.#number(countRolledDays(reads))) > 0) {
        for (const sql of emptyBuckets(reads, await this.#nextVersion())) await this.#connection.execute(sql);
      }
      const hidden = this.#parts.hidden();
      for (const sql of rollUp(reads, hidden, await this.#nextVersion())) await this.#connection.execute(sql);
    }
  }

  get #horizons(): HorizonView {
    return this.#parts.horizons ?? KEEPS_ALL_ALWAYS;
  }

  /** Aims the next piece at `PIECE_MS_AIM`, at most twice as large as this one: so it grows back slowly after a refusal. */
  #adapt(pairs: number, tookMs: number): void {
    const aimed = Math.floor((pairs * PIECE_MS_AIM) / Math.max(1, tookMs));
    // A small piece that was quick says nothing of a large one.
    if (aimed >= this.#piecePairs && pairs < this.#piecePairs) return;
    this.#piecePairs = Math.min(PIECE_PAIRS_MAX, this.#piecePairs * 2, Math.max(PIECE_PAIRS_MIN, aimed));
  }

  async #nextVersion(): Promise<number> {
    if (this.#version === 0) this.#version = await this.#number(selectLastVersion());
    return ++this.#version;
  }

  async #number(sql: string): Promise<number> {
    return readRows(await this.#connection.query(sql), ["UInt64"]).columns[0][0] ?? 0;
  }
}
