import { localDate, localDay, localTime } from "../format/zoned.ts";

/** Epoch ms and value; null where the server says that there is none. */
export type Point = readonly [timeMs: number, value: number | null];

export const RANGES = ["today", "7d"] as const;
export type Range = (typeof RANGES)[number];

export function parseRange(text: string | null): Range {
  return RANGES.find((range) => range === text) ?? "today";
}

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** Length of a step such as `PT15M`, ms; null for `raw`, for calendar months and for anything unknown. */
export function stepMs(step: string): number | null {
  const parts = DURATION.exec(step);
  if (!parts) return null;
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  const ms = (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60_000 + (seconds ?? 0) * 1_000;
  return ms > 0 ? ms : null;
}

const JOINED_WITHIN_MS_LEAST = 3 * 60_000;

/** Longest distance between two points that are joined by a line, ms. Buckets may be one apart. */
export function joinedWithinMs(step: string): number {
  const ms = stepMs(step);
  return ms === null ? JOINED_WITHIN_MS_LEAST : Math.max(ms * 1.5, JOINED_WITHIN_MS_LEAST);
}

/** The points with an empty one wherever the line has to break: what was not measured is not drawn. */
export function withGaps(points: readonly Point[], joinedMs: number): Point[] {
  const gapped: Point[] = [];
  let beforeMs: number | null = null;
  for (const point of points) {
    if (beforeMs !== null && point[0] - beforeMs > joinedMs) gapped.push([beforeMs + 1, null]);
    gapped.push(point);
    beforeMs = point[0];
  }
  return gapped;
}

/** One line of the table that says the same as the chart. */
export interface SummaryLine {
  readonly label: string;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** Points by local hour (today) or local day (7 days). The mean is of the points, which are evenly spaced within a series. */
export function summarise(points: readonly Point[], range: Range, timezone: string): SummaryLine[] {
  const groups = new Map<string, { label: string; values: number[] }>();
  for (const [timeMs, value] of points) {
    if (value === null) continue;
    const hour = localTime(timeMs, timezone).slice(0, 2);
    const key = range === "today" ? hour : localDate(timeMs, timezone);
    let group = groups.get(key);
    if (!group) {
      group = { label: range === "today" ? `${hour}:00` : localDay(timeMs, timezone), values: [] };
      groups.set(key, group);
    }
    group.values.push(value);
  }
  return [...groups.values()].map(({ label, values }) => ({
    label,
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    min: values.reduce((least, value) => Math.min(least, value)),
    max: values.reduce((most, value) => Math.max(most, value)),
    count: values.length,
  }));
}

/** The span of values that a chart shows: always with zero in it. */
export function valueSpan(points: readonly Point[]): { min: number; max: number } {
  let [min, max] = [0, 0];
  for (const [, value] of points) {
    if (value === null) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return max === min ? { min, max: min + 1 } : { min, max };
}

/** The line as SVG path data in a box of the given size; `withGaps` points make it break. */
export function linePath(
  points: readonly Point[],
  span: { fromMs: number; toMs: number },
  width: number,
  height: number,
): string {
  const { min, max } = valueSpan(points);
  const parts: string[] = [];
  let drawing = false;
  for (const [timeMs, value] of points) {
    if (value === null) {
      drawing = false;
      continue;
    }
    const x = ((timeMs - span.fromMs) / (span.toMs - span.fromMs)) * width;
    const y = height - ((value - min) / (max - min)) * height;
    parts.push(`${drawing ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`);
    drawing = true;
  }
  return parts.join("");
}
