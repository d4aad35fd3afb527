import { ACTIVE_POWER, type MetricTemplate, ONLINE } from "../../domain/metric.ts";
import { QUALITY } from "../../domain/reading.ts";
import type { Redact } from "../../transport/redact.ts";
import { originalOf } from "../original.ts";
import { isPlausibleTime } from "../plausible-time.ts";
import { type Refuse, readRows } from "../rows.ts";
import {
  type HistoryAnswer,
  type HistoryWindow,
  type LatestBatch,
  ORIGINAL_CHARS_MAX,
  type QualityIssue,
  type VendorReading,
} from "../vendor.ts";
import { Row, RowOwner, type HistoryAnswer as SentHistory } from "./wire.ts";

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
  return readRows({
    asked,
    rows,
    redact,
    ownerOf: (row) => RowOwner.safeParse(row).data?.id ?? null,
    read: (_device, row, refuse) => readingsOf(row, receivedAtMs, refuse),
  });
}

/** The past in our words: what lies in the window, of the devices that were asked for. */
export function toHistory(
  window: HistoryWindow,
  sent: SentHistory,
  receivedAtMs: number,
  redact: Redact,
): HistoryAnswer {
  const asked = new Set(window.devices);
  const issues: QualityIssue[] = [];
  const readings = sent.devices
    .filter(({ id }) => asked.has(id))
    .flatMap(({ id, rows }) =>
      rows.flatMap((row) => {
        const refuse: Refuse = (kind, detail) =>
          issues.push({ device: id, kind, detail, original: originalOf(row, redact) });
        return readingsOf(typeof row === "object" ? { ...row, id } : row, receivedAtMs, refuse);
      }),
    );
  return {
    readings: readings.filter(({ timeMs }) => timeMs >= window.fromMs && timeMs < window.toMs),
    issues,
    refused: window.devices.filter((id) => sent.refused.includes(id)),
  };
}

function readingsOf(row: unknown, receivedAtMs: number, refuse: Refuse): VendorReading[] {
  const { success, data } = Row.safeParse(row);
  if (!success) {
    refuse("unreadable_value", "The row has no values, or no time with a zone.");
    return [];
  }
  const timeMs = Math.trunc(Date.parse(data.time));
  if (!isPlausibleTime(timeMs, receivedAtMs)) {
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
