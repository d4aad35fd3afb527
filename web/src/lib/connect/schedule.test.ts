import { describe, expect, test } from "vitest";
import { intervalsS, pastSpan, readWish } from "./schedule.ts";

describe("a wish", () => {
  const wish = (query: string, presentMs = 60_000) => {
    const params = new URLSearchParams(query);
    return readWish((name) => params.get(name), presentMs);
  };
  test.each([
    ["", { everyMs: 60_000, pastDays: 0 }],
    ["every=10&past=30", { everyMs: 10_000, pastDays: 30 }],
    ["every=7&past=8", { everyMs: 60_000, pastDays: 0 }],
    ["every=-1&past=none", { everyMs: 60_000, pastDays: 0 }],
  ])("%j", (query, expected) => expect(wish(query)).toEqual(expected));

  test("leaves an interval that was set elsewhere as it is", () => {
    expect(wish("every=42", 42_000)).toMatchObject({ everyMs: 42_000 });
    expect(intervalsS(42_000)).toEqual([1, 5, 10, 30, 42, 60, 300, 900, 3_600]);
    expect(intervalsS(60_000)).toEqual([1, 5, 10, 30, 60, 300, 900, 3_600]);
  });
});

test("the past ends with a whole minute", () => {
  expect(pastSpan(7, Date.parse("2026-11-22T10:30:59.999Z"))).toEqual({
    from: "2026-11-15T10:30:00.000Z",
    to: "2026-11-22T10:30:00.000Z",
  });
});
