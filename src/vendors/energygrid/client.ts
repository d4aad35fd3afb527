import type { Dispatcher } from "undici";
import { type Clock, systemClock } from "../../domain/clock.ts";
import { type CallEvents, Caller } from "../../transport/caller.ts";
import { Limiter } from "../../transport/limiter.ts";
import { loneFailure } from "../lone-failure.ts";
import { sweep } from "../sweep.ts";
import type { LatestBatch, VendorClient, VendorLimits } from "../vendor.ts";
import { signer } from "./auth.ts";
import { toLatest } from "./mapping.ts";
import { QUERY_PATH, TelemetryAnswer, type TelemetryQuery } from "./wire.ts";

export interface EnergyGridOptions {
  /** http or https, with or without a path and a last slash. */
  readonly baseUrl: string;
  readonly token: string;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). */
  readonly random?: (() => number) | undefined;
  readonly events?: CallEvents | undefined;
  /** True after a restart: the vendor may have seen a request of the last process a moment ago. */
  readonly budgetSpent?: boolean | undefined;
  /** Keeps the budget of every client that it is given to. By default the client has its own. */
  readonly limiter?: Limiter | undefined;
  /** For each attempt. Default 30 s. */
  readonly requestTimeoutMs?: number | undefined;
  /** Sends the requests; given by tests and proxies. */
  readonly dispatcher?: Dispatcher | undefined;
}

/** One account of EnergyGrid. One token is one budget: open it once per process. */
export class EnergyGridClient implements VendorClient {
  static readonly limits: VendorLimits = {
    budgets: [{ requests: 1, perMs: 1000 }],
    devicesPerBatch: 10,
    requestsPerBatch: 1,
  };

  readonly #caller: Caller;

  /** @throws InvalidInput when the base URL is none. */
  constructor(options: EnergyGridOptions) {
    const {
      token,
      budgetSpent = false,
      limiter,
      clock = systemClock,
      baseUrl,
      random,
      events,
      requestTimeoutMs,
      dispatcher,
    } = options;
    this.#caller = new Caller({
      vendor: "EnergyGrid",
      baseUrl,
      limiter: limiter ?? new Limiter({ budgets: EnergyGridClient.limits.budgets, clock, spentAtStart: budgetSpent }),
      sign: signer(token),
      secrets: [token],
      clock,
      random,
      events,
      requestTimeoutMs,
      dispatcher,
    });
  }

  /** Latest power and status of any number of inverters, by serial number, 10 a request and one request a second. */
  readLatest(serials: readonly string[], signal?: AbortSignal): AsyncGenerator<LatestBatch, void, undefined> {
    return sweep({
      devices: serials,
      devicesPerBatch: EnergyGridClient.limits.devicesPerBatch,
      signal,
      read: (asked, stop) => this.#readBatch(asked, stop),
    });
  }

  close(): Promise<void> {
    return this.#caller.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #readBatch(asked: readonly string[], signal: AbortSignal): Promise<LatestBatch> {
    const query: TelemetryQuery = { sn_list: asked };
    try {
      const answer = await this.#caller.call(
        { method: "POST", path: QUERY_PATH, json: query, schema: TelemetryAnswer },
        { signal },
      );
      return { ...toLatest(asked, answer.value.data, answer.receivedAtMs, this.#caller.redact), failure: null };
    } catch (error) {
      return { asked, readings: [], missing: [], issues: [], failure: loneFailure(error) };
    }
  }
}
