/** Epoch ms as the API writes it: ISO 8601 with Z, ms precision. */
export function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
