/** A token may be used once in any `perMs`. Nothing is forgiven. */
export const RATE_PER_MS = 1_000;

/** Beyond this many tokens, those whose second is over are forgotten. */
const TOKENS_SWEPT_AT = 1_000;

/** The vendor's count of arrivals, per token. A refused arrival leaves no trace, so it cannot restart the second. */
export class RateRule {
  readonly #lastTakenMs = new Map<string, number>();

  /** Takes an arrival at a monotonic time (ms). Returns null when it is allowed, else how many ms too early it came. */
  arrive(token: string, atMs: number): number | null {
    const last = this.#lastTakenMs.get(token);
    if (last !== undefined && atMs - last < RATE_PER_MS) return RATE_PER_MS - (atMs - last);
    if (this.#lastTakenMs.size >= TOKENS_SWEPT_AT) this.#sweep(atMs);
    this.#lastTakenMs.set(token, atMs);
    return null;
  }

  #sweep(atMs: number): void {
    for (const [token, last] of this.#lastTakenMs) {
      if (atMs - last >= RATE_PER_MS) this.#lastTakenMs.delete(token);
    }
  }
}
