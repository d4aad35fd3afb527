import { parseTimeText } from "../../../domain/time-text.ts";
import type { Row } from "./decode-in-pieces.ts";

/** What JSON.parse and a look at the object make of a body; null when it is to be refused. Two members of one name are not seen. */
export function referenceReadings(body: string, timeMsMax: number): Row[] | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return null;
  }
  if (!isObject(parsed) || Object.keys(parsed).join() !== "readings" || !Array.isArray(parsed["readings"])) return null;
  const rows = parsed["readings"].map((reading: unknown) => (isObject(reading) ? rowOf(reading, timeMsMax) : null));
  return rows.every((row) => row !== null) ? rows : null;
}

function rowOf(reading: Record<string, unknown>, timeMsMax: number): Row | null {
  const { metricId, deviceId, name, time, value } = reading;
  const names = Object.keys(reading).toSorted().join();
  const timeMs = timeOf(time);
  if (timeMs === null || timeMs < 0 || timeMs > timeMsMax || typeof value !== "number" || !Number.isFinite(value))
    return null;
  if (names === "metricId,time,value" && isName(metricId, 64)) return [`m:${metricId}`, timeMs, value];
  if (names === "deviceId,name,time,value" && isName(deviceId, 64) && isName(name, 128)) {
    return [`d:${deviceId}\u001f${name}`, timeMs, value];
  }
  return null;
}

function timeOf(time: unknown): number | null {
  if (typeof time === "number") return Number.isInteger(time) ? time : null;
  if (typeof time !== "string" || !/T.*(Z|[+-]\d\d:\d\d)$/.test(time)) return null;
  return parseTimeText(time)?.fromMs ?? null;
}

function isName(text: unknown, bytesMax: number): text is string {
  return (
    typeof text === "string" &&
    text !== "" &&
    text.isWellFormed() &&
    Buffer.byteLength(text) <= bytesMax &&
    !/\p{Cc}/u.test(text)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
