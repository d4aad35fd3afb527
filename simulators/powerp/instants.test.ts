import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ceilMs, durationText, parseDurationMs, parseInstant, reaches } from "./instants.ts";

const at = (text: string): { ms: number; ns: number } => {
  const instant = parseInstant(text);
  if (!instant) throw new Error(`not a time: ${text}`);
  return instant;
};

describe("times", () => {
  test.each([
    ["2026-11-20T08:00:00Z", Date.UTC(2026, 10, 20, 8), 0],
    ["2026-11-20t08:00:00z", Date.UTC(2026, 10, 20, 8), 0],
    ["2026-11-20T08:00:00.5Z", Date.UTC(2026, 10, 20, 8) + 500, 0],
    ["2026-11-20T08:29:59.9999999Z", Date.UTC(2026, 10, 20, 8, 29, 59, 999), 999_900],
    ["2026-11-20T08:00:00.000000001Z", Date.UTC(2026, 10, 20, 8), 1],
    ["2026-11-20T08:00:00+01:30", Date.UTC(2026, 10, 20, 6, 30), 0],
    ["2026-11-20T23:00:00-02:00", Date.UTC(2026, 10, 21, 1), 0],
    ["1969-12-31T23:59:59.9995Z", -1, 500_000],
  ])("%s", (text, ms, ns) => expect(parseInstant(text)).toEqual({ ms, ns }));

  test.each([
    "",
    "2026-11-20",
    "2026-11-20T08:00:00",
    "2026-11-20 08:00:00Z",
    "2026-02-30T08:00:00Z",
    "2026-11-20T24:00:00Z",
    "2026-11-20T08:60:00Z",
    "2026-11-20T08:00:00.Z",
    "2026-11-20T08:00:00.1234567890Z",
    "2026-11-20T08:00:00+25:00",
    "1795251797830",
  ])("%j is none", (text) => expect(parseInstant(text)).toBeNull());

  test("a sample lies before an end exactly when it lies before its ceiling", () => {
    const text = fc
      .integer({ min: 0, max: 59_999_999 })
      .map((us) => `2026-11-20T08:00:${us / 1e6 < 10 ? "0" : ""}${(us / 1e6).toFixed(6)}Z`);
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 60_000 }), (end, sampleMs) => {
        const startMs = Date.UTC(2026, 10, 20, 8);
        const endUs = Math.round(Number(end.slice(17, -1)) * 1e6);
        expect(startMs + sampleMs < ceilMs(at(end))).toBe(sampleMs * 1_000 < endUs);
      }),
    );
  });
});

describe("spans to the nanosecond", () => {
  test.each([
    ["2026-11-20T08:00:00Z", "2026-11-20T08:30:00Z", true],
    ["2026-11-20T08:00:00Z", "2026-11-20T08:29:59.999999999Z", false],
    ["2026-11-20T08:00:00.000000001Z", "2026-11-20T08:30:00Z", false],
    ["2026-11-20T08:00:00.0000005Z", "2026-11-20T08:30:00.0000005Z", true],
    ["2026-11-20T08:00:00.0009Z", "2026-11-20T08:30:00.001Z", true],
    ["2026-11-20T08:00:00.0009Z", "2026-11-20T08:30:00Z", false],
  ])("%s to %s is half an hour: %s", (from, to, yes) => expect(reaches(at(from), at(to), 1_800_000)).toBe(yes));
});

describe("durations", () => {
  test.each([
    ["200ms", 200],
    ["1s", 1_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["1d", 86_400_000],
  ])("%s", (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
    expect(durationText(ms)).toBe(text);
  });

  test.each(["", "0s", "1", "s", "-1s", "1.5s", "1w", "1 s", "1S", "9999999999ms"])("%j is none", (text) =>
    expect(parseDurationMs(text)).toBeNull(),
  );

  test("what is written is read again", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9e8 }), (ms) => {
        expect(parseDurationMs(durationText(ms))).toBe(ms);
      }),
    );
  });
});
