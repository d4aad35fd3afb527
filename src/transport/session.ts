import type { Clock } from "../domain/clock.ts";
import type { Caller } from "./caller.ts";
import { VendorAuthRejected } from "./errors.ts";
import type { Answer, CallOptions, CallRequest } from "./request.ts";
import { type FetchedToken, TokenCache } from "./token-cache.ts";

/** An account's status when it is known, but may not do this: no new token helps. */
const FORBIDDEN = 403;

export interface SessionOptions<T> {
  readonly caller: Caller;
  readonly clock: Clock;
  /** The vendor's login call, made through the same caller, so that it spends the same budget. */
  readonly login: (signal: AbortSignal) => Promise<FetchedToken<T>>;
  /** As `TokenCacheOptions.refreshEarlyMs`. */
  readonly refreshEarlyMs: number;
  /** How a token is shown; names in lower case. */
  readonly headers: (token: T) => Readonly<Record<string, string>>;
  /** What of a token must show nowhere. */
  readonly secretsOf: (token: T) => readonly string[];
}

/** Calls that show a token. However many find it expired or revoked, one login gets the next for all of them. */
export class Session<T> {
  readonly #options: SessionOptions<T>;
  readonly #tokens: TokenCache<T>;

  constructor(options: SessionOptions<T>) {
    const { caller, clock, login, refreshEarlyMs, secretsOf } = options;
    this.#options = options;
    this.#tokens = new TokenCache({
      clock,
      refreshEarlyMs,
      fetch: async (signal) => {
        const fetched = await login(signal);
        caller.keepSecret(secretsOf(fetched.token));
        return fetched;
      },
    });
  }

  /** The token that holds now. @throws VendorError when there is none to be had */
  token(signal?: AbortSignal): Promise<T> {
    return this.#tokens.get(signal);
  }

  /** Forgets a token that was refused elsewhere, such as by the vendor's broker. */
  drop(token: T): void {
    this.#tokens.drop(token);
  }

  /**
   * As `Caller.call`, with a token. One that is refused is replaced, and the call sent once more; refused again, it is final.
   *
   * @param request the call, or how the token that it shows makes it, where it names something of the login
   * @throws VendorError
   * @throws the signal's reason, at once, when it aborts
   */
  async call<A>(
    request: CallRequest<A> | ((token: T) => CallRequest<A>),
    options: CallOptions = {},
  ): Promise<Answer<A>> {
    const { caller, headers } = this.#options;
    const { attemptsBefore = 0 } = options;
    const first = await this.#tokens.get(options.signal);
    const shown = (token: T): CallRequest<A> => {
      const made = typeof request === "function" ? request(token) : request;
      return { ...made, headers: { ...made.headers, ...headers(token) } };
    };
    try {
      return await caller.call(shown(first), options);
    } catch (error) {
      if (!(error instanceof VendorAuthRejected) || error.status === FORBIDDEN) throw error;
      this.#tokens.drop(first);
      const second = await this.#tokens.get(options.signal);
      return caller.call(shown(second), { ...options, attemptsBefore: attemptsBefore + error.attempts });
    }
  }
}
