import type { Clock } from "../../domain/clock.ts";

/** Failures in a row after which the vendor, and not a device, is taken to be the trouble. */
export const FAILURES_OF_VENDOR = 5;
/** The pause after that many, doubled with each that follows, up to the longest. */
const PAUSE_MS = { least: 1_000, most: 3_600_000 } as const;
/** Until an address that may not be called is looked up again. */
const BARRED_MS = 60_000;

/** How much a connection's vendor is asked of its past, by how it has answered. */
export class VendorPatience {
  readonly #clock: Clock;
  readonly #random: () => number;
  #failures = 0;
  #untilMs = Number.NEGATIVE_INFINITY;

  /** @param random uniform in [0, 1) */
  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Monotonic ms until which nothing is asked; in the past when it may be. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** How many windows may be open: none in a pause, one to find out whether the vendor is back, and otherwise `most`. */
  openMax(most: number): number {
    if (this.#clock.monotonicMs() < this.#untilMs) return 0;
    return this.#failures >= FAILURES_OF_VENDOR ? 1 : most;
  }

  answered(): void {
    this.#failures = 0;
  }

  failed(): void {
    this.#failures++;
    if (this.#failures < FAILURES_OF_VENDOR) return;
    const doublings = Math.min(this.#failures - FAILURES_OF_VENDOR, 16);
    const ceilingMs = Math.min(PAUSE_MS.most, PAUSE_MS.least * 2 ** doublings);
    // Between half and all of it: not in step with other programs that lost the vendor too.
    this.waitFor(ceilingMs * (0.5 + this.#random() / 2));
  }

  /** The vendor's address is one that may not be called for now. */
  barred(): void {
    this.waitFor(BARRED_MS);
  }

  waitFor(durationMs: number): void {
    this.#untilMs = Math.max(this.#untilMs, this.#clock.monotonicMs() + Math.max(PAUSE_MS.least, durationMs));
  }
}
