import type { Clock } from "../domain/clock.ts";

/** Gives out numbers by which the ledger knows requests: each once, growing, about the epoch ms at which it was asked. */
export class RequestNumbers {
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): number {
    this.#last = Math.max(this.#last + 1, Math.trunc(this.#clock.nowMs()));
    return this.#last;
  }
}
