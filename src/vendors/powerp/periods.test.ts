import fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidInput } from "../../domain/errors.ts";
import { PERIOD_MS_MAX, parsePeriodMs, periodText } from "./periods.ts";

test.each([
  ["200ms", 200],
  ["1s", 1_000],
  ["90s", 90_000],
  ["5m", 300_000],
  ["1h", 3_600_000],
  [" 1d ", 86_400_000],
  ["366d", PERIOD_MS_MAX],
])("%j is %d ms", (text, periodMs) => {
  expect(parsePeriodMs(text)).toBe(periodMs);
});

test.each(["", "0s", "-1s", "1", "1.5s", "1S", "1w", "1 s", "367d", "9999999999ms", "s"])("%j is no period", (text) => {
  expect(() => parsePeriodMs(text)).toThrow(InvalidInput);
});

test("a period that is written is read as it was", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: PERIOD_MS_MAX }), (ms) => {
      // More digits than a vendor would write are not read.
      fc.pre(ms < 1_000_000_000);
      expect(parsePeriodMs(periodText(ms))).toBe(ms);
    }),
  );
  expect([200, 60_000, 90_000, 86_400_000].map(periodText)).toEqual(["200ms", "1m", "90s", "1d"]);
});
