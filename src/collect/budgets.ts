import type { Clock } from "../domain/clock.ts";
import { Limiter } from "../vendors/vendor.ts";
import { type Account, type AccountKey, accountKey } from "./account.ts";

/** Leave to ask an account. */
export interface HeldBudget {
  /** Everything in this process that asks the account waits here. */
  readonly limiter: Limiter;
  /** Whoever held it asks no more. Idempotent. */
  release(): void;
}

/** One limiter for each account that is asked at the moment, however many ask it. */
export class Budgets {
  readonly #clock: Clock;
  readonly #held = new Map<AccountKey, { readonly limiter: Limiter; holders: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  hold(account: Account): HeldBudget {
    const key = accountKey(account);
    let held = this.#held.get(key);
    if (!held) {
      const { budgets } = account.vendor.limits;
      // Whoever asked before, in this process or the last one, may have spent the budget a moment ago.
      held = { limiter: new Limiter({ budgets, clock: this.#clock, spentAtStart: true }), holders: 0 };
      this.#held.set(key, held);
    }
    const { limiter } = held;
    held.holders++;
    let isHeld = true;
    return {
      limiter,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        const now = this.#held.get(key);
        if (now && --now.holders === 0) this.#held.delete(key);
      },
    };
  }
}
