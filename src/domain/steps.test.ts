import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { autoStepMs, formatStep, parseStepMs } from "./steps.ts";

const HOUR_MS = 3_600_000;

describe("steps", () => {
  test.each([
    ["PT1S", 1_000],
    ["PT15M", 900_000],
    ["PT1H30M", 5_400_000],
    ["PT24H", 86_400_000],
  ])("%s is %d ms", (text, stepMs) => expect(parseStepMs(text)).toBe(stepMs));

  test.each(["", "P", "PT", "PT0S", "15M", "P1D", "P1M", "PT1.5H", "PT-1S", "pt1h", "PT1M1H", "PT999999999S"])(
    "%j is no step of a fixed length",
    (text) => expect(parseStepMs(text)).toBeNull(),
  );

  test("are read as they are written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99_999 * 3_600 }), (seconds) => {
        expect(parseStepMs(formatStep(seconds * 1_000))).toBe(seconds * 1_000);
      }),
    );
  });

  test.each([
    ["a day in 500 points", 24 * HOUR_MS, 500, 300_000],
    ["a week in 500 points", 168 * HOUR_MS, 500, 1_800_000],
    ["a minute in 500 points", 60_000, 500, 1_000],
  ])("auto: %s", (_case, spanMs, stepsMax, stepMs) => expect(autoStepMs(spanMs, stepsMax)).toBe(stepMs));

  test("auto never makes more steps than asked for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 253_402_300_799_999 }),
        fc.integer({ min: 1, max: 5_000 }),
        (spanMs, stepsMax) => {
          expect(spanMs / autoStepMs(spanMs, stepsMax)).toBeLessThanOrEqual(stepsMax);
        },
      ),
    );
  });
});
