import { describe, expect, test } from "vitest";
import { formatCoverageView, parseCoverageView, spanOf } from "./view.ts";

const parse = (query: string) => parseCoverageView(new URLSearchParams(query));
const NOW_MS = Date.UTC(2026, 10, 22, 10, 30);
const HOUR_MS = 3_600_000;

describe("the address", () => {
  test("says what is shown, and leaves out what is as usual", () => {
    const query = "site=a&days=7&until=2026-11-01&after=x";
    expect(formatCoverageView(parse(query))).toBe(`/coverage?${query}`);
    expect(formatCoverageView(parse(""))).toBe("/coverage");
    expect(formatCoverageView(parse("day=2026-03-29"))).toBe("/coverage?day=2026-03-29");
  });

  test.each(["days=31", "days=1e9", "until=tomorrow", "until=2026-13-01", "day=1999-01-01", "day=<b>", "site="])(
    "%s is as if it were not there",
    (query) => {
      expect(parse(query)).toEqual(parse(""));
    },
  );
});

describe("the span", () => {
  test("ends with today, and begins days before", () => {
    const span = spanOf(parse("days=7"), NOW_MS, "UTC");
    expect(span).toEqual({
      fromMs: Date.UTC(2026, 10, 16),
      toMs: Date.UTC(2026, 10, 23),
      step: "P1D",
      earlier: "2026-11-15",
      later: null,
    });
  });

  test("goes on to the days behind, and not past today", () => {
    expect(spanOf(parse("days=7&until=2026-11-10"), NOW_MS, "UTC").later).toBe("2026-11-17");
    expect(spanOf(parse("days=7&until=2026-11-20"), NOW_MS, "UTC").later).toBe("2026-11-22");
    expect(spanOf(parse("until=2099-01-01"), NOW_MS, "UTC").toMs).toBe(Date.UTC(2026, 10, 23));
  });

  test.each([
    ["2026-03-29", "Europe/Berlin", 23],
    ["2026-10-25", "Europe/Berlin", 25],
    ["2026-11-20", "Pacific/Kiritimati", 24],
    ["2026-11-20", "Pacific/Pago_Pago", 24],
    ["2026-11-20", "Asia/Kolkata", 24],
  ])("of the one day %s in %s is its own, %d hours long", (day, timezone, hours) => {
    const span = spanOf(parse(`day=${day}`), NOW_MS, timezone);
    expect(span.toMs - span.fromMs).toBe(hours * HOUR_MS);
    expect(new Intl.DateTimeFormat("en-CA", { timeZone: timezone }).format(span.fromMs)).toBe(day);
    expect(span.step).toBe("PT1H");
  });

  test("of a day that its zone has left out is today", () => {
    // Samoa went from 29 to 31 December 2011.
    const span = spanOf(parse("day=2011-12-30"), NOW_MS, "Pacific/Apia");
    expect(span.fromMs).toBeLessThanOrEqual(NOW_MS);
    expect(span.toMs).toBeGreaterThan(NOW_MS);
  });
});
