import type { TimeRange } from "../chart/range.ts";
import { endOfLocalDayMs, startOfLocalDayMs } from "../format/zoned.ts";
import type { RangeChoice } from "./view.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const LENGTHS_MS = { "1h": HOUR_MS, "7d": 7 * DAY_MS, "30d": 30 * DAY_MS, "1y": 365 * DAY_MS } as const;

/**
 * The stretch of time that a choice means now.
 * @param firstMs time of the oldest reading; null when there is none, or nobody has asked
 */
export function resolvedRange(choice: RangeChoice, nowMs: number, timezone: string, firstMs: number | null): TimeRange {
  if (choice.kind === "fixed") return { fromMs: choice.fromMs, toMs: choice.toMs };
  if (choice.name === "today")
    return { fromMs: startOfLocalDayMs(nowMs, timezone), toMs: endOfLocalDayMs(nowMs, timezone) };
  if (choice.name !== "all") return { fromMs: nowMs - LENGTHS_MS[choice.name], toMs: nowMs };
  // A reading may lie ahead of the clock, and a metric may have none.
  const fromMs = Math.min(firstMs ?? nowMs - DAY_MS, nowMs - HOUR_MS);
  return { fromMs, toMs: nowMs };
}

/** How often a range that ends now is asked for again: as often as it moves on by about a pixel, ms. */
const POLL_MS = { min: 2_000, max: 60_000 } as const;
const PIXELS = 800;

export function pollMsOf({ fromMs, toMs }: TimeRange): number {
  return Math.min(Math.max((toMs - fromMs) / PIXELS, POLL_MS.min), POLL_MS.max);
}
