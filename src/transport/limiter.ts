import type { Clock } from "../domain/clock.ts";
import { onAbort } from "./abort.ts";
import { type Budget, shareOfBudget } from "./budget.ts";
import { LANES, type Lane, LaneQueue, type LaneShares } from "./lanes.ts";
import { Spending, type SpentPortion } from "./spending.ts";

export interface LimiterOptions {
  /** Every budget holds at once; none means no limit. */
  readonly budgets: readonly Budget[];
  readonly clock: Clock;
  /** Counts every budget as wholly spent at the moment of construction: the last process may just have spent it. */
  readonly spentAtStart?: boolean;
  /** Calls that may be under way at once. Default: as many as the budgets allow. */
  readonly concurrentMax?: number;
  readonly laneShares?: LaneShares;
  /** Whether nothing may be sent before `allow` says so: another process may hold the budget. */
  readonly needsLeave?: boolean;
  /** A call was granted that `allow` counted as the last. */
  readonly onLeaveSpent?: () => void;
  /** Everything is held from now on, for longer than before. */
  readonly onPaused?: () => void;
}

/** Until when calls may be granted, and how many. */
export interface Leave {
  readonly untilMonotonicMs: number;
  readonly calls: number;
}

const NO_LEAVE: Leave = { untilMonotonicMs: Number.NEGATIVE_INFINITY, calls: 0 };
const FREE: Leave = { untilMonotonicMs: Number.POSITIVE_INFINITY, calls: Number.POSITIVE_INFINITY };

/** A budget, and what of it still counts. */
export interface BudgetSpent {
  readonly budget: Budget;
  readonly portions: readonly SpentPortion[];
}

export interface AcquireOptions {
  /** Default `live`. */
  readonly lane?: Lane | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Leave to send one call, now. Exactly one of the two ends it; what comes after is ignored. */
export interface Permit {
  readonly lane: Lane;
  /** The vendor is known to have seen the call, or it has ended without an answer: it counts from this moment. */
  release(): void;
  /** The call was never sent and costs nothing. */
  cancel(): void;
}

/** Ends a sleep that is no longer needed; made once, since making an error is not cheap. */
const WOKEN = new Error("another moment counts now");

interface Waiter {
  readonly grant: (permit: Permit) => void;
  readonly refuse: (reason: unknown) => void;
  leaveSignal: (() => void) | null;
}

/**
 * Keeps a vendor's limits exactly where the vendor counts: at its own arrival of the calls, which the sender never sees.
 *
 * A call may arrive at any time between its send and its answer. So it occupies its place in every budget from its send
 * until `perMs` after its answer's arrival: at most `requests` calls are in flight or have ended within the last `perMs`.
 * Of any `requests + 1` calls, one had ended `perMs` before another was sent, so the vendor saw these two at least
 * `perMs` apart, whatever the network's delays were. With no delay nothing is wasted.
 *
 * The vendor's clock is taken to run as fast as ours: a drift of 100 ppm over a budget of a second is 0.1 ms, less than a round trip.
 */
export class Limiter {
  readonly #clock: Clock;
  readonly #spendings: Spending[];
  /** Of the lanes that have only a share. */
  readonly #laneSpendings: Readonly<Record<Lane, readonly Spending[]>>;
  readonly #inFlightOf: Record<Lane, number> = { live: 0, repair: 0, history: 0 };
  readonly #concurrentMax: number;
  readonly #onLeaveSpent: (() => void) | undefined;
  readonly #onPaused: (() => void) | undefined;
  #leave: Leave;
  readonly #queue = new LaneQueue<Waiter>();
  #inFlight = 0;
  #granted = 0;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #sleep: { readonly untilMs: number; readonly stop: AbortController } | null = null;

