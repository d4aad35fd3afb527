/** A moment to the nanosecond: whole ms since the epoch, and the ns beyond them (0 to 999,999). */
export interface Instant {
  readonly ms: number;
  readonly ns: number;
}

const NS_PER_MS = 1_000_000;
/** A second has at most this many decimals. */
export const DECIMALS_MAX = 9;

const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/** Reads RFC 3339 with an offset or `Z` and up to `DECIMALS_MAX` decimals, each of which counts. Null for anything else. */
export function parseInstant(text: string): Instant | null {
  const [, date, clock, decimals = "", sign, hours, minutes] = RFC_3339.exec(text) ?? [];
  if (date === undefined || clock === undefined || decimals.length > DECIMALS_MAX) return null;
  const wholeMs = Date.parse(`${date}T${clock}Z`);
  // Date.parse moves 30 February and 24:00:00 on to a day that was not written.
  if (Number.isNaN(wholeMs) || new Date(wholeMs).toISOString().slice(0, 19) !== `${date}T${clock}`) return null;
  const offsetMs = sign === undefined ? 0 : Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  const ns = Number(decimals.padEnd(DECIMALS_MAX, "0"));
  return { ms: wholeMs - offsetMs + Math.floor(ns / NS_PER_MS), ns: ns % NS_PER_MS };
}

/** The first whole ms that is not before the moment: samples lie on whole ms, so a range from or to either is the same. */
export function ceilMs({ ms, ns }: Instant): number {
  return ns === 0 ? ms : ms + 1;
}

/** Whether `to` lies `spanMs` or more after `from`, to the nanosecond. */
export function reaches(from: Instant, to: Instant, spanMs: number): boolean {
  const beyondMs = to.ms - from.ms - spanMs;
  return beyondMs > 0 || (beyondMs === 0 && to.ns >= from.ns);
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^([1-9]\d{0,8})(ms|s|m|h|d)$/;

/** Reads a duration such as `200ms`, `1s`, `5m`, `1h` or `1d`; null for anything else, zero included. */
export function parseDurationMs(text: string): number | null {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return count === undefined ? null : Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

/** Writes a duration in the largest unit that divides it. */
export function durationText(durationMs: number): string {
  const units = ["d", "h", "m", "s"] as const;
  const unit = units.find((name) => durationMs % UNIT_MS[name] === 0) ?? "ms";
  return `${durationMs / UNIT_MS[unit]}${unit}`;
}
