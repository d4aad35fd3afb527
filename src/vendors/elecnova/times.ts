import { z } from "zod";

const Instant = z.iso.datetime({ offset: true });

/** No vendor's reading is older: an Elecnova cabinet's clock that says so was never set. */
export const TIME_MIN_MS = Date.UTC(2000, 0, 1);
/** A reading this far ahead of its receipt is still taken: clocks differ. */
export const TIME_AHEAD_MAX_MS = 86_400_000;

/** An RFC 3339 time with a zone as epoch ms; null for any other text. */
export function instantMs(text: string): number | null {
  if (!Instant.safeParse(text).success) return null;
  const timeMs = Date.parse(text);
  return Number.isNaN(timeMs) ? null : timeMs;
}

/** Whether a reading may be of that time. */
export function isPlausible(timeMs: number, receivedAtMs: number): boolean {
  return timeMs >= TIME_MIN_MS && timeMs <= receivedAtMs + TIME_AHEAD_MAX_MS;
}
