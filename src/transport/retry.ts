import { VendorProtocolError, VendorRateLimited, VendorTimeout, VendorUnavailable } from "./errors.ts";

export const RETRY_BASE_MS = 500;
export const RETRY_CAP_MS = 30_000;

/** What an answer's first lines say. */
export interface AnswerHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * How long to wait before a call is sent again, ms. Full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"):
 * uniform in [0, min(cap, base · 2^attempt)], and never before what the vendor asked for.
 *
 * @param attempt how many times the call was sent, at least 1
 * @param answer what the vendor said; null when no answer came
 * @param nowMs wall time, epoch ms
 * @param random uniform in [0, 1)
 */
export function retryDelayMs(attempt: number, answer: AnswerHead | null, nowMs: number, random: () => number): number {
  const jitterMs = random() * Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** attempt);
  return Math.max(jitterMs, retryAfterMs(answer, nowMs) ?? 0);
}

/** The longest `Retry-After` that is believed, ms. Past a day it is a mistake (or malice), and asking once a day does no harm. */
export const RETRY_AFTER_MS_MAX = 86_400_000;

/** RFC 9110 §5.6.7: the form of a date that is sent today. `Date.parse` alone would also read "7.5" as a day in July. */
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const SECONDS = /^\d+(\.\d+)?$/;

/** What `Retry-After` asks for, ms from now and at least 0; null when it is absent or unreadable. */
export function retryAfterMs(answer: AnswerHead | null, nowMs: number): number | null {
  const text = header(answer, "retry-after");
  if (text === null) return null;
  if (SECONDS.test(text)) return Math.min(Number(text) * 1000, RETRY_AFTER_MS_MAX);
  const untilMs = dateMs(text);
  if (untilMs === null) return null;
  // Both dates come from the vendor's clock, so their difference is right even where that clock is wrong.
  const sentAtMs = vendorTimeMs(answer) ?? nowMs;
  return Math.min(Math.max(0, untilMs - sentAtMs), RETRY_AFTER_MS_MAX);
}

/** The vendor's time when it sent an answer, epoch ms in whole seconds; null when it did not say. RFC 9110 §6.6.1. */
export function vendorTimeMs(answer: AnswerHead | null): number | null {
  return dateMs(header(answer, "date") ?? "");
}

function dateMs(text: string): number | null {
  const parsed = IMF_FIXDATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(parsed) ? null : parsed;
}

function header(answer: AnswerHead | null, name: string): string | null {
  const value = answer?.headers[name];
  const first = typeof value === "object" ? value[0] : value;
  return first?.trim() ?? null;
}

/** Whether the same call may succeed when it is sent again. Everything else is final: refusals, wrong credentials, an abort. */
export function isRetryable(error: unknown): boolean {
  return (
    error instanceof VendorRateLimited ||
    error instanceof VendorTimeout ||
    error instanceof VendorUnavailable ||
    // An answer that was cut short reads as broken JSON.
    error instanceof VendorProtocolError
  );
}

export const RETRY_TOKENS_MAX = 20;
export const RETRY_TOKENS_PER_SUCCESS = 0.5;

/**
 * Successes earn retries and retries spend them, so that an outage does not multiply calls: once spent, or once a call has failed
 * in spite of them, each call is sent once until one succeeds.
 */
export class RetryBudget {
  #tokens: number = RETRY_TOKENS_MAX;

  earn(): void {
    this.#tokens = Math.min(RETRY_TOKENS_MAX, this.#tokens + RETRY_TOKENS_PER_SUCCESS);
  }

  /** A call has failed for good though it was repeated. */
  forfeit(): void {
    this.#tokens = 0;
  }

  /** Takes one retry; false when none is left. */
  spend(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
