import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FUTURE_MS_MAX } from "../codecs/limits.ts";
import { decodePayload, MalformedPayload, PAYLOAD_BYTES_MAX, PAYLOAD_READINGS_MAX } from "./payload.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 12);
const decode = (text: string, topicNamesMetric = true) => decodePayload(Buffer.from(text), topicNamesMetric, NOW_MS);

describe("the payload of an MQTT message", () => {
  test.each([
    ["230.5", NOW_MS, 230.5],
    [" -1e3\n", NOW_MS, -1_000],
    ['{"value": 5e-324}', NOW_MS, 5e-324],
    ['{"value": 1, "time": "2026-11-21T10:00:00.250+01:00"}', Date.UTC(2026, 10, 21, 9, 0, 0, 250), 1],
    ['{"value": 1, "time": 0}', 0, 1],
    [`{"value": 1, "time": ${NOW_MS + FUTURE_MS_MAX}}`, NOW_MS + FUTURE_MS_MAX, 1],
  ])("%s is one reading of the topic's metric", (text, timeMs, value) => {
    expect(decode(text)).toStrictEqual([{ metric: null, timeMs, value }]);
  });

  test("names its metrics where the topic does not", () => {
    expect(decode('[{"active_power": 1.5, "voltage": 230}, {"time": 1000, "voltage": 231}]', false)).toStrictEqual([
      { metric: "active_power", timeMs: NOW_MS, value: 1.5 },
      { metric: "voltage", timeMs: NOW_MS, value: 230 },
      { metric: "voltage", timeMs: 1_000, value: 231 },
    ]);
  });

  test.each([
    ["", true, /neither a decimal number nor JSON/],
    ["NaN", true, /neither/],
    ["Infinity", true, /neither/],
    ["1e999", true, /finite/],
    ['{"value": "1"}', true, /value/],
    ['{"value": 1, "colour": 2}', true, /colour/],
    ['{"active_power": 1}', true, /value/],
    ['{"value": 1, "time": -1}', true, /1970/],
    [`{"value": 1, "time": ${NOW_MS + FUTURE_MS_MAX + 1}}`, true, /future/],
    ['{"value": 1, "time": "2026-11-21T10:00:00"}', true, /time/],
    ["[]", true, /no reading/],
    ["{}", false, /no reading/],
    ["12", false, /reads/],
    ['{"active_power": true}', false, /active_power/],
  ])("%s is refused", (text, topicNamesMetric, reason) => {
    expect(() => decode(text, topicNamesMetric)).toThrow(reason);
  });

  test("has its limits", () => {
    const list = (length: number): string => JSON.stringify(Array.from({ length }, () => ({ value: 1 })));
    expect(decode(list(PAYLOAD_READINGS_MAX))).toHaveLength(PAYLOAD_READINGS_MAX);
    expect(() => decode(list(PAYLOAD_READINGS_MAX + 1))).toThrow(/more than 10000 readings/);
    expect(decode("1".padEnd(PAYLOAD_BYTES_MAX))).toHaveLength(1);
    expect(() => decode("1".padEnd(PAYLOAD_BYTES_MAX + 1))).toThrow(/longer/);
  });

  test("any bytes are readings or refused as such", () => {
    const payloads = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.json().map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(payloads, fc.boolean(), (payload, topicNamesMetric) => {
        try {
          for (const { value, timeMs } of decodePayload(payload, topicNamesMetric, NOW_MS)) {
            expect(Number.isFinite(value) && Number.isInteger(timeMs)).toBe(true);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedPayload);
        }
      }),
    );
  });
});
