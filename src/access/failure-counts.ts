import type { Clock } from "../domain/clock.ts";

/** The first wait; each further failure doubles it. */
export const WAIT_MS_MIN = 1_000;
export const WAIT_MS_MAX = 900_000;
/** A failure is forgotten after this time; so whoever keeps failing gets one attempt in it, for as long as they like. */
export const FAILURE_FORGOTTEN_AFTER_MS = WAIT_MS_MAX;
/** Failures past the free ones that are remembered: as many as it takes to reach the longest wait. */
export const DOUBLINGS_MAX = Math.ceil(Math.log2(WAIT_MS_MAX / WAIT_MS_MIN));

export interface FailureLimits {
  /** Attempts in a row that may fail before the next one has to wait. */
  readonly freeMax: number;
  /** Keys remembered; beyond, the one that failed least recently is forgotten. */
  readonly keysMax: number;
}

interface Failures {
  /** How many are remembered, as of `atMs`. */
  count: number;
  /** When the count was last true; monotonic. */
  atMs: number;
  /** When the next attempt is taken; monotonic. */
  waitUntilMs: number;
}

/** Undoes one failure. Idempotent. */
export type TakeBack = () => void;

/**
 * How often somebody failed of late, and how long they wait for it. The count leaks, so that nobody pays for last week, and it stops
 * rising at the longest wait, so that paying ends.
 */
export class FailureCounts {
  readonly #limits: FailureLimits;
  readonly #clock: Clock;
  /** In the order of their last failure. */
  readonly #byKey = new Map<string, Failures>();

  constructor(limits: FailureLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Ms until this key's next attempt is taken; 0 when it is now. */
  waitMs(key: string): number {
    const failures = this.#byKey.get(key);
    return failures ? Math.max(failures.waitUntilMs - this.#clock.monotonicMs(), 0) : 0;
  }

  add(key: string): TakeBack {
    const nowMs = this.#clock.monotonicMs();
    const failures = this.#byKey.get(key) ?? { count: 0, atMs: nowMs, waitUntilMs: 0 };
    leak(failures, nowMs);
    failures.count = Math.min(failures.count + 1, this.#limits.freeMax + DOUBLINGS_MAX);
    const waitUntilMs = nowMs + waitAfter(failures.count - this.#limits.freeMax);
    failures.waitUntilMs = waitUntilMs;
    this.#byKey.delete(key);
    this.#byKey.set(key, failures);
    if (this.#byKey.size > this.#limits.keysMax) this.#forgetOldest();
    let isTakenBack = false;
    return () => {
      if (isTakenBack) return;
      isTakenBack = true;
      failures.count = Math.max(failures.count - 1, 0);
      // A later attempt's wait is its own.
      if (failures.waitUntilMs === waitUntilMs) failures.waitUntilMs = 0;
    };
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }

  #forgetOldest(): void {
    for (const key of this.#byKey.keys()) {
      this.#byKey.delete(key);
      return;
    }
  }
}

function leak(failures: Failures, nowMs: number): void {
  const forgotten = Math.floor((nowMs - failures.atMs) / FAILURE_FORGOTTEN_AFTER_MS);
  failures.count = Math.max(failures.count - forgotten, 0);
  failures.atMs = failures.count === 0 ? nowMs : failures.atMs + forgotten * FAILURE_FORGOTTEN_AFTER_MS;
}

function waitAfter(pastFree: number): number {
  return pastFree < 0 ? 0 : Math.min(WAIT_MS_MIN * 2 ** pastFree, WAIT_MS_MAX);
}
