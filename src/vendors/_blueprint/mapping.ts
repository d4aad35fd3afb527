import { ACTIVE_POWER, type MetricTemplate, ONLINE } from "../../domain/metric.ts";
import { QUALITY } from "../../domain/reading.ts";
import type { Redact } from "../../transport/redact.ts";
import { originalOf } from "../original.ts";
import {
  type IssueKind,
  type LatestBatch,
  ORIGINAL_CHARS_MAX,
  type QualityIssue,
  type VendorReading,
} from "../vendor.ts";
import { Row, RowOwner } from "./wire.ts";

/** A vendor's point in our words; `read` gives the value in the metric's unit, or null for what is none. */
interface Point {
  readonly metric: MetricTemplate;
  readonly read: (value: unknown) => number | null;
}

/** The vendor's points, for a person to check against the contract. */
const POINTS: Readonly<Record<string, Point>> = {
  power_w: { metric: ACTIVE_POWER, read: (value) => (typeof value === "number" ? value : null) },
  connected: { metric: ONLINE, read: (value) => (typeof value === "boolean" ? Number(value) : null) },
};

const TIME_MIN_MS = Date.UTC(2000, 0, 1);
const TIME_AHEAD_MAX_MS = 86_400_000;

type Refuse = (kind: IssueKind, detail: string) => void;

/**
 * The vendor's rows in our words. Whatever cannot be used becomes an issue: nothing is guessed, and nothing dropped.
 *
 * @param receivedAtMs when the answer came, by our clock, epoch ms
 * @param redact cleans the originals that issues keep
 */
export function toLatest(
  asked: readonly string[],
  rows: readonly unknown[],
  receivedAtMs: number,
  redact: Redact,
): Omit<LatestBatch, "failure"> {
  const awaited = new Set(asked);
  const seen = new Set<string>();
  const readings: VendorReading[] = [];
  const issues: QualityIssue[] = [];
  for (const row of rows) {
    const owner = RowOwner.safeParse(row);
    const device = owner.data?.id ?? "";
    const refuse: Refuse = (kind, detail) => {
      issues.push({ device: cut(redact(device)), kind, detail, original: originalOf(row, redact) });
    };
    if (!owner.success) {
      refuse("unreadable_value", "A row names no device.");
    } else if (!awaited.has(device)) {
      refuse("unasked_device", "The answer holds a device that was not asked for.");
    } else if (seen.has(device)) {
      refuse("repeated_device", "The answer holds the device more than once; the first counts.");
    } else {
      seen.add(device);
      readings.push(...readingsOf(row, receivedAtMs, refuse));
    }
  }
  return { asked, readings, missing: asked.filter((device) => !seen.has(device)), issues };
}

function readingsOf(row: unknown, receivedAtMs: number, refuse: Refuse): VendorReading[] {
  const { success, data } = Row.safeParse(row);
  if (!success) {
    refuse("unreadable_value", "The row has no values, or no time with a zone.");
    return [];
  }
  const timeMs = Math.trunc(Date.parse(data.time));
  if (!(timeMs >= TIME_MIN_MS && timeMs <= receivedAtMs + TIME_AHEAD_MAX_MS)) {
    refuse("implausible_time", "The time of the row lies before 2000 or more than a day ahead.");
    return [];
  }
  return Object.entries(data.values).flatMap(([name, original]) => {
    const point = Object.hasOwn(POINTS, name) ? POINTS[name] : undefined;
    if (!point) {
      refuse("unknown_point", `"${cut(name)}" is no point that Kilowatch knows.`);
      return [];
    }
    const value = point.read(original);
    if (value === null) {
      refuse("unreadable_value", `The value of "${name}" cannot be read.`);
      return [];
    }
    return [{ device: data.id, metric: point.metric, timeMs, value, quality: QUALITY.good }];
  });
}

function cut(text: string): string {
  return text.slice(0, ORIGINAL_CHARS_MAX);
}
