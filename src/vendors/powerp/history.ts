import { VendorRefused } from "../../transport/errors.ts";
import { chunks } from "../sweep.ts";
import type { HistoryAnswer, HistoryLimits, HistoryWindow } from "../vendor.ts";
import type { CallHow, PowerPAccount } from "./account.ts";
import { BLOCK_SIZE_DEFAULT, cutPoints, RAW_WINDOW_MS, SIGNALS_PER_CALL_MAX } from "./cut.ts";
import { type KnownSignal, toPast } from "./mapping.ts";
import { readPiece } from "./point-calls.ts";
import { databaseOf, type SignalList } from "./signals.ts";
import type { DatabaseId } from "./wire.ts";

/**
 * Of raw points, as the latest values are: an aggregate bears its window's time, so that it would meet the sample of that very moment as if
 * it were another value of it.
 */
export const HISTORY_LIMITS: HistoryLimits = {
  windowMsMax: RAW_WINDOW_MS,
  /** As many as the vendor recommends: an answer of 20 signals at 5 Hz has 180,000 points. */
  devicesPerWindow: BLOCK_SIZE_DEFAULT,
  batchGroup: databaseOf,
  requestsPerWindow: 1,
  /** Signals are sampled at up to 5 Hz; a stretch without a point for longer than this is one that holds nothing. */
  valuesEveryMs: 60_000,
  /** Ours: a plant that was cut off sends later what it has measured. */
  settlesAfterMs: 3_600_000,
  keepsMs: null,
  metrics: null,
};

interface Listed {
  readonly id: string;
  readonly signal: KnownSignal;
}

/** Reads the raw points of signals. */
export class HistoryCalls {
  readonly #account: PowerPAccount;
  readonly #signals: SignalList;

  constructor(account: PowerPAccount, signals: SignalList) {
    this.#account = account;
    this.#signals = signals;
  }

  /** As `HistoryReader.readHistory`. A signal that is not in the tenant's list is refused. */
  async read(window: HistoryWindow, how: CallHow): Promise<HistoryAnswer> {
    how.signal?.throwIfAborted();
    const known = await this.#signals.byId(how.signal);
    const byDatabase = new Map<string, Listed[]>();
    for (const id of window.devices) {
      const signal = known.get(id);
      if (!signal) continue;
      const database = String(signal.measurement.databaseId);
      byDatabase.set(database, [...(byDatabase.get(database) ?? []), { id, signal }]);
    }
    const unlisted = window.devices.filter((id) => !known.has(id));
    const answers: HistoryAnswer[] = [{ readings: [], issues: [], refused: unlisted }];
    for (const listed of byDatabase.values()) {
      for (const block of chunks(listed, SIGNALS_PER_CALL_MAX)) answers.push(await this.#readBlock(block, window, how));
    }
    return joined(answers);
  }

  /** One refusal may be the matter of one signal: the vendor refuses a call as a whole, so it is asked again by halves. */
  async #readBlock(listed: readonly Listed[], window: HistoryWindow, how: CallHow): Promise<HistoryAnswer> {
    try {
      return await this.#ask(listed, window, how);
    } catch (error) {
      if (!(error instanceof VendorRefused)) throw error;
      if (listed.length === 1) return { readings: [], issues: [], refused: listed.map(({ id }) => id) };
      const middle = Math.ceil(listed.length / 2);
      const halves = [listed.slice(0, middle), listed.slice(middle)];
      const answers: HistoryAnswer[] = [];
      for (const half of halves) answers.push(await this.#readBlock(half, window, how));
      return joined(answers);
    }
  }

  async #ask(listed: readonly Listed[], { fromMs, toMs }: HistoryWindow, how: CallHow): Promise<HistoryAnswer> {
    const databaseId: DatabaseId = listed[0]?.signal.measurement.databaseId ?? "";
    const indexes = listed.map(({ signal }) => signal.measurement.index);
    const answers: HistoryAnswer[] = [];
    for (const piece of cutPoints({ databaseId, indexes, fromMs, toMs }, { blockSize: SIGNALS_PER_CALL_MAX })) {
      const { failure, ...outcome } = await readPiece(this.#account, piece, how);
      if (failure) throw failure;
      answers.push(
        toPast({
          signals: listed.map(({ signal }) => signal),
          asked: listed.map(({ id }) => id),
          outcome,
          receivedAtMs: Math.trunc(this.#account.clock.nowMs()),
          redact: this.#account.redact,
        }),
      );
    }
    return joined(answers);
  }
}

function joined(answers: readonly HistoryAnswer[]): HistoryAnswer {
  return {
    readings: answers.flatMap(({ readings }) => readings),
    issues: answers.flatMap(({ issues }) => issues),
    refused: answers.flatMap(({ refused }) => refused),
  };
}
