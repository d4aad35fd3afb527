import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ACTIVE_POWER, STATE_OF_CHARGE } from "../../domain/metric.ts";
import { QUALITY } from "../../domain/reading.ts";
import { ORIGINAL_CHARS_MAX } from "../vendor.ts";
import { decodePoints, decodeWith, ISSUES_PER_MESSAGE_MAX, PAYLOAD_BYTES_MAX } from "./live-decoder.ts";

const NOW = Date.UTC(2026, 5, 21, 10);
const bytes = (message: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(message));

function decode(message: unknown, cabinet: string | null = "ESS-1") {
  return decodePoints({ topic: "t", payload: bytes(message), receivedAtMs: NOW, cabinet });
}

function told(message: unknown, cabinet: string | null = "ESS-1") {
  return decode(message, cabinet).readings.map(({ device, metric, value }) => [device, metric.name, value]);
}

describe("the forms of a message", () => {
  test("components by place, under points", () => {
    const message = { sn: "ESS-9", time: NOW - 1000, points: { BMS1: { soc: 55.2 }, PCS1: { power: -12.345 } } };
    expect(decode(message)).toEqual({
      readings: [
        { device: "ESS-9/BMS1", metric: STATE_OF_CHARGE, timeMs: NOW - 1000, value: 55.2, quality: QUALITY.good },
        { device: "ESS-9/PCS1", metric: ACTIVE_POWER, timeMs: NOW - 1000, value: -12_345, quality: QUALITY.good },
      ],
      issues: [],
    });
  });

  test.each<[string, unknown, unknown]>([
    ["places without points around them", { time: NOW, BMS1: { soc: 5 } }, [["ESS-1/BMS1", "state_of_charge", 5]]],
    ["the cabinet's own points", { time: NOW, soc: 5 }, [["ESS-1", "state_of_charge", 5]]],
    ["the cabinet's own under points", { time: NOW, points: { soc: 5 } }, [["ESS-1", "state_of_charge", 5]]],
    ["one component", { time: NOW, locationCode: "BMS1", soc: 5 }, [["ESS-1/BMS1", "state_of_charge", 5]]],
    [
      "numbers as text, and truth",
      { ts: NOW, soc: "5.5", running: true },
      [
        ["ESS-1", "state_of_charge", 5.5],
        ["ESS-1", "running", 1],
      ],
    ],
    ["a time as text", { timestamp: "2026-06-21T12:00:00+02:00", soc: 5 }, [["ESS-1", "state_of_charge", 5]]],
    ["no points at all", { time: NOW }, []],
  ])("%s", (_name, message, expected) => {
    expect(told(message)).toEqual(expected);
    expect(decode(message).issues).toEqual([]);
  });

  test("values without a time are as of their receipt, and uncertain", () => {
    expect(decode({ soc: 5 }).readings).toMatchObject([{ timeMs: NOW, quality: QUALITY.uncertain }]);
  });
});

describe("what cannot be read", () => {
  test("a point that no table names is an issue with the original, and costs no other", () => {
    const { readings, issues } = decode({ time: NOW, points: { EMS1: { reserved7: 3, soc: 5, toString: 1 } } });
    expect(readings).toHaveLength(1);
    expect(issues).toMatchObject([
      { device: "ESS-1/EMS1", kind: "unknown_point", original: '{"reserved7":3}' },
      { device: "ESS-1/EMS1", kind: "unknown_point", original: '{"toString":1}' },
    ]);
  });

  test.each(["--", "", "1e3", null, [1], Number.MAX_VALUE])("a power of %j is an issue", (power) => {
    const { readings, issues } = decode({ time: NOW, points: { PCS1: { power } } });
    expect(readings).toEqual([]);
    expect(issues).toMatchObject([{ device: "ESS-1/PCS1", kind: "unreadable_value" }]);
  });

  test.each<[string, unknown]>([
    ["seconds", { time: NOW / 1000, soc: 5 }],
    ["text without a zone", { time: "2026-06-21 10:00:00", soc: 5 }],
    ["far ahead", { time: NOW + 86_400_001, soc: 5 }],
    ["of another type", { time: {}, soc: 5 }],
  ])("a time that is %s is one issue", (_name, message) => {
    expect(decode(message)).toMatchObject({ readings: [], issues: [{ device: "ESS-1", kind: "implausible_time" }] });
  });

  test.each(["", "{", "null", "7", "[]", "\xff"])("the payload %j is one issue", (text) => {
    const payload = Buffer.from(text, "latin1");
    const { readings, issues } = decodePoints({ topic: "t", payload, receivedAtMs: NOW, cabinet: "ESS-1" });
    expect(readings).toEqual([]);
    expect(issues).toMatchObject([{ device: "ESS-1", kind: "unreadable_value" }]);
  });

  test("a point that is nested too deeply to be repeated is an issue like any other", () => {
    const points = `{"soc":55,"list":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
    const payload = new TextEncoder().encode(points);
    const { readings, issues } = decodePoints({ topic: "t", payload, receivedAtMs: NOW, cabinet: "ESS-1" });
    expect(readings).toHaveLength(1);
    expect(issues).toMatchObject([{ device: "ESS-1", kind: "unknown_point" }]);
  });

  test("a message that names no cabinet is one issue", () => {
    expect(decode({ soc: 5 }, null)).toMatchObject({
      readings: [],
      issues: [{ device: "", kind: "unreadable_value" }],
    });
  });

  test("a message at the size limit is read, and one past it is not", () => {
    const around = bytes({ time: NOW, soc: 5, pad: "" }).length;
    const padded = (size: number) => decode({ time: NOW, soc: 5, pad: "x".repeat(size - around) });
    expect(padded(PAYLOAD_BYTES_MAX).readings).toHaveLength(1);
    expect(padded(PAYLOAD_BYTES_MAX + 1)).toMatchObject({ readings: [], issues: [{ kind: "unreadable_value" }] });
  });

  test.each([
    [ISSUES_PER_MESSAGE_MAX, ISSUES_PER_MESSAGE_MAX, "No metric"],
    [ISSUES_PER_MESSAGE_MAX + 1, ISSUES_PER_MESSAGE_MAX, "2 more"],
  ])("of %d issues %d are told", (points, expected, last) => {
    const names = Array.from({ length: points }, (_, index) => [`p${index}`, 1] as const);
    const { issues } = decode({ time: NOW, points: Object.fromEntries(names) });
    expect(issues).toHaveLength(expected);
    expect(issues.at(-1)?.detail).toContain(last);
  });

  test("whatever comes, it is told as finite readings or as issues with short originals", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json().map((json) => Buffer.from(json)),
          fc.uint8Array(),
        ),
        (payload) => {
          const { readings, issues } = decodePoints({ topic: "t", payload, receivedAtMs: NOW, cabinet: "ESS-1" });
          expect(readings.every(({ value, timeMs }) => Number.isFinite(value) && Number.isInteger(timeMs))).toBe(true);
          expect(issues.every(({ original }) => original.length <= ORIGINAL_CHARS_MAX)).toBe(true);
        },
      ),
    );
  });
});

test("another table makes another decoder", () => {
  const decoder = decodeWith({ SOC_x10: { metric: STATE_OF_CHARGE, exponent: -1 } });
  const message = { topic: "t", payload: bytes({ time: NOW, SOC_x10: 552 }), receivedAtMs: NOW, cabinet: "ESS-1" };
  expect(decoder(message).readings).toMatchObject([{ value: 55.2 }]);
});
