import type { Dispatcher } from "undici";
import type { Clock } from "../domain/clock.ts";
import {
  VendorAuthRejected,
  type VendorClient,
  VendorError,
  VendorRateLimited,
  VendorTimeout,
} from "../vendors/vendor.ts";
import type { Account } from "./account.ts";
import { accountKey } from "./budget/account-key.ts";
import { BudgetGuest } from "./budget/budget-guest.ts";
import type { BudgetKeeper } from "./budget/budget-keeper.ts";
import type { BudgetUses } from "./budget/budget-uses.ts";

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

export interface VisitParts {
  readonly keeper: BudgetKeeper;
  readonly uses: Pick<BudgetUses, "counting">;
  /** What account keys are made with. */
  readonly secret: () => Promise<string>;
  readonly openSockets: (baseUrl: string) => Dispatcher;
  readonly clock: Clock;
}

type Seen = { -readonly [Name in "requests" | "answered" | "clockAheadMs"]: Visited<unknown>[Name] };

/** What belongs to one visit. */
interface Visit {
  readonly guest: BudgetGuest;
  readonly counting: ReturnType<BudgetUses["counting"]> | null;
  readonly seen: Seen;
  readonly stop: AbortController;
}

/** Asks vendors beside polling, on the budget that polling spends. */
export class AccountVisits {
  readonly #parts: VisitParts;
  readonly #open = new Set<AbortController>();

  constructor(parts: VisitParts) {
    this.#parts = parts;
  }

  /**
   * Opens an account for one piece of work.
   * @throws InvalidInput when the address is none, the error of the work that is no `VendorError`, AbortError when closed
   */
  async visit<T>(
    account: Account,
    options: VisitOptions,
    work: (client: VendorClient, signal: AbortSignal) => Promise<T>,
  ): Promise<Visited<T>> {
    const { keeper, uses, secret, clock } = this.#parts;
    const countedAs = options.countedAs ?? account;
    const key = accountKey(await secret(), { ...countedAs, vendor: countedAs.vendor.id });
    const { connectionId } = countedAs;
    const counting = connectionId === undefined ? null : uses.counting({ account: key, connectionId });
    const stop = new AbortController();
    const seen: Seen = { requests: 0, answered: 0, clockAheadMs: null };
    const { title } = account.vendor;
    const guest = new BudgetGuest(countedAs, () =>
      stop.abort(this.#held(`Another server asks ${title} at the moment; nothing was sent.`)),
    );
    const bell = new AbortController();
    clock.sleepUntil(clock.monotonicMs() + options.msMax, bell.signal).then(
      () => stop.abort(this.#outOfTime(title, seen.requests, options.msMax)),
      () => {},
    );
    this.#open.add(stop);
    keeper.join(key, guest);
    try {
      return {
        value: await this.#ask(account, { guest, counting, seen, stop }, options, work),
        failure: null,
        ...seen,
      };
    } catch (error) {
      if (!(error instanceof VendorError)) throw error;
      return { value: null, failure: error, ...seen };
    } finally {
      this.#open.delete(stop);
      bell.abort();
      await keeper.leave(key, guest);
    }
  }

  /** Ends what is open. */
  close(): void {
    for (const stop of this.#open) stop.abort(new DOMException("The server stops.", "AbortError"));
  }

  async #ask<T>(
    { vendor, baseUrl, credential }: Account,
    { guest, counting, seen, stop }: Visit,
    { isPatient }: VisitOptions,
    work: (client: VendorClient, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { openSockets, clock } = this.#parts;
    const limiter = await guest.limiter(stop.signal);
    await using owned = new AsyncDisposableStack();
    const dispatcher = openSockets(baseUrl);
    owned.defer(() => dispatcher.destroy());
    const client = vendor.open({
      baseUrl,
      credential,
      clock,
      dispatcher,
      limiter,
      events: {
        onAttempt: (attempt, lane) => {
          counting?.onAttempt(attempt, lane);
          seen.requests++;
        },
        onAnswer: (status, durationMs, lane) => {
          counting?.onAnswer(status, durationMs, lane);
          if (isWell(status)) seen.answered++;
        },
        onRetry: (error) => {
          noteFailure(error, seen);
          // A signature that is made anew by the vendor's clock is no second try.
          if (!isPatient && !(error instanceof VendorAuthRejected)) stop.abort(error);
        },
        onFailure: (error) => noteFailure(error, seen),
      },
    });
    owned.defer(() => client.close());
    return await work(client, stop.signal);
  }

  #outOfTime(vendor: string, attempts: number, msMax: number): VendorError {
    const waited = `${msMax / 1_000} s`;
    if (attempts === 0) return this.#held(`${vendor}'s limit left no room for a request within ${waited}.`);
    const facts = { status: null, attempts, requestId: null, body: null };
    return new VendorTimeout(`${vendor} gave no whole answer within ${waited}.`, facts);
  }

  #held(message: string): VendorRateLimited {
    const facts = { status: null, attempts: 0, requestId: null, body: null };
    return new VendorRateLimited(message, facts, this.#parts.clock.nowMs());
  }
}

function isWell(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}

/** An answer with HTTP 200 may be a refusal inside. */
function noteFailure(error: VendorError, seen: Seen): void {
  if (isWell(error.status)) seen.answered--;
  if (error instanceof VendorAuthRejected) seen.clockAheadMs ??= error.clockAheadMs;
}
