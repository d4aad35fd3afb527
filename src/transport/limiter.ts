import type { Clock } from "../domain/clock.ts";
import { onAbort } from "./abort.ts";
import type { Budget } from "./budget.ts";
import { type Lane, LaneQueue } from "./lanes.ts";
import { Spending } from "./spending.ts";

export interface LimiterOptions {
  /** Every budget holds at once; none means no limit. */
  readonly budgets: readonly Budget[];
  readonly clock: Clock;
  /** Counts every budget as wholly spent at the moment of construction: the last process may just have spent it. */
  readonly spentAtStart?: boolean;
}

export interface AcquireOptions {
  /** Default `live`. */
  readonly lane?: Lane | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Leave to send one call, now. Exactly one of the two ends it; what comes after is ignored. */
export interface Permit {
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
  readonly #spendings: readonly Spending[];
  readonly #queue = new LaneQueue<Waiter>();
  #inFlight = 0;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #sleep: { readonly untilMs: number; readonly stop: AbortController } | null = null;

  constructor(options: LimiterOptions) {
    this.#clock = options.clock;
    this.#spendings = options.budgets.map((budget) => new Spending(budget));
    if (options.spentAtStart) {
      const nowMs = this.#clock.monotonicMs();
      for (const spending of this.#spendings) spending.exhaust(nowMs);
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
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMonotonicMs);
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
    while (this.#queue.size > 0 && this.#freeAtMs(nowMs) <= nowMs) {
      const waiter = this.#queue.shift();
      waiter?.leaveSignal?.();
      waiter?.grant(this.#permit());
    }
    this.#wakeWhenNeeded();
  }

  #freeAtMs(nowMs: number): number {
    let freeAtMs = this.#pausedUntilMs;
    for (const spending of this.#spendings) freeAtMs = Math.max(freeAtMs, spending.freeAtMs(this.#inFlight, nowMs));
    return freeAtMs;
  }

  #permit(): Permit {
    this.#inFlight++;
    let open = true;
    const end = (spent: boolean): void => {
      if (!open) return;
      open = false;
      this.#inFlight--;
      if (spent) {
        const nowMs = this.#clock.monotonicMs();
        for (const spending of this.#spendings) spending.end(nowMs);
      }
      this.#grantWhatFits();
    };
    return { release: () => end(true), cancel: () => end(false) };
  }

  /** Sleeps until the next call fits, and not at all when nobody waits: a timer would keep the process alive. */
  #wakeWhenNeeded(): void {
    const untilMs = this.#queue.size > 0 ? this.#freeAtMs(this.#clock.monotonicMs()) : Number.POSITIVE_INFINITY;
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
