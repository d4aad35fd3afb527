import { localDate, localDay, localMonth, localTime } from "../format/zoned.ts";

/** Epoch ms and value; null where the server says that there is none. */
export type Point = readonly [timeMs: number, value: number | null];

export const RANGES = ["today", "7d", "30d", "year"] as const;
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

/** By what the table of a range goes. */
export const TABLE_UNIT = { today: "hour", "7d": "day", "30d": "day", year: "month" } as const satisfies Record<
  Range,
  string
>;

/** Points by the site's own hours, days or months. The mean is of the points, which are evenly spaced within a series. */
export function summarise(points: readonly Point[], range: Range, timezone: string): SummaryLine[] {
  const groups = new Map<string, { label: string; values: number[] }>();
  for (const [timeMs, value] of points) {
    if (value === null) continue;
    const [key, label] = groupOf(timeMs, range, timezone);
    let group = groups.get(key);
    if (!group) {
      group = { label, values: [] };
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

function groupOf(timeMs: number, range: Range, timezone: string): [key: string, label: string] {
  if (TABLE_UNIT[range] === "month") return [localDate(timeMs, timezone).slice(0, 7), localMonth(timeMs, timezone)];
  if (TABLE_UNIT[range] === "day") return [localDate(timeMs, timezone), localDay(timeMs, timezone)];
  const hour = localTime(timeMs, timezone).slice(0, 2);
  return [hour, `${hour}:00`];
}

/** A value whose height above nothing says something. Of a counter or a voltage only what changes does. */
export function isFromZero(unit: string): boolean {
  return unit.endsWith("W") || unit === "%" || unit === "1";
}

/** The span of values that a chart shows, never empty; with zero in it, or only what there is. */
export function valueSpan(points: readonly Point[], fromZero = true): { min: number; max: number } {
  let [min, max] = fromZero ? [0, 0] : [Infinity, -Infinity];
  for (const [, value] of points) {
    if (value === null) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min > max) return { min: 0, max: 1 };
  return max === min ? { min, max: min + 1 } : { min, max };
}

/** The line as SVG path data in a box of the given size; `withGaps` points make it break. */
export function linePath(
  points: readonly Point[],
  span: { fromMs: number; toMs: number },
  width: number,
  height: number,
  fromZero = true,
): string {
  const { min, max } = valueSpan(points, fromZero);
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
