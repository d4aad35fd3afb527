import type { Clock } from "./clock.ts";

interface Sleeper {
  readonly untilMs: number;
  readonly order: number;
  readonly wake: () => void;
}

/** A clock for tests: time stands still until `advance` or `run` moves it, and sleepers wake in order of their time. */
export class VirtualClock implements Clock {
  #elapsedMs = 0;
  #wallOffsetMs: number;
  #order = 0;
  readonly #sleepers = new Set<Sleeper>();
  readonly #settle: () => Promise<void>;

  /**
   * @param startMs wall time, epoch ms
   * @param settle lets what is ready run to its next wait. `settleTicks` is quicker where nothing waits for an immediate or for I/O.
   */
  constructor(startMs: number = Date.UTC(2026, 5, 21, 10), settle: () => Promise<void> = settleImmediates) {
    this.#wallOffsetMs = startMs;
    this.#settle = settle;
  }

  nowMs(): number {
    return this.#wallOffsetMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  /** Sets the wall clock forwards or back, as an operator or NTP would; durations are untouched. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  sleepUntil(untilMonotonicMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (untilMonotonicMs <= this.#elapsedMs) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason as Error);
      };
      const sleeper: Sleeper = {
        untilMs: untilMonotonicMs,
        order: this.#order++,
        wake: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Moves time on by `byMs`, waking each sleeper at its own time and letting what it woke run before time goes on. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#elapsedMs + byMs;
    await this.#settle();
    for (let next = this.#earliest(); next && next.untilMs <= untilMs; next = this.#earliest()) {
      this.#wake(next);
      await this.#settle();
    }
    this.#elapsedMs = untilMs;
    await this.#settle();
  }

  /** Moves time from sleeper to sleeper until `work` has settled; throws when nothing sleeps and the work is still open. */
  async run<T>(work: Promise<T>): Promise<T> {
    const state = { settled: false };
    const watched = work.finally(() => {
      state.settled = true;
    });
    watched.catch(() => {});
    for (await this.#settle(); !state.settled; await this.#settle()) {
      const next = this.#earliest();
      if (!next) throw new Error("the virtual clock has no sleeper left, and the work has not ended");
      this.#wake(next);
    }
    return watched;
  }

  #wake(sleeper: Sleeper): void {
    this.#elapsedMs = Math.max(this.#elapsedMs, sleeper.untilMs);
    this.#sleepers.delete(sleeper);
    sleeper.wake();
  }

  #earliest(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (
        !first ||
        sleeper.untilMs < first.untilMs ||
        (sleeper.untilMs === first.untilMs && sleeper.order < first.order)
      ) {
        first = sleeper;
      }
    }
    return first;
  }
}

/** Lets promises, ticks and the immediates that are there run. */
export function settleImmediates(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Lets promises and ticks run, and nothing else. */
export function settleTicks(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
