/** A stretch of time, epoch ms; the end is not part of it. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Shortest stretch that can be looked at, ms. */
export const RANGE_MS_MIN = 1_000;
/** Longest stretch, ms: fifty years. */
export const RANGE_MS_MAX = 50 * 365 * 86_400_000;
/** The latest time that a reading may have is in the year 9999. */
const TIME_MS_MAX = Date.UTC(9999, 11, 31);

/** The range within what can be looked at, in whole ms; its middle stays where it is. */
export function clamped({ fromMs, toMs }: TimeRange): TimeRange {
  const lengthMs = Math.round(Math.min(Math.max(toMs - fromMs, RANGE_MS_MIN), RANGE_MS_MAX));
  const startMs = Math.round((fromMs + toMs - lengthMs) / 2);
  const clampedMs = Math.min(Math.max(startMs, 0), TIME_MS_MAX - lengthMs);
  return { fromMs: clampedMs, toMs: clampedMs + lengthMs };
}

/** The range, `factor` times as long, with the instant at `share` of its length (0 to 1) where it was. */
export function zoomed({ fromMs, toMs }: TimeRange, factor: number, share = 0.5): TimeRange {
  const atMs = fromMs + (toMs - fromMs) * share;
  const lengthMs = Math.min(Math.max((toMs - fromMs) * factor, RANGE_MS_MIN), RANGE_MS_MAX);
  return clamped({ fromMs: atMs - lengthMs * share, toMs: atMs + lengthMs * (1 - share) });
}

/** Three times as long, and with no more of the future than before. */
export function zoomedOut(range: TimeRange, nowMs: number): TimeRange {
  const wide = zoomed(range, 3);
  const beyondMs = wide.toMs - Math.max(nowMs, range.toMs);
  return beyondMs > 0 ? panned(wide, -beyondMs) : wide;
}

export function panned({ fromMs, toMs }: TimeRange, byMs: number): TimeRange {
  return clamped({ fromMs: fromMs + byMs, toMs: toMs + byMs });
}

export function isSameRange(a: TimeRange, b: TimeRange): boolean {
  return a.fromMs === b.fromMs && a.toMs === b.toMs;
}
