import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochTimes } from "./epoch-times.ts";
import { IsoTimes } from "./iso-times.ts";
import { type InfluxPrecision, parseInfluxPrecision } from "./precision.ts";

const PADDING = "\0".repeat(32);
const MAX_MS = 253_402_300_799_999;

function bytesOf(text: string): { bytes: Uint8Array; view: DataView } {
  const bytes = Uint8Array.from(Buffer.from(text + PADDING));
  return { bytes, view: new DataView(bytes.buffer) };
}

describe("times as whole numbers", () => {
  const cases: readonly [InfluxPrecision, bigint, bigint][] = [
    ["ns", 1n, 1_000_000n],
    ["us", 1n, 1_000n],
    ["ms", 1n, 1n],
    ["s", 1_000n, 1n],
    ["m", 60_000n, 1n],
    ["h", 3_600_000n, 1n],
  ];

  test.each(cases)("in %s are floored to milliseconds", (precision, factor, divisor) => {
    const max = Number((BigInt(MAX_MS) * divisor) / factor);
    const number = fc
      .oneof(fc.maxSafeNat(), fc.nat(), fc.constant(max), fc.constant(0))
      .map((given) => BigInt(Math.min(given, max)));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(number, fc.constant(1_780_000_000_123_456_789n)), { minLength: 1, maxLength: 5 }),
        (numbers) => {
          const times = epochTimes(precision, MAX_MS);
          for (const given of numbers) {
            const wantedMs = (given * factor) / divisor;
            const { bytes, view } = bytesOf(`x${given},`);
            const end = times.read(bytes, view, 1);
            if (wantedMs > BigInt(MAX_MS)) expect(end).toBe(-1);
            else expect([end, times.timeMs]).toEqual([1 + `${given}`.length, Number(wantedMs)]);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("a text that begins like the one before is another", () => {
    const times = epochTimes("ms", MAX_MS);
    const read = (text: string) => {
      const { bytes, view } = bytesOf(text);
      return [times.read(bytes, view, 0), times.timeMs];
    };
    expect(read("1780000000000 ")).toEqual([13, 1_780_000_000_000]);
    expect(read("178000000000 ")).toEqual([12, 178_000_000_000]);
    expect(read("1780000000001 ")).toEqual([13, 1_780_000_000_001]);
    expect(read("17800000000012 ")).toEqual([14, 17_800_000_000_012]);
    expect(read("00000000000000000000000000000000000000001780000000001 ")).toEqual([53, 1_780_000_000_001]);
    expect(read("x")[0]).toBe(-1);
    expect(read("")[0]).toBe(-1);
    expect(read("9".repeat(40))[0]).toBe(-1);
  });

  test.each([
    ["-5", /before 1970/],
    ["99999999999999999", /lies after 9999-12-31T23:59:59.999Z/],
    ["soon", /not a whole number/],
    ["-", /not a whole number/],
  ])("%s is refused in words", (text, words) => {
    expect(epochTimes("ms", MAX_MS).objection(bytesOf(text).bytes, 0)).toMatch(words);
  });

  test.each([
    ["ns", "ns"],
    ["n", "ns"],
    ["us", "us"],
    ["u", "us"],
    ["ms", "ms"],
    ["s", "s"],
    ["m", "m"],
    ["h", "h"],
    ["d", null],
    ["", null],
    ["NS", null],
  ])("the precision %j is %j", (word, precision) => expect(parseInfluxPrecision(word)).toBe(precision));
});

describe("times as text", () => {
  function read(text: string, times = new IsoTimes()): number | null {
    const { bytes, view } = bytesOf(text);
    return times.read(bytes, view, 0, text.length) === text.length ? times.timeMs : null;
  }
  const two = (max: number) => fc.integer({ min: 0, max }).map((number) => `${number}`.padStart(2, "0"));
  const text = fc
    .tuple(
      fc.integer({ min: 0, max: 9999 }).map((year) => `${year}`.padStart(4, "0")),
      two(13),
      two(32),
      two(25),
      two(61),
      fc.option(fc.tuple(two(61), fc.option(fc.stringMatching(/^[0-9]{1,10}$/), { nil: null })), { nil: null }),
      fc.oneof(
        fc.constantFrom("Z", "", "z", "+0100"),
        fc.tuple(fc.constantFrom("+", "-"), two(25), two(61)).map(([sign, h, m]) => `${sign}${h}:${m}`),
      ),
    )
    .map(([year, month, day, hour, minute, seconds, zone]) => {
      const rest = seconds === null ? "" : `:${seconds[0]}${seconds[1] === null ? "" : `.${seconds[1]}`}`;
      return `${year}-${month}-${day}T${hour}:${minute}${rest}${zone}`;
    });

  test("are what Date.parse makes of them, or refused", () => {
    const times = new IsoTimes();
    fc.assert(
      fc.property(text, (given) => {
        const timeMs = read(given, times);
        if (timeMs !== null) expect(timeMs).toBe(Date.parse(given));
      }),
      { numRuns: 20_000 },
    );
  });

  test("every real moment is taken", () => {
    const times = new IsoTimes();
    const moment = fc.date({
      min: new Date("0000-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59.999Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moment, (date) => {
        expect(read(date.toISOString(), times)).toBe(date.getTime());
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ["2026-11-21T08:30Z", Date.UTC(2026, 10, 21, 8, 30)],
    ["2026-11-21T08:30:15Z", Date.UTC(2026, 10, 21, 8, 30, 15)],
    ["2026-11-21T08:30:15.5Z", Date.UTC(2026, 10, 21, 8, 30, 15, 500)],
    ["2026-11-21T08:30:15.123999999Z", Date.UTC(2026, 10, 21, 8, 30, 15, 123)],
    ["2026-11-21T08:30:15+01:30", Date.UTC(2026, 10, 21, 7, 0, 15)],
    ["2024-02-29T00:00:00-08:00", Date.UTC(2024, 1, 29, 8)],
    ["2023-02-29T00:00:00Z", null],
    ["2026-04-31T00:00:00Z", null],
    ["2026-11-21T24:00:00Z", null],
    ["2026-11-21T08:30:60Z", null],
    ["2026-11-21T08:30:15", null],
    ["2026-11-21T08:30", null],
    ["2026-11-21", null],
    ["2026-11-21 08:30:15Z", null],
    ["2026-11-21T08:30:15.Z", null],
    ["2026-11-21T08:30:15.0000000000Z", null],
    ["2026-11-21T08:30:15ZZ", null],
    ["2026-11-21T08:30:15+1:30", null],
    ["", null],
  ])("%j is %j", (given, timeMs) => expect(read(given)).toBe(timeMs));
});
