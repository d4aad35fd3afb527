/** Time as a value that is handed in, so that a month of polling is tested in milliseconds. */
export interface Clock {
  /** Wall time, UTC epoch ms. It may jump when the machine's clock is set: use it for timestamps, never for durations. */
  nowMs(): number;
  /** Ms since an arbitrary start, never going back: use it for spacing, timeouts and durations. */
  monotonicMs(): number;
  /** Resolves when `monotonicMs()` has reached `untilMonotonicMs`, never before; rejects with the signal's reason when aborted. */
  sleepUntil(untilMonotonicMs: number, signal?: AbortSignal): Promise<void>;
}

/** Longest single timer: Node fires at once what exceeds 2^31 − 1 ms. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleepUntil(untilMonotonicMs, signal) {
    signal?.throwIfAborted();
    // A timer may fire a fraction of a millisecond early, and a vendor's limit forgives nothing: wait again for what is left.
    for (let leftMs = untilMonotonicMs - performance.now(); leftMs > 0; leftMs = untilMonotonicMs - performance.now()) {
      await timer(Math.min(Math.ceil(leftMs), TIMER_MAX_MS), signal);
    }
  },
};

function timer(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(handle);
      reject(signal?.reason as Error);
    };
    const handle = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
