import type { QualityEvent } from "../api/types.gen.ts";
import { formatShare, formatValue } from "../format/power.ts";
import { localDay, localTime } from "../format/zoned.ts";
import { text } from "../text.ts";

/** One thing that a rule saw, in words. */
export interface Seen {
  readonly name: string;
  readonly value: string;
}

/** In the metric's own unit. */
const IN_ITS_UNIT = new Set([
  "value",
  "firstValue",
  "lastValue",
  "before",
  "after",
  "backBy",
  "least",
  "greatest",
  "usuallyUpTo",
  "allowedMin",
  "allowedMax",
  "ratedPower",
]);

const MINUTE_S = 60;
const HOUR_S = 3_600;

/** What was seen, name by name. A name that the catalogue has no words for stands as the server wrote it. */
export function seenBy(evidence: QualityEvent["evidence"], unit: string, timezone: string): Seen[] {
  return Object.entries(evidence).map(([name, value]) => ({
    name: text.events.evidence[name] ?? name,
    value: typeof value === "number" ? figure(name, value, unit) : words(value, timezone),
  }));
}

function figure(name: string, value: number, unit: string): string {
  if (IN_ITS_UNIT.has(name)) return formatValue(value, unit);
  if (name === "shareOfRatedUpTo" || name === "othersUpTo") return formatShare(value);
  if (name === "hoursAtRated" || name === "othersHoursAtRated") return `${value} h`;
  if (name === "sunDownToDeg") return `${value}°`;
  if (name.endsWith("S")) return seconds(value);
  return String(value);
}

function seconds(count: number): string {
  if (count >= HOUR_S) return `${Math.round((count / HOUR_S) * 10) / 10} h`;
  return count >= MINUTE_S ? `${Math.round(count / MINUTE_S)} min` : `${Math.round(count)} s`;
}

function words(value: string, timezone: string): string {
  const timeMs = /^\d{4}-\d{2}-\d{2}T.*Z$/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(timeMs)) return `${localDay(timeMs, timezone)}, ${localTime(timeMs, timezone)}`;
  return text.events.looks[value] ?? value;
}
