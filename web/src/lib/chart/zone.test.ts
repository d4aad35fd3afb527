import fc from "fast-check";
import { expect, test } from "vitest";
import { instantMs, wallMs, weekBeforeMs } from "./zone.ts";

const ZONES = ["UTC", "Europe/Madrid", "America/Santiago", "Asia/Kathmandu", "Australia/Lord_Howe"];

test("the clock on the wall of a place, and back", () => {
  expect(wallMs(Date.UTC(2026, 5, 21, 12, 0, 0, 250), "Europe/Madrid")).toBe(Date.UTC(2026, 5, 21, 14, 0, 0, 250));
  expect(instantMs(Date.UTC(2026, 0, 1), "Asia/Kathmandu")).toBe(Date.UTC(2025, 11, 31, 18, 15));
  const times = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });
  fc.assert(
    fc.property(times, fc.constantFrom(...ZONES), (timeMs, zone) => {
      // An hour that is there twice may come back as the other one: the wall says the same.
      expect(wallMs(instantMs(wallMs(timeMs, zone), zone), zone)).toBe(wallMs(timeMs, zone));
    }),
  );
});

test("a week before is the same time of day, also over a change of clocks", () => {
  // Madrid puts its clocks back on 25 October 2026.
  const afterMs = Date.UTC(2026, 9, 27, 11);
  expect(weekBeforeMs(afterMs, "Europe/Madrid")).toBe(Date.UTC(2026, 9, 20, 10));
  expect(weekBeforeMs(afterMs, "UTC")).toBe(Date.UTC(2026, 9, 20, 11));
});
