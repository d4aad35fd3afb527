import { z } from "zod";

const Instant = z.iso.datetime({ offset: true });

/** An RFC 3339 time with a zone as epoch ms; null for any other text. */
export function instantMs(text: string): number | null {
  if (!Instant.safeParse(text).success) return null;
  const timeMs = Date.parse(text);
  return Number.isNaN(timeMs) ? null : timeMs;
}
