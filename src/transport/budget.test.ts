import { expect, test } from "vitest";
import { leastSpanMs } from "./budget.ts";

const DAY_MS = 86_400_000;

test.each([
  ["no request", 0, [{ requests: 1, perMs: 1000 }], 0],
  ["one request", 1, [{ requests: 1, perMs: 1000 }], 0],
  ["50 requests at 1/s", 50, [{ requests: 1, perMs: 1000 }], 49_000],
  ["a budget's worth at once", 100, [{ requests: 100, perMs: 1000 }], 0],
  ["one more than a budget", 101, [{ requests: 100, perMs: 1000 }], 1000],
  ["no budget", 1000, [], 0],
  [
    "the day's budget runs out, and the second's counts on the next day again",
    12,
    [
      { requests: 1, perMs: 1000 },
      { requests: 10, perMs: DAY_MS },
    ],
    DAY_MS + 1000,
  ],
])("%s", (_name, requests, budgets, spanMs) => {
  expect(leastSpanMs(requests, budgets)).toBe(spanMs);
});
