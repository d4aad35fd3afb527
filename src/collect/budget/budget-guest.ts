import type { Limiter } from "../../transport/limiter.ts";
import type { Account } from "../account.ts";
import type { BudgetUser } from "./budget-keeper.ts";

/** Spends an account's budget once, beside whoever spends it all the time. */
export class BudgetGuest implements BudgetUser {
  readonly #account: Pick<Account, "vendor" | "laneShares">;
  readonly #onElsewhere: () => void;
  readonly #granted = Promise.withResolvers<Limiter>();

  /** @param onElsewhere another process spends, so that this one may not */
  constructor(account: Pick<Account, "vendor" | "laneShares">, onElsewhere: () => void) {
    this.#account = account;
    this.#onElsewhere = onElsewhere;
  }

  get budgets(): BudgetUser["budgets"] {
    return this.#account.vendor.limits.budgets;
  }

  get laneShares(): BudgetUser["laneShares"] {
    return this.#account.laneShares;
  }

  /** Resolves once this process may spend. Rejects with the signal's reason. */
  async limiter(signal: AbortSignal): Promise<Limiter> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const refuse = (): void => aborted.reject(signal.reason);
    signal.addEventListener("abort", refuse, { once: true });
    try {
      return await Promise.race([this.#granted.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", refuse);
    }
  }

  start(limiter: Limiter): void {
    this.#granted.resolve(limiter);
  }

  stop(): void {
    this.#onElsewhere();
  }
}
