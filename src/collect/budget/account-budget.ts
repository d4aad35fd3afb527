import type { Clock } from "../../domain/clock.ts";
import { StorageUnavailable } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import type { Budget } from "../../transport/budget.ts";
import type { LaneShares } from "../../transport/lanes.ts";
import { Limiter } from "../../transport/limiter.ts";
import { readSpending, writeSpending } from "./stored-spending.ts";

/** Where budgets are kept for every process: the catalogue. Its docstrings say what each does. */
export interface BudgetStore {
  find(account: string): Promise<StoredBudget | null>;
  take(
    account: string,
    holder: string,
    seen: Pick<StoredBudget, "token" | "beat"> | null,
    nowMs: number,
  ): Promise<StoredBudget | null>;
  beat(account: string, token: number, spending: string, nowMs: number): Promise<boolean>;
  giveBack(account: string, token: number, spending: string, nowMs: number): Promise<void>;
}

export interface StoredBudget {
  readonly holder: string;
  readonly token: number;
  readonly beat: number;
  readonly beatenAtMs: number;
  readonly spending: string;
}

/** How a budget is handed from process to process, ms. */
export interface LeaseTimes {
  /** A holder that gave no sign of life for so long has lost the budget. */
  readonly leaseMs: number;
  /** From one sign of life to the next. */
  readonly beatMs: number;
  /** From one look of those who wait to the next. */
  readonly lookMs: number;
  /** A holder sends nothing more so long before its lease ends: what it sent last must have arrived when another begins. */
  readonly marginMs: number;
}

export const LEASE: LeaseTimes = { leaseMs: 10_000, beatMs: 2_500, lookMs: 1_000, marginMs: 2_000 };

/** Budgets of up to so long a time count as wholly spent after a change of hands; what is spent of longer ones is kept. */
export const SHORT_BUDGET_MS = 10_000;
/** Of a budget that is kept, such a part is set aside with each sign of life: as much is lost at most when the holder is killed. */
const SET_ASIDE = 1 / 500;
const PORTIONS_MAX = 64;
/** How far apart the wall clocks of two processes may be. */
const CLOCKS_APART_MS_MAX = 30 * 60_000;

export interface AccountBudgetParts {
  readonly account: string;
  /** This process; another for each start. */
  readonly holder: string;
  readonly budgets: readonly Budget[];
  readonly concurrentMax?: number | undefined;
  readonly laneShares?: LaneShares | undefined;
  readonly store: BudgetStore;
  /** Whether the catalogue belongs to this process alone: whoever held the budget before is gone. */
  readonly isAlone: boolean;
  /** Default `LEASE`. */
  readonly times?: LeaseTimes | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** This process may spend from now on, until `onElsewhere`. */
  readonly onHeld: (limiter: Limiter) => void;
  /** Another process holds the budget, or nobody can tell. */
  readonly onElsewhere: () => void;
}

/**
 * The budget of one vendor account, which one process of all spends at a time. No clock of another is trusted: who waits takes over when
 * the holder has given no sign of life for `leaseMs` by its own watch; who holds stops `marginMs` before that, counted from the
 * begin of its last sign by its own watch. What it writes afterwards is refused, since its token is not the newest.
 */
export class AccountBudget {
  readonly #parts: AccountBudgetParts;
  readonly #times: LeaseTimes;
  readonly #stop = new AbortController();
  #limiter: Limiter | null = null;
  #token = 0;
  #leaseEndsMs = Number.NEGATIVE_INFINITY;
  #seen: { readonly token: number; readonly beat: number; readonly sinceMs: number } | null = null;
  #wake: AbortController | null = null;
  #isUrgent = false;
  #isKnownElsewhere = false;
  #running: Promise<void> | null = null;

  constructor(parts: AccountBudgetParts) {
    this.#parts = parts;
    this.#times = parts.times ?? LEASE;
  }

