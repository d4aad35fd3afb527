import type { Budget } from "./budget.ts";

const FIRST_CAPACITY = 16;

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
    while (this.#count > 0 && this.#oldestCountsUntilMs() <= nowMs) {
      this.#oldest = (this.#oldest + 1) % this.#endedMs.length;
      this.#count--;
    }
    if (inFlight + this.#count < this.#budget.requests) return 0;
    return this.#count > 0 ? this.#oldestCountsUntilMs() : Number.POSITIVE_INFINITY;
  }

  #oldestCountsUntilMs(): number {
    return (this.#endedMs[this.#oldest] ?? 0) + this.#budget.perMs;
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
