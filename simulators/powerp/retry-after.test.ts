import { describe, expect, test } from "vitest";
import { RetryAfter } from "./retry-after.ts";

const NOON = Date.UTC(2026, 10, 20, 12);

describe("Retry-After", () => {
  test.each([
    [0.001, 0, "1", "Fri, 20 Nov 2026 12:00:01 GMT"],
    [1_000, 0, "1", "Fri, 20 Nov 2026 12:00:01 GMT"],
    [1_000, 1, "1", "Fri, 20 Nov 2026 12:00:02 GMT"],
    [1_001, 0, "2", "Fri, 20 Nov 2026 12:00:02 GMT"],
  ])("a wait of %f ms at noon and %i ms is never shortened: %s or %s", (waitMs, pastNoonMs, seconds, date) => {
    const retryAfter = new RetryAfter();
    const texts = [1, 2, 3, 4].map(() => retryAfter.text(waitMs, NOON + pastNoonMs));
    expect(texts).toEqual([seconds, date, seconds, date]);
  });
});
