import { localDate, localTime, localTimeWithSeconds } from "#lib/format/zoned.ts";

/** "2026-11-22 08:05", UTC: what is about the server belongs to no site. */
export function utcTime(time: string | number): string {
  const timeMs = new Date(time).getTime();
  return `${localDate(timeMs, "UTC")} ${localTime(timeMs, "UTC")}`;
}

/** "2026-11-22 08:05:09", UTC. */
export function utcTimeWithSeconds(time: string | number): string {
  const timeMs = new Date(time).getTime();
  return `${localDate(timeMs, "UTC")} ${localTimeWithSeconds(timeMs, "UTC")}`;
}

/** "2026-11-22", UTC. */
export function utcDate(time: string | number): string {
  return localDate(new Date(time).getTime(), "UTC");
}

/** What a `datetime-local` field holds, read as UTC, as ISO 8601; null when it is none. */
export function isoOfUtcField(field: string): string | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/.test(field)) return null;
  const timeMs = Date.parse(`${field}Z`);
  return Number.isNaN(timeMs) ? null : new Date(timeMs).toISOString();
}
