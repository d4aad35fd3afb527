import type { Finding } from "../domain/quality.ts";

/**
 * A rule at work on one series. What it knows is carried from reading to reading, so that a history in pieces gives what it gives in one.
 * It throws on no finite value.
 */
export interface Detector {
  /** The next reading; times ascend. */
  take(timeMs: number, value: number): void;
  /** All that was found, in order; what goes on at `untilMs` has no end. Nothing is taken afterwards. */
  end(untilMs: number): readonly Finding[];
}

/** What a share is one of: the rated power, or else the greatest value so far. */
export class Scale {
  readonly #rated: number | null;
  #highest = 0;

  constructor(rated: number | null) {
    this.#rated = rated;
  }

  /** The greatest magnitude so far. */
  get highest(): number {
    return this.#highest;
  }

  take(value: number): void {
    const magnitude = Math.abs(value);
    if (magnitude > this.#highest) this.#highest = magnitude;
  }

  /** 0 before anything is known. */
  get whole(): number {
    return this.#rated ?? this.#highest;
  }
}
