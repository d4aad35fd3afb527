import {
  VendorAuthRejected,
  type VendorClient,
  VendorError,
  VendorRateLimited,
  VendorTimeout,
} from "../vendors/vendor.ts";
import type { Account } from "./account.ts";
import { type OpenParts, openAccount } from "./open-account.ts";

/** What came of asking an account beside its poller. */
export interface Visited<T> {
  /** Null when it failed. */
  readonly value: T | null;
  readonly failure: VendorError | null;
  /** What was sent. */
  readonly requests: number;
  /** Requests that the vendor answered as its contract says. */
  readonly answered: number;
  /** How far the vendor's clock is ahead of this machine's, ms; null unless a refusal has shown that it matters. */
  readonly clockAheadMs: number | null;
}

export interface VisitOptions {
  /** After so long it ends, ms. */
  readonly msMax: number;
  /** Whether a request that fails is sent again; without this the first failure is the outcome. */
  readonly isPatient: boolean;
  /** The account whose budget it spends, where the vendor counts another credential as the same. */
  readonly countedAs?: Account;
}

/** Asks vendors beside polling, on the budget that polling spends. */
export class AccountVisits {
  readonly #parts: OpenParts;
  readonly #open = new Set<AbortController>();

  constructor(parts: OpenParts) {
    this.#parts = parts;
  }

  /** Opens an account for one piece of work. @throws the error of the work that is no `VendorError`, AbortError when closed */
  async visit<T>(
    account: Account,
    options: VisitOptions,
    work: (client: VendorClient, signal: AbortSignal) => Promise<T>,
  ): Promise<Visited<T>> {
    const { clock } = this.#parts;
    const stop = new AbortController();
    const seen = { requests: 0, answered: 0, clockAheadMs: null as number | null };
    const { client, sockets, budget } = await openAccount(account, this.#parts, {
      ...(options.countedAs && { countedAs: options.countedAs }),
      events: {
        onAttempt: () => seen.requests++,
        onAnswer: (status) => {
          if (isWell(status)) seen.answered++;
        },
        onRetry: (error) => {
          noteFailure(error, seen);
          // A signature that is made anew by the vendor's clock is no second try.
          if (!options.isPatient && !(error instanceof VendorAuthRejected)) stop.abort(error);
        },
        onFailure: (error) => noteFailure(error, seen),
      },
    });
    const bell = new AbortController();
    clock.sleepUntil(clock.monotonicMs() + options.msMax, bell.signal).then(
      () => stop.abort(this.#outOfTime(account.vendor.title, seen.requests, options.msMax)),
      () => {},
    );
    this.#open.add(stop);
    try {
      return { value: await work(client, stop.signal), failure: null, ...seen };
    } catch (error) {
      if (!(error instanceof VendorError)) throw error;
      return { value: null, failure: error, ...seen };
    } finally {
      this.#open.delete(stop);
      bell.abort();
      await client.close();
      await sockets.destroy();
      budget.release();
    }
  }

  /** Ends what is open. */
  close(): void {
    for (const stop of this.#open) stop.abort(new DOMException("The server stops.", "AbortError"));
  }

  #outOfTime(vendor: string, attempts: number, msMax: number): VendorError {
    const facts = { status: null, attempts, requestId: null, body: null };
    const waited = `${msMax / 1_000} s`;
    return attempts === 0
      ? new VendorRateLimited(
          `${vendor}'s limit left no room for a request within ${waited}.`,
          facts,
          this.#parts.clock.nowMs(),
        )
      : new VendorTimeout(`${vendor} gave no whole answer within ${waited}.`, facts);
  }
}

function isWell(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}

/** An answer with HTTP 200 may be a refusal inside. */
function noteFailure(error: VendorError, seen: { answered: number; clockAheadMs: number | null }): void {
  if (isWell(error.status)) seen.answered--;
  if (error instanceof VendorAuthRejected) seen.clockAheadMs ??= error.clockAheadMs;
}
