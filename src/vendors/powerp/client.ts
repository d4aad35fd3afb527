import { InvalidInput } from "../../domain/errors.ts";
import { piecewise } from "../piecewise.ts";
import { chunks, SWEEP_BATCHES_OPEN_MAX } from "../sweep.ts";
import type {
  DiscoveredDevice,
  HistoryAnswer,
  HistoryWindow,
  LatestBatch,
  VendorClient,
  VendorLimits,
} from "../vendor.ts";
import { type AccountOptions, type CallHow, PowerPAccount } from "./account.ts";
import { REFRESH_EARLY_MS, TOKEN_LIFETIME_MS } from "./auth.ts";
import {
  BLOCK_SIZE_DEFAULT,
  cutPoints,
  type PointQuery,
  REQUESTS_PER_SECOND_DEFAULT,
  SIGNALS_PER_CALL_MAX,
} from "./cut.ts";
import { discoveredSignals } from "./discovery.ts";
import { HistoryCalls } from "./history.ts";
import { type LatestCallHow, LatestCalls } from "./latest-calls.ts";
import { periodIssues } from "./periods.ts";
import { PIECES_OPEN_MAX, type PointHow, readPiece, undone } from "./point-calls.ts";
import type { LatestPoints, PointBatch, SelectBatch } from "./points.ts";
import { type ApiChoice, type LatestSelection, SelectCalls, type Streams } from "./select-calls.ts";
import type { SelectQuery } from "./selection.ts";
import { type SelectHow, Selections } from "./selections.ts";
import { databaseOf, LIST_LIFETIME_MS, SignalList } from "./signals.ts";
import {
  DATABASES_PATH,
  Database,
  type DatabaseId,
  type Measurement,
  type QueryFacts,
  Rows,
  type Vocabulary,
} from "./wire.ts";

export interface PowerPOptions extends AccountOptions {
  /** Signals of a query over time, 1 to `SIGNALS_PER_CALL_MAX`. Default `BLOCK_SIZE_DEFAULT`. */
  readonly blockSize?: number | undefined;
  /** Default `auto`. */
  readonly api?: ApiChoice | undefined;
}

/**
 * One account at one PowerP tenant. Values come in the vendor's own units, except from `readLatest`.
 *
 * Which of the vendor's two interfaces is asked: signals by index always v1, since v2 selects by what signals are and not by index,
 * and since a call of either is bound by the points that it may bring, not by its window. Signals by selector v2 where the tenant has
 * it (its vocabulary is there), and otherwise v1, with the selector resolved over the tags of the measurements.
 *
 * All methods that call reject with a `VendorError`, or at once with the signal's reason when that aborts.
 */
export class PowerPClient implements VendorClient {
  /** A device of the port is one signal; one batch takes one request, and signals of different databases are never in one. */
  static readonly limits: VendorLimits = {
    budgets: [{ requests: REQUESTS_PER_SECOND_DEFAULT, perMs: 1000 }],
    devicesPerBatch: SIGNALS_PER_CALL_MAX,
    requestsPerBatch: 1,
    batchGroup: databaseOf,
    upkeep: [
      { requests: 1, perMs: TOKEN_LIFETIME_MS - REFRESH_EARLY_MS },
      { requests: 1, perMs: LIST_LIFETIME_MS },
    ],
  };

  readonly #account: PowerPAccount;
  readonly #signals: SignalList;
  readonly #latest: LatestCalls;
  readonly #history: HistoryCalls;
  readonly #selections: Selections;
  readonly #v2: SelectCalls;
  readonly #blockSize: number;

