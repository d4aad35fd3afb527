import type { Budget } from "./budget.ts";

const FIRST_CAPACITY = 16;

/** Calls that still count against a budget, and how long ago the youngest of them ended, ms. */
export interface SpentPortion {
  readonly calls: number;
  readonly ageMs: number;
}

/** What has been spent of one budget: when the calls ended that still count, oldest first, in a ring that never outgrows the budget. */
export class Spending {
  readonly #budget: Budget;
  #endedMs: Float64Array;
  #oldest = 0;
  #count = 0;

  constructor(budget: Budget) {
    if (!Number.isInteger(budget.requests) || budget.requests < 1 || !(budget.perMs > 0)) {
      throw new RangeError(
        `a budget needs at least 1 request and a time above 0 ms, not ${budget.requests} in ${budget.perMs} ms`,
      );
    }
    this.#budget = budget;
    this.#endedMs = new Float64Array(Math.min(FIRST_CAPACITY, budget.requests));
  }

  get budget(): Budget {
    return this.#budget;
  }

  /** Counts the whole budget as spent at `nowMs`. */
  exhaust(nowMs: number): void {
    while (this.#count < this.#budget.requests) this.end(nowMs);
  }

  /** A call has ended at `nowMs`, which is not before any earlier end. */
  end(nowMs: number): void {
    if (this.#count === this.#endedMs.length) this.#grow();
    this.#endedMs[(this.#oldest + this.#count) % this.#endedMs.length] = nowMs;
    this.#count++;
  }

  /** The earliest time at which one more call fits beside `inFlight` open ones: 0 for now, Infinity while only an end of one can tell. */
  freeAtMs(inFlight: number, nowMs: number): number {
    while (this.#count > 0 && this.#oldestCountsUntilMs() <= nowMs) this.#forgetOldest();
    if (inFlight + this.#count < this.#budget.requests) return 0;
    return this.#count > 0 ? this.#oldestCountsUntilMs() : Number.POSITIVE_INFINITY;
  }

  /** What still counts, oldest first, in at most `portionsMax` portions; a portion is as young as its youngest call. */
  portions(portionsMax: number, nowMs: number): SpentPortion[] {
    this.freeAtMs(0, nowMs);
    const perPortion = Math.max(1, Math.ceil(this.#count / portionsMax));
    const portions: SpentPortion[] = [];
    for (let from = 0; from < this.#count; from += perPortion) {
      const calls = Math.min(perPortion, this.#count - from);
      portions.push({ calls, ageMs: nowMs - this.#endedAtMs(from + calls - 1) });
    }
    return portions;
  }

  /** Counts what an earlier process spent; before any call of this one has ended. */
  restore(portions: readonly SpentPortion[], nowMs: number): void {
    const fitting = portions.toSorted((a, b) => b.ageMs - a.ageMs);
    for (const { calls, ageMs } of fitting) {
      // More than the whole budget cannot be spent, and the youngest are what matters.
      for (let call = 0; call < Math.min(calls, this.#budget.requests); call++) {
        if (this.#count === this.#budget.requests) this.#forgetOldest();
        this.end(nowMs - Math.max(0, ageMs));
      }
    }
  }

  #endedAtMs(place: number): number {
    return this.#endedMs[(this.#oldest + place) % this.#endedMs.length] ?? 0;
  }

  #forgetOldest(): void {
    this.#oldest = (this.#oldest + 1) % this.#endedMs.length;
    this.#count--;
  }

  #oldestCountsUntilMs(): number {
    return this.#endedAtMs(0) + this.#budget.perMs;
  }

  #grow(): void {
    const capacity = this.#endedMs.length;
    const grown = new Float64Array(capacity * 2);
    for (let index = 0; index < this.#count; index++) {
      grown[index] = this.#endedMs[(this.#oldest + index) % capacity] ?? 0;
    }
    this.#endedMs = grown;
    this.#oldest = 0;
  }
}
