import type { Clock } from "../../domain/clock.ts";
import type { Log } from "../../domain/log.ts";
import type { Budget } from "../../transport/budget.ts";
import type { LaneShares } from "../../transport/lanes.ts";
import type { Limiter } from "../../transport/limiter.ts";
import { AccountBudget, type BudgetStore, type LeaseTimes } from "./account-budget.ts";

/** Something that spends an account's budget while this process holds it: a connection. */
export interface BudgetUser {
  readonly budgets: readonly Budget[];
  readonly concurrentMax?: number | undefined;
  readonly laneShares?: LaneShares | undefined;
  /** It may spend from now on, through this limiter. */
  start(limiter: Limiter): void;
  /** Another process spends: it may not, or no more; the limiter grants nothing already. Idempotent. */
  stop(): void;
}

export interface BudgetKeeperParts {
  readonly store: BudgetStore;
  /** This process; another for each start. */
  readonly holder: string;
  /** As `AccountBudgetParts.isAlone`. */
  readonly isAlone: boolean;
  /** Default `LEASE`. */
  readonly times?: LeaseTimes | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

interface Account {
  readonly budget: AccountBudget;
  readonly users: Set<BudgetUser>;
  limiter: Limiter | null;
}

/** Keeps one budget for each account, however many connections spend it. */
export class BudgetKeeper {
  readonly #parts: BudgetKeeperParts;
  readonly #accounts = new Map<string, Account>();

  constructor(parts: BudgetKeeperParts) {
    this.#parts = parts;
  }

  /** Whether this process may spend an account's budget at this moment. */
  holds(accountKey: string): boolean {
    return this.#accounts.get(accountKey)?.budget.isHeld ?? false;
  }

  /** Tries to hold an account's budget for `user` from now on. The limits are those of the account's first user. */
  join(accountKey: string, user: BudgetUser): void {
    const account = this.#accounts.get(accountKey) ?? this.#open(accountKey, user);
    account.users.add(user);
    if (account.limiter) user.start(account.limiter);
    account.budget.start();
  }

  /** `user`, which has stopped, spends no more; the last one gives the budget back. */
  async leave(accountKey: string, user: BudgetUser): Promise<void> {
    const account = this.#accounts.get(accountKey);
    if (!account?.users.delete(user) || account.users.size > 0) return;
    this.#accounts.delete(accountKey);
    await account.budget.close();
  }

  #open(accountKey: string, { budgets, concurrentMax, laneShares }: BudgetUser): Account {
    const users = new Set<BudgetUser>();
    const budget = new AccountBudget({
      ...this.#parts,
      account: accountKey,
      budgets,
      concurrentMax,
      laneShares,
      onHeld: (limiter) => {
        account.limiter = limiter;
        for (const user of users) user.start(limiter);
      },
      onElsewhere: () => {
        account.limiter = null;
        for (const user of users) user.stop();
      },
    });
    const account: Account = { budget, users, limiter: null };
    this.#accounts.set(accountKey, account);
    return account;
  }
}