  /** @throws InvalidInput when the base URL is none; RangeError when the rate is none */
  constructor(options: PowerPOptions) {
    this.#account = new PowerPAccount(options);
    this.#signals = new SignalList(this.#account);
    this.#latest = new LatestCalls(this.#account, this.#signals);
    this.#history = new HistoryCalls(this.#account, this.#signals);
    this.#v2 = new SelectCalls(this.#account, options.api ?? "auto");
    this.#blockSize = options.blockSize ?? BLOCK_SIZE_DEFAULT;
    this.#selections = new Selections({
      signals: this.#signals,
      latest: this.#latest,
      v2: this.#v2,
      blockSize: this.#blockSize,
      readPoints: (query, how) => this.readPoints(query, how),
    });
  }

  /**
   * Latest values of any number of signals in the platform's metrics and units, 20 a request. A signal is a device of the port, with
   * the id `<databaseId>/<index>`: the vendor addresses signals, and which of them make up a machine is the catalogue's to say.
   * The list of signals is read once an hour; one that is not in it is missing, and one whose unit is not known is an issue.
   */
  readLatest(signals: readonly string[], signal?: AbortSignal): AsyncGenerator<LatestBatch, void, undefined> {
    return this.#latest.sweep(signals, signal);
  }

  /** Raw points of signals by the ids of `readLatest`, in the platform's metrics and units: less than 30 minutes a call. */
  readHistory(window: HistoryWindow, how: CallHow = {}): Promise<HistoryAnswer> {
    return this.#history.read(window, how);
  }

  /** Every signal of every database, in two calls and a login. */
  async discover(signal?: AbortSignal): Promise<readonly DiscoveredDevice[]> {
    const databases = await this.databases({ signal });
    return discoveredSignals(await this.measurements({}, { signal }), databases);
  }

  async databases(how: CallHow = {}): Promise<readonly Database[]> {
    const rows = await this.#account.get(DATABASES_PATH, Rows, how);
    return rows.flatMap((row) => Database.safeParse(row).data ?? []);
  }

  /** The signals of one database, or of all. The vendor's call names no database: the choice is made here. */
  async measurements(
    of: { readonly databaseId?: DatabaseId | undefined } = {},
    how: CallHow = {},
  ): Promise<readonly Measurement[]> {
    const all = await this.#signals.read(how);
    const { databaseId } = of;
    return databaseId === undefined ? all : all.filter((each) => String(each.databaseId) === String(databaseId));
  }

  /** The newest point of any number of signals, 20 a call; yields each call's as it comes, a failed one with its `failure`. @throws InvalidInput */
  latest(
    databaseId: DatabaseId,
    indexes: readonly string[],
    how: LatestCallHow = {},
  ): AsyncGenerator<LatestPoints, void, undefined> {
    const issues = periodIssues("lookback", how.lookbackMs);
    if (issues.length > 0) throw new InvalidInput(issues);
    return piecewise({
      pieces: chunks([...new Set(indexes)], SIGNALS_PER_CALL_MAX),
      openMax: SWEEP_BATCHES_OPEN_MAX,
      signal: how.signal,
      read: (block, signal) => this.#latest.read(databaseId, block, { ...how, signal }),
    });
  }

  /**
   * Points of signals over any range, cut into calls as `cutPoints` says; yields what each brought as it comes, so that memory does
   * not grow with the range. Batches come roughly in the order of the pieces: up to `PIECES_OPEN_MAX` calls are under way. A piece
   * that fails for good is yielded with its `failure` and the rest goes on; `VendorAuthRejected` ends all. Reading the same pieces
   * again brings the same points.
   *
   * @throws InvalidInput at once, when the query is none
   */
  readPoints(query: PointQuery, how: PointHow = {}): AsyncGenerator<PointBatch, void, undefined> {
    const { signal, lane = "history", done } = how;
    return piecewise({
      pieces: undone(cutPoints(query, { blockSize: this.#blockSize }), done),
      openMax: PIECES_OPEN_MAX,
      signal,
      read: (piece, stop) => readPiece(this.#account, piece, { signal: stop, lane }),
    });
  }

  /** The words of v2's selectors. Only where the tenant has v2. */
  vocabulary(databaseId: DatabaseId, how: CallHow = {}): Promise<Vocabulary> {
    return this.#v2.vocabulary(databaseId, how);
  }

  /** Whether the tenant has v2 for a database. Asked once a day at most. */
  hasV2(databaseId: DatabaseId, how: CallHow = {}): Promise<boolean> {
    return this.#v2.available(databaseId, how);
  }

  /**
   * Points of the signals that a selector selects, over any range; cut, yielded and failing as `readPoints`. One call goes before,
   * to learn how many signals are selected. Without v2, a selector's values are looked for in the parts of the signals' tags.
   *
   * @throws InvalidInput at once, when the query is none
   * @throws VendorRefused with the code `nothing_selected` when there is no v2 and no tag that fits
   */
  select(query: SelectQuery, how: SelectHow = {}): AsyncGenerator<SelectBatch, void, undefined> {
    return this.#selections.read(query, how);
  }

  /** The newest points of the signals that a selector selects: one call of v2, or as many of v1 as they take. */
  selectLatest(of: LatestSelection, how: CallHow = {}): Promise<Streams> {
    return this.#selections.latest(of, how);
  }

  /** How the vendor would answer a query. @throws VendorRefused with the code `no_v2` where the tenant has no v2 */
  explain(query: SelectQuery, how: CallHow = {}): Promise<QueryFacts> {
    return this.#selections.explain(query, how);
  }

  close(): Promise<void> {
    return this.#account.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