  constructor(options: LimiterOptions) {
    this.#clock = options.clock;
    this.#spendings = options.budgets.map((budget) => new Spending(budget));
    const shareOf = (share = 1): Spending[] =>
      share < 1 ? options.budgets.map((budget) => new Spending(shareOfBudget(budget, share))) : [];
    const { repair, history } = options.laneShares ?? {};
    this.#laneSpendings = { live: [], repair: shareOf(repair), history: shareOf(history) };
    this.#concurrentMax = options.concurrentMax ?? Number.POSITIVE_INFINITY;
    this.#leave = options.needsLeave ? NO_LEAVE : FREE;
    this.#onLeaveSpent = options.onLeaveSpent;
    this.#onPaused = options.onPaused;
    if (options.spentAtStart) this.exhaust();
  }

  /** Every budget that holds, learned ones too. */
  get budgets(): Budget[] {
    return this.#spendings.map(({ budget }) => budget);
  }

  /** Counts every budget of up to so long a time as wholly spent now. */
  exhaust(perMsMax = Number.POSITIVE_INFINITY): void {
    const nowMs = this.#clock.monotonicMs();
    for (const spending of this.#spendings) if (spending.budget.perMs <= perMsMax) spending.exhaust(nowMs);
  }

  /** Lets calls be granted until then, and so many: what was allowed before is replaced. */
  allow(leave: Leave): void {
    this.#leave = leave;
    this.#grantWhatFits();
  }

  /** Lets nothing more be granted. */
  forbid(): void {
    this.allow(NO_LEAVE);
  }

  /**
   * Keeps a further budget that the vendor told of; one that is no stricter than those that hold changes nothing.
   * @param spent calls that it counts already; by default all that were granted here
   */
  learn(budget: Budget, spent = this.#granted): void {
    const isKnown = this.#spendings.some(
      ({ budget: known }) => known.requests <= budget.requests && known.perMs >= budget.perMs,
    );
    if (isKnown) return;
    const spending = new Spending(budget);
    spending.restore([{ calls: spent, ageMs: 0 }], this.#clock.monotonicMs());
    this.#spendings.push(spending);
  }

  /** Calls that were granted and have not ended. */
  get underWay(): number {
    return this.#inFlight;
  }

  /** Every budget with what of it still counts, without the calls that are under way. */
  spent(portionsMax: number): BudgetSpent[] {
    const nowMs = this.#clock.monotonicMs();
    return this.#spendings.map((spending) => ({
      budget: spending.budget,
      portions: spending.portions(portionsMax, nowMs),
    }));
  }

  /** Takes over what an earlier process spent; before the first call. A budget that is not known is learned. */
  restore(spent: readonly BudgetSpent[]): void {
    const nowMs = this.#clock.monotonicMs();
    for (const { budget, portions } of spent) {
      const { requests, perMs } = budget;
      let spending = this.#spendings.find(({ budget: known }) => known.requests === requests && known.perMs === perMs);
      if (!spending) {
        spending = new Spending(budget);
        this.#spendings.push(spending);
      }
      spending.restore(portions, nowMs);
    }
  }

  /** Calls that wait for their turn. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Monotonic ms until which everything is held; in the past when nothing is. */
  get pausedUntilMs(): number {
    return this.#pausedUntilMs;
  }

  /**
   * Resolves when a call may be sent: lanes strictly by urgency, first come first served within one. The call should be
   * sent at once. When the signal aborts, rejects with its reason; a waiter that leaves has spent nothing.
   */
  acquire(options: AcquireOptions = {}): Promise<Permit> {
    const { lane = "live", signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { grant: resolve, refuse: reject, leaveSignal: null };
      const place = this.#queue.push(lane, waiter);
      if (signal) {
        waiter.leaveSignal = onAbort(signal, (reason) => {
          this.#queue.remove(place);
          this.#wakeWhenNeeded();
          reject(reason);
        });
      }
      this.#grantWhatFits();
    });
  }

  /** Holds every call until then; a shorter pause than the one that holds changes nothing. */
  pauseUntil(untilMonotonicMs: number): void {
    if (untilMonotonicMs <= this.#pausedUntilMs) return;
    this.#pausedUntilMs = untilMonotonicMs;
    this.#onPaused?.();
  }

  /** Sends every waiter away with the reason that `reason` makes. Later ones are served. */
  rejectWaiting(reason: () => Error): void {
    for (let waiter = this.#queue.shift(); waiter; waiter = this.#queue.shift()) {
      waiter.leaveSignal?.();
      waiter.refuse(reason());
    }
    this.#wakeWhenNeeded();
  }

  #grantWhatFits(): void {
    const nowMs = this.#clock.monotonicMs();
    for (let lane = this.#laneThatFits(nowMs); lane; lane = this.#laneThatFits(nowMs)) {
      const waiter = this.#queue.shiftFrom(lane);
      waiter?.leaveSignal?.();
      waiter?.grant(this.#permit(lane));
    }
    this.#wakeWhenNeeded();
  }

  #laneThatFits(nowMs: number): Lane | undefined {
    return LANES.find((lane) => this.#queue.waitsIn(lane) && this.#freeAtMs(lane, nowMs) <= nowMs);
  }

  #freeAtMs(lane: Lane, nowMs: number): number {
    if (this.#inFlight >= this.#concurrentMax || this.#leave.calls < 1) return Number.POSITIVE_INFINITY;
    let freeAtMs = this.#pausedUntilMs;
    for (const spending of this.#spendings) freeAtMs = Math.max(freeAtMs, spending.freeAtMs(this.#inFlight, nowMs));
    for (const spending of this.#laneSpendings[lane]) {
      freeAtMs = Math.max(freeAtMs, spending.freeAtMs(this.#inFlightOf[lane], nowMs));
    }
    return Math.max(freeAtMs, nowMs) < this.#leave.untilMonotonicMs ? freeAtMs : Number.POSITIVE_INFINITY;
  }

  #permit(lane: Lane): Permit {
    this.#granted++;
    this.#inFlight++;
    this.#inFlightOf[lane]++;
    this.#leave = { ...this.#leave, calls: this.#leave.calls - 1 };
    if (this.#leave.calls === 0) this.#onLeaveSpent?.();
    let open = true;
    const end = (spent: boolean): void => {
      if (!open) return;
      open = false;
      this.#inFlight--;
      this.#inFlightOf[lane]--;
      if (spent) {
        const nowMs = this.#clock.monotonicMs();
        for (const spending of this.#spendings) spending.end(nowMs);
        for (const spending of this.#laneSpendings[lane]) spending.end(nowMs);
      }
      this.#grantWhatFits();
    };
    return { lane, release: () => end(true), cancel: () => end(false) };
  }

  /** When the first waiter of any lane fits; Infinity while only an event can tell, or nobody waits. */
  #nextFitMs(): number {
    const nowMs = this.#clock.monotonicMs();
    const fits = LANES.filter((lane) => this.#queue.waitsIn(lane)).map((lane) => this.#freeAtMs(lane, nowMs));
    return Math.min(Number.POSITIVE_INFINITY, ...fits);
  }

  /** Sleeps until the next call fits, and not at all when nobody waits: a timer would keep the process alive. */
  #wakeWhenNeeded(): void {
    const untilMs = this.#nextFitMs();
    if (this.#sleep) {
      const wakesInTime = this.#sleep.untilMs <= untilMs && untilMs !== Number.POSITIVE_INFINITY;
      if (wakesInTime) return;
      this.#sleep.stop.abort(WOKEN);
      this.#sleep = null;
    }
    if (untilMs === Number.POSITIVE_INFINITY) return;
    const sleep = { untilMs, stop: new AbortController() };
    this.#sleep = sleep;
    this.#clock.sleepUntil(untilMs, sleep.stop.signal).then(
      () => {
        if (this.#sleep !== sleep) return;
        this.#sleep = null;
        this.#grantWhatFits();
      },
      // Stopped because an earlier moment counts now, or nobody waits any more.
      () => {},
    );
  }
}
