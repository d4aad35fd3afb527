import { loneFailure } from "../lone-failure.ts";
import { piecewise } from "../piecewise.ts";
import { batchesOf, chunks, SWEEP_BATCHES_OPEN_MAX } from "../sweep.ts";
import type { LatestBatch } from "../vendor.ts";
import type { CallHow, PowerPAccount } from "./account.ts";
import { SIGNALS_PER_CALL_MAX } from "./cut.ts";
import { type KnownSignal, toLatest } from "./mapping.ts";
import { periodText } from "./periods.ts";
import { joined, NO_POINTS, type Points, readLatestPoints } from "./point-calls.ts";
import type { LatestPoints } from "./points.ts";
import { databaseOf, type SignalList } from "./signals.ts";
import type { DatabaseId } from "./wire.ts";

export interface LatestCallHow extends CallHow {
  /** How far back a value may lie, whole ms; the vendor's choice by default. */
  readonly lookbackMs?: number | undefined;
}

/** Reads the newest values of signals. */
export class LatestCalls {
  readonly #account: PowerPAccount;
  readonly #signals: SignalList;

  constructor(account: PowerPAccount, signals: SignalList) {
    this.#account = account;
    this.#signals = signals;
  }

  /** As `LatestReader.readLatest`. */
  sweep(ids: readonly string[], signal: AbortSignal | undefined): AsyncGenerator<LatestBatch, void, undefined> {
    return piecewise({
      pieces: batchesOf(ids, { devicesPerBatch: SIGNALS_PER_CALL_MAX, batchGroup: databaseOf }),
      openMax: SWEEP_BATCHES_OPEN_MAX,
      signal,
      read: (asked, stop) => this.#readBatch(asked, stop),
    });
  }

  /** Of at most `SIGNALS_PER_CALL_MAX` signals of one database. @throws VendorAuthRejected */
  async read(databaseId: DatabaseId, indexes: readonly string[], how: LatestCallHow): Promise<LatestPoints> {
    try {
      const { value } = await this.#ask(databaseId, indexes, how);
      const { length, positions } = value.points;
      const answered = new Set(positions.subarray(0, length));
      const missing = indexes.filter((_, position) => !answered.has(position));
      return { databaseId, indexes, missing, ...value, failure: null };
    } catch (error) {
      return { databaseId, indexes, missing: [], ...NO_POINTS, failure: loneFailure(error) };
    }
  }

  /** Of any number of signals of one database; `positions` are places in `indexes`. @throws VendorError when any call fails */
  async readAll(databaseId: DatabaseId, indexes: readonly string[], how: CallHow): Promise<Points> {
    const parts: { readonly part: Points; readonly firstPosition: number }[] = [];
    const blocks = [...chunks(indexes, SIGNALS_PER_CALL_MAX)].map((block, number) => ({
      block,
      firstPosition: number * SIGNALS_PER_CALL_MAX,
    }));
    const reading = piecewise({
      pieces: blocks,
      openMax: SWEEP_BATCHES_OPEN_MAX,
      signal: how.signal,
      read: async ({ block, firstPosition }, signal) => {
        const { value } = await this.#ask(databaseId, block, { ...how, signal });
        return { part: value, firstPosition };
      },
    });
    for await (const part of reading) parts.push(part);
    return joined(parts, indexes.length);
  }

  #ask(databaseId: DatabaseId, indexes: readonly string[], how: LatestCallHow): ReturnType<typeof readLatestPoints> {
    const { lookbackMs } = how;
    const lookback = lookbackMs === undefined ? undefined : periodText(lookbackMs);
    return readLatestPoints(this.#account, { databaseId, indexes, lookback }, how);
  }

  async #readBatch(asked: readonly string[], signal: AbortSignal): Promise<LatestBatch> {
    try {
      const known = await this.#signals.byId(signal);
      const listed = asked.flatMap((id) => {
        const own = known.get(id);
        return own ? [{ id, signal: own }] : [];
      });
      const unlisted = asked.filter((id) => !known.has(id));
      const [first] = listed;
      if (!first) return { asked, readings: [], missing: unlisted, issues: [], failure: null };
      const latest = await this.#readListed(first.signal.measurement.databaseId, listed, signal);
      return { ...latest, asked, missing: [...latest.missing, ...unlisted], failure: null };
    } catch (error) {
      return { asked, readings: [], missing: [], issues: [], failure: loneFailure(error) };
    }
  }

  async #readListed(
    databaseId: DatabaseId,
    listed: readonly { readonly id: string; readonly signal: KnownSignal }[],
    signal: AbortSignal,
  ): Promise<Omit<LatestBatch, "failure">> {
    const signals = listed.map((each) => each.signal);
    const indexes = signals.map(({ measurement }) => measurement.index);
    const answer = await this.#ask(databaseId, indexes, { signal });
    return toLatest({
      signals,
      asked: listed.map(({ id }) => id),
      outcome: answer.value,
      receivedAtMs: answer.receivedAtMs,
      redact: this.#account.redact,
    });
  }
}
