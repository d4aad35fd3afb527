import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FailureFacts } from "./errors.ts";
import {
  VendorAuthRejected,
  VendorProtocolError,
  VendorRateLimited,
  VendorRefused,
  VendorTimeout,
  VendorUnavailable,
} from "./errors.ts";
import {
  type AnswerHead,
  isRetryable,
  RETRY_BASE_MS,
  RETRY_CAP_MS,
  RETRY_TOKENS_MAX,
  RETRY_TOKENS_PER_SUCCESS,
  RetryBudget,
  retryAfterMs,
  retryDelayMs,
} from "./retry.ts";

const NOW = Date.UTC(2026, 10, 21, 5);

function answer(status: number, headers: AnswerHead["headers"]): AnswerHead {
  return { status, headers };
}

describe("the delay before a retry", () => {
  test.each([
    ["Retry-After in seconds", answer(429, { "retry-after": "7" }), 7_000],
    ["Retry-After with blanks around", answer(429, { "retry-after": " 7 " }), 7_000],
    ["Retry-After as a date", answer(503, { "retry-after": "Sat, 21 Nov 2026 05:00:10 GMT" }), 10_000],
    ["a date that has passed", answer(503, { "retry-after": "Sat, 21 Nov 2026 04:59:00 GMT" }), 0],
    [
      "a date by a clock that is a day ahead, which the answer's own date tells",
      answer(503, { "retry-after": "Sun, 22 Nov 2026 05:00:10 GMT", date: "Sun, 22 Nov 2026 05:00:00 GMT" }),
      10_000,
    ],
    ["sent twice: the first counts", answer(429, { "retry-after": ["3", "9"] }), 3_000],
    ["a day is believed", answer(503, { "retry-after": "86400" }), 86_400_000],
    ["more than a day is not", answer(503, { "retry-after": "86401" }), 86_400_000],
    ["nor is a number without end", answer(503, { "retry-after": "9".repeat(400) }), 86_400_000],
    ["nor a date years ahead", answer(503, { "retry-after": "Sat, 21 Nov 2037 05:00:00 GMT" }), 86_400_000],
    ["nonsense is ignored", answer(503, { "retry-after": "soon" }), 0],
    ["a negative number is ignored", answer(503, { "retry-after": "-5" }), 0],
    ["what only Date.parse takes for a date is ignored", answer(503, { "retry-after": "2027-01-01" }), 0],
    ["an empty header is ignored", answer(503, { "retry-after": "" }), 0],
    ["no answer at all", null, 0],
  ])("%s", (_name, given, atLeastMs) => {
    expect(retryDelayMs(1, given, NOW, () => 0)).toBe(atLeastMs);
  });

  test("is spread over the whole of [0, min(cap, base · 2^attempt)] and is never before what was asked for", () => {
    const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), unit, fc.option(fc.nat(600)), (attempt, random, seconds) => {
        const given = seconds === null ? null : answer(429, { "retry-after": String(seconds) });
        const delayMs = retryDelayMs(attempt, given, NOW, () => random);
        const jitterMs = random * Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** attempt);
        expect(delayMs).toBe(Math.max(jitterMs, (seconds ?? 0) * 1000));
      }),
    );
  });

  test("whatever a header holds, the wait it asks for is a number of ms from 0 up, or none", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const asked = retryAfterMs(answer(429, { "retry-after": text }), NOW);
        expect(asked === null || asked >= 0).toBe(true);
      }),
    );
  });
});

describe("which failures are final", () => {
  const facts: FailureFacts = { status: null, attempts: 1, requestId: null, body: null };
  test.each([
    [new VendorRateLimited("", facts, 0), true],
    [new VendorUnavailable("", facts), true],
    [new VendorTimeout("", facts), true],
    [new VendorProtocolError("", facts), true],
    [new VendorAuthRejected("", facts), false],
    [new VendorRefused("", facts, null, null), false],
    [new DOMException("stopped", "AbortError"), false],
  ])("%o: sent again %s", (error, again) => {
    expect(isRetryable(error)).toBe(again);
  });
});

describe("the retry budget", () => {
  test("an outage uses it up; then nothing is sent twice", () => {
    const budget = new RetryBudget();
    const granted = Array.from({ length: 1000 }, () => budget.spend()).filter(Boolean);
    expect(granted).toHaveLength(RETRY_TOKENS_MAX);
  });

  test("never grants more than it began with and what successes earned", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 300 }), (outcomes) => {
        const budget = new RetryBudget();
        let granted = 0;
        let earned = 0;
        for (const success of outcomes) {
          if (success) {
            budget.earn();
            earned += RETRY_TOKENS_PER_SUCCESS;
          } else if (budget.spend()) {
            granted++;
          }
        }
        expect(granted).toBeLessThanOrEqual(RETRY_TOKENS_MAX + earned);
      }),
    );
  });

  test("successes fill it again, up to where it began", () => {
    const budget = new RetryBudget();
    while (budget.spend());
    for (let success = 0; success < 1000; success++) budget.earn();
    const granted = Array.from({ length: 1000 }, () => budget.spend()).filter(Boolean);
    expect(granted).toHaveLength(RETRY_TOKENS_MAX);
  });
});
