import { expect, test } from "vitest";
import { isPlausibleTime, READING_AHEAD_MAX_MS, READING_TIME_MIN_MS } from "./plausible-time.ts";

const NOW = Date.UTC(2026, 5, 21);

test.each([
  [READING_TIME_MIN_MS - 1, false],
  [READING_TIME_MIN_MS, true],
  [NOW, true],
  [NOW + READING_AHEAD_MAX_MS, true],
  [NOW + READING_AHEAD_MAX_MS + 1, false],
  [Number.NaN, false],
])("a reading of %d: %s", (timeMs, plausible) => expect(isPlausibleTime(timeMs, NOW)).toBe(plausible));