  get isHeld(): boolean {
    return this.#limiter !== null;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Gives the budget back. The users of the limiter have stopped. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort(new DOMException("The budget is given back.", "AbortError"));
    this.#wake?.abort();
    await this.#running;
    const limiter = this.#limiter;
    if (!limiter) return;
    const spending = this.#spendingOf(limiter, 0);
    this.#lose();
    const { store, account, clock, log } = this.#parts;
    try {
      await store.giveBack(account, this.#token, spending, clock.nowMs());
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      // Whoever comes next waits for the lease to end.
      log.warn({ reason: error.message }, "a vendor's budget could not be given back");
    }
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#parts;
    while (!this.#stop.signal.aborted) {
      const beganMs = clock.monotonicMs();
      this.#isUrgent = false;
      try {
        await (this.#limiter ? this.#beat(this.#limiter, beganMs) : this.#look(beganMs));
      } catch (error) {
        if (!(error instanceof StorageUnavailable)) log.error({ err: error }, "a vendor's budget cannot be kept");
      }
      // A sign of life that could not be given may be late: the limiter has stopped by itself.
      if (this.#limiter && clock.monotonicMs() >= this.#leaseEndsMs) this.#lose();
      await this.#rest(beganMs + (this.#limiter ? this.#times.beatMs : this.#times.lookMs));
    }
  }

  async #look(beganMs: number): Promise<void> {
    const { store, account, holder, isAlone, clock } = this.#parts;
    const found = await store.find(account);
    const nowMs = clock.monotonicMs();
    if (found && (this.#seen?.token !== found.token || this.#seen.beat !== found.beat)) {
      this.#seen = { token: found.token, beat: found.beat, sinceMs: nowMs };
    }
    const silentMs = found && this.#seen ? nowMs - this.#seen.sinceMs : 0;
    const isFree = !found || found.holder === "" || isAlone || silentMs >= this.#times.leaseMs;
    if (this.#stop.signal.aborted) return;
    if (!isFree) return this.#sayElsewhere();
    const taken = await store.take(account, holder, found, clock.nowMs());
    if (!taken) return;
    const limiter = this.#limiterAfter(found, silentMs);
    this.#token = taken.token;
    await this.#beat(limiter, beganMs);
  }

  /** What the last holder spent counts on, as old as it is for certain. */
  #limiterAfter(before: StoredBudget | null, silentMs: number): Limiter {
    const { budgets, concurrentMax, laneShares, clock } = this.#parts;
    const urgent = (): void => {
      this.#isUrgent = true;
      this.#wake?.abort();
    };
    const limiter = new Limiter({
      budgets,
      clock,
      needsLeave: true,
      onLeaveSpent: urgent,
      onPaused: urgent,
      ...(concurrentMax !== undefined && { concurrentMax }),
      ...(laneShares && { laneShares }),
    });
    if (!before) limiter.exhaust(SHORT_BUDGET_MS);
    else {
      const agedMs = Math.max(silentMs, clock.nowMs() - before.beatenAtMs - CLOCKS_APART_MS_MAX, 0);
      const { spent, pausedForMs } = readSpending(before.spending, agedMs);
      limiter.restore(spent);
      limiter.exhaust(SHORT_BUDGET_MS);
      if (pausedForMs > 0) limiter.pauseUntil(clock.monotonicMs() + pausedForMs);
    }
    return limiter;
  }

  async #beat(limiter: Limiter, beganMs: number): Promise<void> {
    const { store, account, clock, onHeld } = this.#parts;
    const setAside = setAsideOf(limiter);
    // What is sent while this is written must not be missing in it.
    if (Number.isFinite(setAside)) limiter.allow({ untilMonotonicMs: this.#leaseEndsMs, calls: 0 });
    const isOurs = await store.beat(account, this.#token, this.#spendingOf(limiter, setAside), clock.nowMs());
    if (!isOurs) return this.#lose();
    this.#leaseEndsMs = beganMs + this.#times.leaseMs - this.#times.marginMs;
    limiter.allow({ untilMonotonicMs: this.#leaseEndsMs, calls: setAside });
    if (this.#limiter || this.#stop.signal.aborted) return;
    this.#limiter = limiter;
    this.#isKnownElsewhere = false;
    onHeld(limiter);
  }

  #lose(): void {
    if (!this.#limiter) return;
    this.#limiter.forbid();
    this.#limiter = null;
    this.#seen = null;
    this.#sayElsewhere();
  }

  #sayElsewhere(): void {
    if (this.#isKnownElsewhere) return;
    this.#isKnownElsewhere = true;
    this.#parts.onElsewhere();
  }

  /** Calls that are set aside, or under way, count as spent at the last moment at which they may be: the end of the leave. */
  #spendingOf(limiter: Limiter, setAside: number): string {
    const { clock } = this.#parts;
    const leaveMs = this.#times.leaseMs - this.#times.marginMs;
    const open = limiter.underWay + (Number.isFinite(setAside) ? setAside : 0);
    const spent = limiter.spent(PORTIONS_MAX).flatMap(({ budget, portions }) => {
      if (budget.perMs <= SHORT_BUDGET_MS) return [];
      return [{ budget, portions: open > 0 ? [...portions, { calls: open, ageMs: -leaveMs }] : portions }];
    });
    return writeSpending({ spent, pausedForMs: Math.max(0, limiter.pausedUntilMs - clock.monotonicMs()) });
  }

  /** Until then, or until something must be written at once, or this ends. */
  async #rest(untilMs: number): Promise<void> {
    if (this.#isUrgent || this.#stop.signal.aborted) return;
    this.#wake = new AbortController();
    await this.#parts.clock.sleepUntil(untilMs, this.#wake.signal).catch(() => {});
    this.#wake = null;
  }
}

/** Calls that may be sent until the next sign of life: what is written as spent beforehand, so that no restart spends it again. */
function setAsideOf(limiter: Limiter): number {
  const kept = limiter.budgets.filter(({ perMs }) => perMs > SHORT_BUDGET_MS);
  return Math.min(
    Number.POSITIVE_INFINITY,
    ...kept.map(({ requests }) => Math.max(1, Math.floor(requests * SET_ASIDE))),
  );
}
