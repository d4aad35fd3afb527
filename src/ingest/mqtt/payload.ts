import { z } from "zod";
import { READING_TIME_MS } from "../../domain/reading.ts";
import { FUTURE_MS_MAX } from "../codecs/limits.ts";

/** Longest payload of one message, bytes. */
export const PAYLOAD_BYTES_MAX = 1_048_576;
/** Readings that one message may bring. */
export const PAYLOAD_READINGS_MAX = 10_000;

/** One value of a payload. */
export interface PayloadReading {
  /** Null where the topic names it. */
  readonly metric: string | null;
  readonly timeMs: number;
  readonly value: number;
}

/** The payload holds no readings that can be taken; the message says what it must hold. */
export class MalformedPayload extends Error {
  override readonly name = "MalformedPayload";
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** ISO 8601 with a zone, or epoch ms. */
const Time = z.union([z.int(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))]);
const Value = z.number();
const One = z.strictObject({ value: Value, time: Time.optional() });
const Several = z.object({ time: Time.optional() }).catchall(Value);

/**
 * Reads a message's payload. Where the topic names the metric: a decimal number as text, `{"value": 1.5, "time"?: …}`, or a list of
 * such objects. Where it does not: `{"active_power": 1.5, "voltage": 230, "time"?: …}`, or a list of such. Without a time it is `nowMs`.
 * @throws MalformedPayload
 */
export function decodePayload(payload: Uint8Array, topicNamesMetric: boolean, nowMs: number): PayloadReading[] {
  if (payload.byteLength > PAYLOAD_BYTES_MAX)
    throw new MalformedPayload(`it is longer than ${PAYLOAD_BYTES_MAX} bytes`);
  const text = textOf(payload).trim();
  if (topicNamesMetric && DECIMAL.test(text))
    return [checked({ metric: null, timeMs: nowMs, value: Number(text) }, nowMs)];
  const json = jsonOf(text, topicNamesMetric);
  const readings: PayloadReading[] = [];
  for (const item of Array.isArray(json) ? json : [json]) {
    for (const reading of topicNamesMetric ? one(item, nowMs) : several(item, nowMs)) {
      if (readings.length === PAYLOAD_READINGS_MAX) {
        throw new MalformedPayload(`it holds more than ${PAYLOAD_READINGS_MAX} readings`);
      }
      readings.push(checked(reading, nowMs));
    }
  }
  if (readings.length === 0) throw new MalformedPayload("it holds no reading");
  return readings;
}

function one(item: unknown, nowMs: number): PayloadReading[] {
  const answer = One.safeParse(item);
  if (!answer.success) throw malformed(answer.error, 'a number, or {"value": 1.5, "time": "2026-01-31T12:00:00Z"}');
  const { value, time } = answer.data;
  return [{ metric: null, timeMs: time ?? nowMs, value }];
}

function several(item: unknown, nowMs: number): PayloadReading[] {
  const answer = Several.safeParse(item);
  if (!answer.success) throw malformed(answer.error, '{"active_power": 1.5, "time": "2026-01-31T12:00:00Z"}');
  const { time, ...values } = answer.data;
  const timeMs = time ?? nowMs;
  return Object.entries(values).map(([metric, value]) => ({ metric, timeMs, value }));
}

function checked(reading: PayloadReading, nowMs: number): PayloadReading {
  if (!Number.isFinite(reading.value)) throw new MalformedPayload("a value is not a finite number");
  if (reading.timeMs < READING_TIME_MS.min || reading.timeMs > nowMs + FUTURE_MS_MAX) {
    throw new MalformedPayload("a time lies before 1970 or too far in the future");
  }
  return reading;
}

function malformed(error: z.ZodError, example: string): MalformedPayload {
  const [issue] = error.issues;
  const where = issue && issue.path.length > 0 ? `${issue.path.map(String).join(".")}: ` : "";
  return new MalformedPayload(`${where}${issue?.message ?? "cannot be read"}; a payload reads ${example}`);
}

function textOf(payload: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(payload);
  } catch {
    throw new MalformedPayload("it is not UTF-8 text");
  }
}

function jsonOf(text: string, topicNamesMetric: boolean): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedPayload(topicNamesMetric ? "it is neither a decimal number nor JSON" : "it is not JSON");
  }
}
