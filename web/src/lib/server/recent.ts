export interface RecentOptions {
  /** How old an answer may become before it is made anew. */
  readonly keptMs: number;
  /** Answers that are kept; of more, the oldest is forgotten. */
  readonly entriesMax: number;
  /** The time, epoch ms. */
  readonly nowMs: () => number;
}

/** Answers that take a while to make and stay true for a while: many who look at the same moment share one. A failure is not kept. */
export class Recent<T> {
  readonly #options: RecentOptions;
  readonly #kept = new Map<string, { readonly answer: Promise<T>; readonly atMs: number }>();

  constructor(options: RecentOptions) {
    this.#options = options;
  }

  /** Forgets every answer, those that are being made, too. */
  clear(): void {
    this.#kept.clear();
  }

  /** @param key all that the answer depends on, but for the time */
  get(key: string, make: () => Promise<T>): Promise<T> {
    const { keptMs, entriesMax, nowMs } = this.#options;
    const atMs = nowMs();
    const known = this.#kept.get(key);
    if (known && Math.abs(atMs - known.atMs) < keptMs) return known.answer;
    const made = { answer: make(), atMs };
    // Last in the order of insertion, however old the key is.
    this.#kept.delete(key);
    this.#kept.set(key, made);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > entriesMax && oldest !== undefined) this.#kept.delete(oldest);
    made.answer.catch(() => {
      if (this.#kept.get(key) === made) this.#kept.delete(key);
    });
    return made.answer;
  }
}
