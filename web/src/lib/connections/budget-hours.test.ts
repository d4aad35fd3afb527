import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allowedPerHour, budgetHours, niceScale, requestsOf, stacked } from "./budget-hours.ts";

const HOUR_MS = 3_600_000;
const AT = Date.UTC(2026, 10, 22, 12);
const iso = (timeMs: number): string => new Date(timeMs).toISOString();
const use = (hourMs: number, lane: string, requests: number, refusals = 0) => ({
  hour: iso(hourMs),
  connectionId: "019aa000-0000-7000-8000-000000000000",
  lane,
  requests,
  refusals,
});

describe("hours", () => {
  test("without requests are there, too, and the hour that goes on", () => {
    const hours = budgetHours({ from: iso(AT - 3 * HOUR_MS), to: iso(AT + 600_000), hours: [] });
    expect(hours.map(({ hourMs }) => hourMs)).toEqual([AT - 3 * HOUR_MS, AT - 2 * HOUR_MS, AT - HOUR_MS, AT]);
  });

  test("begin with the first that begins within the span", () => {
    const hours = budgetHours({ from: iso(AT - HOUR_MS + 1), to: iso(AT + 1), hours: [] });
    expect(hours.map(({ hourMs }) => hourMs)).toEqual([AT]);
  });

  test("add up what all connections of the account asked, lane by lane", () => {
    const hours = budgetHours({
      from: iso(AT - HOUR_MS),
      to: iso(AT + 1),
      hours: [use(AT, "live", 10, 1), use(AT, "live", 5), use(AT, "history", 7, 2), use(AT - 9 * HOUR_MS, "live", 99)],
    });
    expect(hours[1]).toEqual({ hourMs: AT, live: 15, repair: 0, history: 7, refusals: 3 });
    expect(hours.map(requestsOf)).toEqual([0, 22]);
  });

  test("leave out what is asked for a purpose that nobody knows", () => {
    const [hour] = budgetHours({ from: iso(AT), to: iso(AT + 1), hours: [use(AT, "toString", 3)] });
    expect(hour && requestsOf(hour)).toBe(0);
  });
});

test("the tightest limit says what an hour allows", () => {
  expect(allowedPerHour([])).toBeNull();
  expect(allowedPerHour([{ requests: 1, perMs: 1_000 }])).toBe(3_600);
  expect(
    allowedPerHour([
      { requests: 100, perMs: 1_000 },
      { requests: 24_000, perMs: 86_400_000 },
    ]),
  ).toBe(1_000);
});

const counts = fc.record({ live: fc.nat(5_000), repair: fc.nat(5_000), history: fc.nat(5_000), refusals: fc.nat(9) });

test("parts of a bar touch, and end at the height of their sum", () => {
  fc.assert(
    fc.property(counts, (counted) => {
      const hour = { hourMs: AT, ...counted };
      const scale = niceScale(requestsOf(hour));
      let bottom = 1;
      for (const { top, height } of stacked(hour, scale)) {
        expect(top + height).toBeCloseTo(bottom, 9);
        bottom = top;
      }
      expect(bottom).toBeCloseTo(1 - requestsOf(hour) / scale, 9);
      expect(bottom).toBeGreaterThanOrEqual(-1e-9);
    }),
  );
});

test.each([
  [0, 10],
  [10, 10],
  [11, 20],
  [3_600, 5_000],
  [5_001, 10_000],
])("a chart of up to %d goes up to %d", (most, scale) => {
  expect(niceScale(most)).toBe(scale);
});
