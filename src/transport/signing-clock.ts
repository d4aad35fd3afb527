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

/** How far a vendor's clock is ahead of this machine's, as one refusal showed it. */
export interface ClockOffset {
  readonly offsetMs: number;
  /** Counts refusals: what was learned later has the higher one. */
  readonly learnedAs: number;
}

/**
 * The time that goes into signatures: this machine's, until a vendor refuses a signature and its `Date` shows why. A difference is
 * learned only from a refusal: as long as signatures are accepted, a wrong `Date` (of a proxy, say) must not spoil them.
 *
 * Calls learn side by side, and some are refused for another reason too: so each is judged by the offset that it was signed with.
 */
export class SigningClock {
  readonly #clock: Clock;
  #current: ClockOffset = { offsetMs: 0, learnedAs: 0 };
  #accepted: ClockOffset = this.#current;
  #learned = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is signed with now. */
  get offset(): ClockOffset {
    return this.#current;
  }

  /** Whole epoch ms by the vendor's clock, if `offset` is right. */
  timeMs({ offsetMs }: ClockOffset): number {
    return Math.trunc(this.#clock.nowMs() + offsetMs);
  }

  /** Takes the time out of a refusal. Null unless the signature's time was the fault, and signing anew may help. */
  learn(refusal: AnswerHead, exchange: SignedExchange): ClockOffset | null {
    const aheadMs = vendorAheadMs(refusal, exchange);
    if (aheadMs === null) return null;
    const offsetMs = aheadMs + exchange.signedAtMs - exchange.sentAtMs;
    if (Math.abs(offsetMs) > SKEW_MS_MAX) return null;
    this.#current = { offsetMs, learnedAs: ++this.#learned };
    return this.#current;
  }

  /** A signature with this offset was accepted: what was learned is right. */
  accepted(offset: ClockOffset): void {
    this.#accepted = newer(this.#accepted, offset);
    this.#current = newer(this.#current, offset);
  }

  /** A signature with this offset was refused once more: the time was not the fault, or not the only one. */
  refused(offset: ClockOffset): void {
    if (this.#current === offset) this.#current = this.#accepted;
  }
}

/** How far a vendor's clock was ahead of the time in a signature that it refused, ms; null when that is no reason for a refusal, or not told. */
export function vendorAheadMs(
  refusal: AnswerHead,
  { signedAtMs, sentAtMs, receivedAtMs }: SignedExchange,
): number | null {
  const dateMs = vendorTimeMs(refusal);
  if (dateMs === null) return null;
  const aheadMs = dateMs + DATE_CENTRE_MS - (receivedAtMs - sentAtMs) / 2 - signedAtMs;
  const unsureMs = (receivedAtMs - sentAtMs) / 2;
  return Math.abs(aheadMs) > SKEW_MS_LEAST + unsureMs ? aheadMs : null;
}

function newer(one: ClockOffset, other: ClockOffset): ClockOffset {
  return other.learnedAs > one.learnedAs ? other : one;
}
