import { expect, test } from "vitest";
import { stretch, timeWords } from "./gap-words.ts";

test.each([
  ["2026-11-21T13:05:00Z", "2026-11-21T14:00:09.500Z", "UTC", "Sat 21 Nov 13:05 – 14:00:09"],
  ["2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z", "UTC", "Sat 21 Nov 00:00 – 24:00"],
  ["2026-11-20T12:00:00Z", "2026-11-22T00:00:00Z", "UTC", "Fri 20 Nov 12:00 – Sat 21 Nov 24:00"],
  ["2026-11-20T23:30:00Z", "2026-11-21T00:30:00Z", "Europe/Berlin", "Sat 21 Nov 00:30 – 01:30"],
  ["2026-11-20T22:30:00Z", "2026-11-21T00:30:00Z", "Europe/Berlin", "Fri 20 Nov 23:30 – Sat 21 Nov 01:30"],
])("%s to %s in %s is %s", (from, to, timezone, words) => {
  expect(stretch(from, to, timezone)).toBe(words);
});

test("seconds are said where there are any", () => {
  expect(timeWords(Date.UTC(2026, 10, 21, 14, 5), "UTC")).toBe("Sat 21 Nov 14:05");
  expect(timeWords(Date.UTC(2026, 10, 21, 14, 5, 9), "UTC")).toBe("Sat 21 Nov 14:05:09");
});
