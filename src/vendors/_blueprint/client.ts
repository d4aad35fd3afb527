import type { Dispatcher } from "undici";
import { type Clock, systemClock } from "../../domain/clock.ts";
import { ACTIVE_POWER } from "../../domain/metric.ts";
import { type CallEvents, Caller } from "../../transport/caller.ts";
import { Limiter } from "../../transport/limiter.ts";
import type { Session } from "../../transport/session.ts";
import { loneFailure } from "../lone-failure.ts";
import { sweep } from "../sweep.ts";
import type {
  HistoryAnswer,
  HistoryLimits,
  HistoryWindow,
  Lane,
  LatestBatch,
  VendorClient,
  VendorLimits,
} from "../vendor.ts";
import { type BlueprintCredential, openSession } from "./auth.ts";
import { toHistory, toLatest } from "./mapping.ts";
import {
  HISTORY_PATH,
  type HistoryQuery,
  HistoryAnswer as HistorySent,
  LATEST_PATH,
  LatestAnswer,
  type LatestQuery,
} from "./wire.ts";

export interface BlueprintOptions extends BlueprintCredential {
  /** http or https, with or without a path and a last slash. */
  readonly baseUrl: string;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). */
  readonly random?: (() => number) | undefined;
  readonly events?: CallEvents | undefined;
  /** True after a restart: the vendor may have seen a request of the last process a moment ago. */
  readonly budgetSpent?: boolean | undefined;
  /** Keeps the budget of every client that it is given to. By default the client has its own. */
  readonly limiter?: Limiter | undefined;
  /** Sends the requests; given by tests and proxies. */
  readonly dispatcher?: Dispatcher | undefined;
}

/** One account of the blueprint's vendor. One account is one budget: open it once per process. */
export class BlueprintClient implements VendorClient {
  /** Source: the contract in docs/adding-a-vendor.md. A login counts as any other request. */
  static readonly limits: VendorLimits = {
    budgets: [{ requests: 10, perMs: 1000 }],
    devicesPerBatch: 20,
    requestsPerBatch: 1,
  };

  /** Source: the same contract. */
  static readonly history: HistoryLimits = {
    windowMsMax: 86_400_000,
    devicesPerWindow: 20,
    requestsPerWindow: 1,
    valuesEveryMs: 300_000,
    settlesAfterMs: 172_800_000,
    keepsMs: null,
    metrics: [ACTIVE_POWER],
  };

  readonly #caller: Caller;
  readonly #session: Session<string>;

  /** @throws InvalidInput when the base URL is none. */
  constructor(options: BlueprintOptions) {
    const { clientId, clientSecret, budgetSpent = false, limiter, clock = systemClock, ...calling } = options;
    const { budgets } = BlueprintClient.limits;
    this.#caller = new Caller({
      ...calling,
      vendor: "Blueprint",
      limiter: limiter ?? new Limiter({ budgets, clock, spentAtStart: budgetSpent }),
      secrets: [clientSecret],
      clock,
    });
    this.#session = openSession(this.#caller, { clientId, clientSecret }, clock);
  }

  /** Latest values of any number of devices, 20 a request and 10 requests a second. */
  readLatest(devices: readonly string[], signal?: AbortSignal): AsyncGenerator<LatestBatch, void, undefined> {
    return sweep({
      devices,
      devicesPerBatch: BlueprintClient.limits.devicesPerBatch,
      signal,
      read: (asked, stop) => this.#readBatch(asked, stop),
    });
  }

  /** Values of every 5 minutes of up to a day, of at most 20 devices, in one request. */
  async readHistory(
    window: HistoryWindow,
    how: { readonly signal?: AbortSignal; readonly lane?: Lane } = {},
  ): Promise<HistoryAnswer> {
    const textOf = (timeMs: number): string => new Date(timeMs).toISOString();
    const query: HistoryQuery = { ids: window.devices, from: textOf(window.fromMs), to: textOf(window.toMs) };
    const request = { method: "POST", path: HISTORY_PATH, json: query, schema: HistorySent } as const;
    const { value, receivedAtMs } = await this.#session.call(request, how);
    return toHistory(window, value, receivedAtMs, this.#caller.redact);
  }

  close(): Promise<void> {
    return this.#caller.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #readBatch(asked: readonly string[], signal: AbortSignal): Promise<LatestBatch> {
    const query: LatestQuery = { ids: asked };
    try {
      const answer = await this.#session.call(
        { method: "POST", path: LATEST_PATH, json: query, schema: LatestAnswer },
        { signal },
      );
      return { ...toLatest(asked, answer.value.devices, answer.receivedAtMs, this.#caller.redact), failure: null };
    } catch (error) {
      return { asked, readings: [], missing: [], issues: [], failure: loneFailure(error) };
    }
  }
}
