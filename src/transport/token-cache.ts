import type { Clock } from "../domain/clock.ts";
import { onAbort } from "./abort.ts";

/** What a vendor's token call gave. */
export interface FetchedToken<T> {
  readonly token: T;
  /** How long it is said to hold, ms from the request; missing, zero or nonsense counts as `LIFETIME_FALLBACK_MS`, never as for ever. */
  readonly lifetimeMs: number | null | undefined;
}

export interface TokenCacheOptions<T> {
  readonly clock: Clock;
  /** Gets a new token; the signal aborts when nobody waits for it any more. */
  readonly fetch: (signal: AbortSignal) => Promise<FetchedToken<T>>;
  /** A token is renewed this long before it ends, but never in the first half of its life. */
  readonly refreshEarlyMs: number;
}

export const LIFETIME_FALLBACK_MS = 300_000;

interface Refresh<T> {
  readonly token: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
}

/** Holds one token; however many ask at once, one call gets it for all. A failure is told to those who waited and not kept. */
export class TokenCache<T> {
  readonly #options: TokenCacheOptions<T>;
  #held: { readonly token: T; readonly refreshAtMs: number } | null = null;
  #refresh: Refresh<T> | null = null;

  constructor(options: TokenCacheOptions<T>) {
    this.#options = options;
  }

  /** Rejects with the signal's reason when aborted; others who wait for the same token are not disturbed. */
  get(signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const held = this.#held;
    if (held && this.#options.clock.monotonicMs() < held.refreshAtMs) return Promise.resolve(held.token);
    this.#refresh ??= this.#startRefresh();
    return this.#join(this.#refresh, signal);
  }

  /** Forgets a token that was refused, unless a newer one has taken its place. */
  drop(token: T): void {
    if (this.#held?.token === token) this.#held = null;
  }

  #startRefresh(): Refresh<T> {
    const { clock, fetch, refreshEarlyMs } = this.#options;
    const stop = new AbortController();
    const askedAtMs = clock.monotonicMs();
    const token = fetch(stop.signal).then((fetched) => {
      const lifetimeMs = usableLifetimeMs(fetched.lifetimeMs);
      const earlyMs = Math.min(refreshEarlyMs, lifetimeMs / 2);
      this.#held = { token: fetched.token, refreshAtMs: askedAtMs + lifetimeMs - earlyMs };
      return fetched.token;
    });
    const refresh: Refresh<T> = { token, stop, waiting: 0 };
    const forget = (): void => {
      if (this.#refresh === refresh) this.#refresh = null;
    };
    token.then(forget, forget);
    return refresh;
  }

  #join(refresh: Refresh<T>, signal: AbortSignal | undefined): Promise<T> {
    refresh.waiting++;
    return new Promise((resolve, reject) => {
      const leave = signal
        ? onAbort(signal, (reason) => {
            refresh.waiting--;
            if (refresh.waiting === 0) {
              this.#refresh = null;
              refresh.stop.abort(reason);
            }
            reject(reason);
          })
        : null;
      refresh.token.then(
        (token) => {
          leave?.();
          resolve(token);
        },
        (error: Error) => {
          leave?.();
          reject(error);
        },
      );
    });
  }
}

function usableLifetimeMs(lifetimeMs: number | null | undefined): number {
  return typeof lifetimeMs === "number" && lifetimeMs > 0 && Number.isFinite(lifetimeMs)
    ? lifetimeMs
    : LIFETIME_FALLBACK_MS;
}
