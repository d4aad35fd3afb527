/** Beyond this many keys, those whose window is over are forgotten. */
const KEYS_SWEPT_AT = 1_000;

/**
 * A vendor's count of requests in any window of `perMs`, per key. Every request counts, a refused one too; one that
 * comes exactly `perMs` after another is in a new window.
 */
export class WindowRate {
  readonly #requests: number;
  readonly #perMs: number;
  readonly #arrivals = new Map<string, Arrivals>();

  constructor({ requests, perMs }: { readonly requests: number; readonly perMs: number }) {
    this.#requests = requests;
    this.#perMs = perMs;
  }

  /** Takes an arrival at a monotonic time (ms). Returns null when it is allowed, else how many ms too early it came. */
  arrive(key: string, atMs: number): number | null {
    const arrivals = this.#of(key, atMs);
    const place = arrivals.count % this.#requests;
    const oldestMs = arrivals.count < this.#requests ? Number.NEGATIVE_INFINITY : (arrivals.lastMs[place] ?? 0);
    arrivals.lastMs[place] = atMs;
    arrivals.count++;
    const earlyMs = this.#perMs - (atMs - oldestMs);
    return earlyMs > 0 ? earlyMs : null;
  }

  #of(key: string, atMs: number): Arrivals {
    const known = this.#arrivals.get(key);
    if (known) return known;
    if (this.#arrivals.size >= KEYS_SWEPT_AT) this.#sweep(atMs);
    const fresh: Arrivals = { lastMs: [], count: 0 };
    this.#arrivals.set(key, fresh);
    return fresh;
  }

  #sweep(atMs: number): void {
    for (const [key, { lastMs, count }] of this.#arrivals) {
      const newestMs = lastMs[(count - 1) % this.#requests] ?? 0;
      if (atMs - newestMs >= this.#perMs) this.#arrivals.delete(key);
    }
  }
}

/** The newest arrivals, as many as a window may hold, in a ring. */
interface Arrivals {
  readonly lastMs: number[];
  count: number;
}
