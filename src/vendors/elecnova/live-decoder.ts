import { QUALITY } from "../../domain/reading.ts";
import { originalOf } from "../original.ts";
import { isPlausibleTime } from "../plausible-time.ts";
import { type IssueKind, ORIGINAL_CHARS_MAX, type QualityIssue, type VendorReading } from "../vendor.ts";
import { POINTS, type PointMapping, scaled } from "./mapping.ts";
import { instantMs } from "./times.ts";

/** A message as the vendor's broker sent it. */
export interface LiveMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Epoch ms. */
  readonly receivedAtMs: number;
  /** The cabinet whose topic it is, by serial number; null for a topic that nobody asked for. */
  readonly cabinet: string | null;
}

export interface DecodedMessage {
  readonly readings: readonly VendorReading[];
  readonly issues: readonly QualityIssue[];
}

/**
 * Turns a message into readings; what it cannot read is an issue. The vendor documents no form, so it can be replaced. What it throws
 * ends the stream.
 */
export type LiveDecoder = (message: LiveMessage) => DecodedMessage;

/** A larger message is not looked into. */
export const PAYLOAD_BYTES_MAX = 1_048_576;
/** So many issues are told of one message; the last one says how many more there were. */
export const ISSUES_PER_MESSAGE_MAX = 100;

const TIME_FIELDS = ["time", "timestamp", "ts"] as const;
/** Fields beside points that are none. */
const OTHER_FIELDS: ReadonlySet<string> = new Set([...TIME_FIELDS, "sn", "locationCode"]);

type Fields = Readonly<Record<string, unknown>>;

/** How the device of a component is named: the cabinet's serial number and the place in it. */
export function componentDevice(sn: string, locationCode: string): string {
  return `${sn}/${locationCode}`;
}

/**
 * A decoder of JSON objects with a table of point names: `{"sn", "time", "points": {"BMS1": {"soc": 55.2}}}`. The same is read without
 * `points` around it, without places (then the points are the cabinet's own, or those of its `locationCode`), and without `sn` on a
 * cabinet's own topic. `time` is epoch ms or RFC 3339; values without one are as of their receipt, and uncertain.
 */
export function decodeWith(table: Readonly<Record<string, PointMapping>>): LiveDecoder {
  return (message) => {
    const { readings, issues } = decode(message, table);
    if (issues.length <= ISSUES_PER_MESSAGE_MAX) return { readings, issues };
    const left = issues.slice(0, ISSUES_PER_MESSAGE_MAX - 1);
    const more = `The message has ${issues.length - left.length} more points that cannot be read.`;
    return { readings, issues: [...left, wholeIssue(message, "unknown_point", more)] };
  };
}

/** The decoder with the table `POINTS`. */
export const decodePoints: LiveDecoder = decodeWith(POINTS);

function decode(message: LiveMessage, table: Readonly<Record<string, PointMapping>>): DecodedMessage {
  const { payload, receivedAtMs } = message;
  const refused = (kind: IssueKind, detail: string): DecodedMessage => ({
    readings: [],
    issues: [wholeIssue(message, kind, detail)],
  });
  if (payload.byteLength > PAYLOAD_BYTES_MAX) {
    return refused("unreadable_value", `The message is larger than ${PAYLOAD_BYTES_MAX} bytes.`);
  }
  const fields = jsonObject(payload);
  if (!fields) return refused("unreadable_value", "The message is no JSON object.");
  const sn = typeof fields["sn"] === "string" && fields["sn"] !== "" ? fields["sn"] : message.cabinet;
  if (sn === null) return refused("unreadable_value", "The message names no cabinet.");
  const time = timeOf(fields, receivedAtMs);
  if (!time) return refused("implausible_time", "The time of the message is no time that a reading may have.");

  const readings: VendorReading[] = [];
  const issues: QualityIssue[] = [];
  for (const { device, name, value } of pointsOf(sn, fields)) {
    const told = (kind: IssueKind, detail: string): void => {
      issues.push({ device: cut(device), kind, detail, original: originalOf({ [name]: value }, asItIs) });
    };
    const mapping = Object.hasOwn(table, name) ? table[name] : undefined;
    const number = numberOf(value);
    const inUnit = mapping && number !== null ? scaled(number, mapping.exponent) : null;
    if (!mapping) told("unknown_point", "No metric is known for this point.");
    else if (inUnit === null) told("unreadable_value", "The value of this point is no number.");
    else readings.push({ device, metric: mapping.metric, value: inUnit, ...time });
  }
  return { readings, issues };
}

interface Point {
  readonly device: string;
  readonly name: string;
  readonly value: unknown;
}

function* pointsOf(sn: string, fields: Fields): Generator<Point, void, undefined> {
  const own = fields["locationCode"];
  const device = typeof own === "string" && own !== "" ? componentDevice(sn, own) : sn;
  const points = asFields(fields["points"]);
  const isPoint = (name: string): boolean => (points ? true : !OTHER_FIELDS.has(name));
  for (const [name, value] of Object.entries(points ?? fields)) {
    if (!isPoint(name)) continue;
    const inner = asFields(value);
    if (!inner) yield { device, name, value };
    else {
      for (const [innerName, innerValue] of Object.entries(inner)) {
        yield { device: componentDevice(sn, name), name: innerName, value: innerValue };
      }
    }
  }
}

function timeOf(fields: Fields, receivedAtMs: number): Pick<VendorReading, "timeMs" | "quality"> | null {
  const field = TIME_FIELDS.find((name) => fields[name] !== undefined && fields[name] !== null);
  if (field === undefined) return { timeMs: receivedAtMs, quality: QUALITY.uncertain };
  const value = fields[field];
  const timeMs = typeof value === "number" ? Math.round(value) : typeof value === "string" ? instantMs(value) : null;
  return timeMs !== null && isPlausibleTime(timeMs, receivedAtMs) ? { timeMs, quality: QUALITY.good } : null;
}

const DECIMAL = /^[+-]?\d{1,15}(\.\d{1,15})?$/;

function numberOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "string" && DECIMAL.test(value) ? Number(value) : null;
}

function jsonObject(payload: Uint8Array): Fields | null {
  try {
    return asFields(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload)));
  } catch {
    return null;
  }
}

function asFields(value: unknown): Fields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function wholeIssue({ cabinet, payload }: LiveMessage, kind: IssueKind, detail: string): QualityIssue {
  // No character has more than 4 bytes.
  const original = cut(new TextDecoder().decode(payload.subarray(0, 4 * ORIGINAL_CHARS_MAX)));
  return { device: cabinet ?? "", kind, detail, original };
}

function cut(text: string): string {
  return text.slice(0, ORIGINAL_CHARS_MAX);
}

/** A device's message holds no secret of the account. */
function asItIs(text: string): string {
  return text;
}
