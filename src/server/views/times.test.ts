import fc from "fast-check";
import { expect, test } from "vitest";
import { READING_TIME_MS } from "../../domain/reading.ts";
import { isoTime } from "./times.ts";

test("writes what a date would, again and again", () => {
  const anyTime = fc.integer(READING_TIME_MS);
  const near = fc.integer({ min: 0, max: 3_000 });
  fc.assert(
    fc.property(anyTime, fc.array(near), (baseMs, offsetsMs) => {
      for (const offsetMs of offsetsMs) {
        const timeMs = baseMs + offsetMs;
        expect(isoTime(timeMs)).toBe(new Date(timeMs).toISOString());
      }
    }),
  );
});

test("leaves out what is less than a ms, and refuses what is no time", () => {
  expect(isoTime(1.9)).toBe("1970-01-01T00:00:00.001Z");
  expect(() => isoTime(Number.NaN)).toThrow(RangeError);
});

test("of many more seconds than it keeps", () => {
  for (let second = 0; second < 5_000; second++) {
    const timeMs = Date.UTC(2026, 0, 1) + second * 1_000 + (second % 1_000);
    expect(isoTime(timeMs)).toBe(new Date(timeMs).toISOString());
  }
});
