import type { Clock } from "../domain/clock.ts";
import { VendorRateLimited } from "./errors.ts";
import type { Lane } from "./lanes.ts";
import type { Limiter, Permit } from "./limiter.ts";
import { toldLimits } from "./rate-limit-fields.ts";
import type { AnswerHead } from "./retry.ts";

/** A vendor that asks for more patience than this gets it, but the call ends and says when to come back. */
export const RETRY_WAIT_MAX_MS = 120_000;

export interface GateOptions {
  /** The vendor's name for messages. */
  readonly vendor: string;
  readonly limiter: Limiter;
  readonly clock: Clock;
}

/** The way to a vendor: open as its limits allow, and shut for as long as it asks. */
export class Gate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /**
   * A permit, or the error to end with when the vendor's pause is longer than a caller should wait without a word.
   *
   * @param attempts how often the call will have been sent with this one
   */
  async acquire(attempts: number, lane: Lane | undefined, signal: AbortSignal): Promise<Permit | VendorRateLimited> {
    const held = this.#longPause(attempts);
    if (held) return held;
    try {
      return await this.#options.limiter.acquire({ lane, signal });
    } catch (error) {
      const heldNow = signal.aborted ? null : this.#longPause(attempts);
      if (heldNow) return heldNow;
      throw error;
    }
  }

  /** Holds every call for so long; those that wait are sent away when it is too long for them. */
  pause(delayMs: number): void {
    const { limiter, vendor, clock } = this.#options;
    limiter.pauseUntil(clock.monotonicMs() + delayMs);
    if (delayMs > RETRY_WAIT_MAX_MS) limiter.rejectWaiting(() => new Error(`${vendor} has asked for a long silence`));
  }

  /** Keeps to the limits that an answer tells of. */
  heed(answer: Pick<AnswerHead, "headers">): void {
    const { budgets, pauseMs } = toldLimits(answer);
    for (const { budget, spent } of budgets) this.#options.limiter.learn(budget, spent ?? undefined);
    if (pauseMs > 0) this.pause(pauseMs);
  }

  #longPause(attempts: number): VendorRateLimited | null {
    const { limiter, vendor, clock } = this.#options;
    const leftMs = limiter.pausedUntilMs - clock.monotonicMs();
    if (leftMs <= RETRY_WAIT_MAX_MS) return null;
    const message = `${vendor} has asked for ${Math.ceil(leftMs / 1000)} s of silence; nothing was sent.`;
    const facts = { status: null, attempts: attempts - 1, requestId: null, body: null };
    return new VendorRateLimited(message, facts, Math.trunc(clock.nowMs() + leftMs));
  }
}
