import type { Dispatcher } from "undici";
import type { ZodType } from "zod";
import { type Clock, systemClock } from "../../domain/clock.ts";
import { type Answer, type CallEvents, Caller } from "../../transport/caller.ts";
import type { Lane } from "../../transport/lanes.ts";
import { Limiter } from "../../transport/limiter.ts";
import type { Redact } from "../../transport/redact.ts";
import type { AnswerDecoder } from "../../transport/request.ts";
import { Session } from "../../transport/session.ts";
import { Login, REFRESH_EARLY_MS } from "./auth.ts";
import { REQUESTS_PER_SECOND_DEFAULT } from "./cut.ts";

export interface AccountOptions {
  /** `https://{tenant}.powerp.app/rt-api/api`, with or without the last slash. */
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). */
  readonly random?: (() => number) | undefined;
  readonly events?: CallEvents | undefined;
  /** True after a restart: the last process may have called a moment ago. */
  readonly budgetSpent?: boolean | undefined;
  /** For each attempt. Default 30 s. */
  readonly requestTimeoutMs?: number | undefined;
  /** Sends the requests; given by tests and proxies. */
  readonly dispatcher?: Dispatcher | undefined;
  /** Shared with other clients of the account; without one the client has its own. */
  readonly limiter?: Limiter | undefined;
  /** At least 1. The vendor publishes no rate: this is a courtesy of ours. Default `REQUESTS_PER_SECOND_DEFAULT`. Not beside `limiter`. */
  readonly requestsPerSecond?: number | undefined;
}

export interface CallHow {
  readonly signal?: AbortSignal | undefined;
  /** Default `live`, for points over time `history`. */
  readonly lane?: Lane | undefined;
}

/**
 * The largest answer with points, bytes. Points are read as they come and kept as numbers of 20 bytes each, so that this bounds a
 * call's time more than its memory; `POINTS_PER_CALL_MAX` points take about 16 MB of v1's JSON and 24 MB of v2's.
 */
const POINT_ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** One account at one tenant: every call shows its token and spends its budget. */
export class PowerPAccount {
  readonly clock: Clock;
  readonly #caller: Caller;
  readonly #session: Session<string>;

  /** @throws InvalidInput when the base URL is none; RangeError when the rate is none */
  constructor(options: AccountOptions) {
    const { clientId, clientSecret, limiter, requestsPerSecond = REQUESTS_PER_SECOND_DEFAULT, budgetSpent } = options;
    const { baseUrl, clock = systemClock, random, events, requestTimeoutMs, dispatcher } = options;
    const budgets = [{ requests: requestsPerSecond, perMs: 1000 }];
    this.clock = clock;
    this.#caller = new Caller({
      vendor: "PowerP",
      baseUrl,
      limiter: limiter ?? new Limiter({ budgets, clock, spentAtStart: budgetSpent ?? false }),
      secrets: [clientSecret],
      clock,
      random,
      events,
      requestTimeoutMs,
      dispatcher,
    });
    const login = new Login(this.#caller, { clientId, clientSecret });
    this.#session = new Session({
      caller: this.#caller,
      clock,
      login: (signal) => login.token(signal),
      refreshEarlyMs: REFRESH_EARLY_MS,
      headers: (token) => ({ authorization: `Bearer ${token}` }),
      secretsOf: (token) => [token],
    });
  }

  get redact(): Redact {
    return this.#caller.redact;
  }

  /** @throws VendorError */
  async get<T>(path: string, schema: ZodType<T>, how: CallHow): Promise<T> {
    return (await this.#session.call({ method: "GET", path, schema }, how)).value;
  }

  /** A call whose answer is read as it comes. @throws VendorError */
  stream<T>(path: string, body: object, decoder: () => AnswerDecoder<T>, how: CallHow): Promise<Answer<T>> {
    const request = { method: "POST", path, json: body, decoder, answerBytesMax: POINT_ANSWER_BYTES_MAX } as const;
    return this.#session.call(request, how);
  }

  close(): Promise<void> {
    return this.#caller.close();
  }
}
