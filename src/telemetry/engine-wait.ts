import type { Clock } from "../domain/clock.ts";
import { InvalidInput, StorageUnavailable } from "../domain/errors.ts";
import { EngineUnavailable } from "./engine.ts";

/** How long a read waits for an engine that is down or has not yet taken the newest readings, ms. */
export const READ_WAIT_MS = 5_000;
export const RETRY_AFTER_S = 2;
const RETRY_MS = 50;

/** Waits for an engine that will be back, as long as a reader may be kept waiting. */
export class EngineWait {
  readonly #clock: Clock;
  readonly #waitMs: number;

  constructor(clock: Clock, waitMs = READ_WAIT_MS) {
    this.#clock = clock;
    this.#waitMs = waitMs;
  }

  /** Until when one that asks now waits, on the monotonic clock. */
  untilMs(): number {
    return this.#clock.monotonicMs() + this.#waitMs;
  }

  /** Asks again while the engine is down. @throws InvalidInput as asked, StorageUnavailable once it is too late or for what waiting does not mend */
  async ask<T>(ask: () => Promise<T>, untilMs = this.untilMs()): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (error instanceof InvalidInput) throw error;
        if (!(error instanceof EngineUnavailable) || this.#clock.monotonicMs() + RETRY_MS > untilMs) {
          throw new StorageUnavailable("The telemetry engine cannot answer now.", RETRY_AFTER_S, { cause: error });
        }
      }
      await this.#clock.sleepUntil(this.#clock.monotonicMs() + RETRY_MS);
    }
  }
}
