import { expect, test } from "vitest";
import { etaMs, PAST_SHARE_MIN, shareLeft } from "./eta.ts";

const budgets = [
  { requests: 10, perMs: 1_000 },
  { requests: 100, perMs: 60_000 },
];
const limits = { budgets, devicesPerBatch: 20, requestsPerBatch: 1 };

test("the tightest budget decides how long requests take", () => {
  expect(etaMs(0, budgets, 1)).toBe(0);
  expect(etaMs(100, budgets, 1)).toBe(60_000);
  expect(etaMs(100, budgets, 0.5)).toBe(120_000);
  expect(etaMs(100, [], 1)).toBe(0);
});

test("what the values of now leave over is for the past, and never nothing", () => {
  expect(shareLeft(limits, 0, 60_000)).toBe(1);
  // 50 requests a minute of 100.
  expect(shareLeft(limits, 1_000, 60_000)).toBe(0.5);
  expect(shareLeft(limits, 1_000, 30_000)).toBe(PAST_SHARE_MIN);
  expect(shareLeft(limits, 100_000, 1_000)).toBe(PAST_SHARE_MIN);
});
