import type { Clock } from "../domain/clock.ts";
import { type AnswerHead, vendorTimeMs } from "./retry.ts";

/** A signature's time this close to the vendor's is no reason for a refusal: `Date` counts whole seconds. */
export const SKEW_MS_LEAST = 5_000;
/** A vendor's clock that is further off than this is not believed. */
export const SKEW_MS_MAX = 86_400_000;
/** `Date` is cut to the second, so the vendor's time lies half a second later on average. */
const DATE_CENTRE_MS = 500;

/** When an attempt was signed, sent and answered. */
export interface SignedExchange {
  /** The time in the signature, epoch ms. */
  readonly signedAtMs: number;
  /** By this machine's clock, epoch ms. */
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

/**
 * The time that goes into signatures: this machine's, until a vendor refuses a signature and its `Date` shows why. A difference is
 * learned only from a refusal: as long as signatures are accepted, a wrong `Date` (of a proxy, say) must not spoil them.
 */
export class SigningClock {
  readonly #clock: Clock;
  #offsetMs = 0;
  #acceptedOffsetMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whole epoch ms, by the vendor's clock as far as it is known. */
  nowMs(): number {
    return Math.trunc(this.#clock.nowMs() + this.#offsetMs);
  }

  /** How far the vendor's clock is ahead of this machine's, as far as it is known; ms. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** Takes the time out of a refusal. True when the signature's time was the fault, and signing anew may help. */
  learn(refusal: AnswerHead, { signedAtMs, sentAtMs, receivedAtMs }: SignedExchange): boolean {
    const dateMs = vendorTimeMs(refusal);
    if (dateMs === null) return false;
    const offsetMs = dateMs + DATE_CENTRE_MS - (sentAtMs + receivedAtMs) / 2;
    const wrongByMs = Math.abs(sentAtMs + offsetMs - signedAtMs);
    const unsureMs = (receivedAtMs - sentAtMs) / 2;
    if (wrongByMs <= SKEW_MS_LEAST + unsureMs || Math.abs(offsetMs) > SKEW_MS_MAX) return false;
    this.#offsetMs = offsetMs;
    return true;
  }

  /** A signature was accepted: what was learned is right. */
  accepted(): void {
    this.#acceptedOffsetMs = this.#offsetMs;
  }

  /** A signature was refused once more: the time was not the fault, or not the only one. */
  refused(): void {
    this.#offsetMs = this.#acceptedOffsetMs;
  }
}
