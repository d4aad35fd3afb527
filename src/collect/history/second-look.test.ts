import { expect, test } from "vitest";
import { dueSpans, secondLookEveryMs, secondLooksOf, secondLooksPerDay } from "./second-look.ts";

const HOUR_MS = 3_600_000;
const history = {
  windowMsMax: 24 * HOUR_MS,
  devicesPerWindow: 1,
  requestsPerWindow: 1,
  valuesEveryMs: 300_000,
  settlesAfterMs: 48 * HOUR_MS,
  keepsMs: null,
  metrics: null,
};
const limits = { budgets: [{ requests: 100, perMs: 1_000 }], devicesPerBatch: 1, requestsPerBatch: 2 };

test("values are looked at again at growing ages, the last time when they have settled", () => {
  expect(secondLooksOf(history)).toEqual([
    { ageMs: HOUR_MS, spanMs: HOUR_MS },
    { ageMs: 6 * HOUR_MS, spanMs: 6 * HOUR_MS },
    { ageMs: 24 * HOUR_MS, spanMs: 24 * HOUR_MS },
    { ageMs: 48 * HOUR_MS, spanMs: 24 * HOUR_MS },
  ]);
  expect(secondLooksOf({ ...history, settlesAfterMs: HOUR_MS, windowMsMax: 1_800_000 })).toEqual([
    { ageMs: HOUR_MS, spanMs: 1_800_000 },
  ]);
  expect(secondLooksOf({ ...history, settlesAfterMs: 0 })).toEqual([]);
});

test("a span is due when all of it has reached the age, and not a ms before", () => {
  const look = { ageMs: 10_000, spanMs: 1_000 };
  expect([...dueSpans(look, 2_000, 13_999)]).toEqual([{ fromMs: 2_000, toMs: 3_000 }]);
  expect([...dueSpans(look, 2_000, 14_000)]).toHaveLength(2);
  expect([...dueSpans(look, 2_001, 13_999)]).toEqual([]);
});

test("costs a known share of the budget at the most", () => {
  expect(secondLookEveryMs(limits)).toBe(200);
  expect(secondLookEveryMs({ ...limits, budgets: [] })).toBe(0);
  expect(secondLooksPerDay(history, limits, 100)).toBe(100 * (24 + 4 + 1 + 1));
  expect(secondLooksPerDay(history, limits, 1_000_000)).toBe(432_000);
});
