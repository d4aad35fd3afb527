let latestMs = Number.NaN;
let latest = "";

/** Epoch ms as the API writes it: ISO 8601 with Z, ms precision. */
export function isoTime(timeMs: number): string {
  // Most times come in pairs, and those of a poll by the dozen.
  if (timeMs !== latestMs) {
    latest = new Date(timeMs).toISOString();
    latestMs = timeMs;
  }
  return latest;
}
