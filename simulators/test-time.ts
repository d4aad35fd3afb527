import type { SimulatorTime } from "./time.ts";

/** Time for tests, which moves only when told to, or by sleeping: a delay takes no real time. */
export class TestTime implements SimulatorTime {
  /** Monotonic ms since the start. */
  atMs = 0;
  readonly #startMs: number;

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  nowMs(): number {
    return this.#startMs + this.atMs;
  }

  monotonicMs(): number {
    return this.atMs;
  }

  sleepUntil(untilMs: number): Promise<void> {
    this.atMs = Math.max(this.atMs, untilMs);
    return Promise.resolve();
  }
}
