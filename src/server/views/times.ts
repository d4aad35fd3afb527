const SECOND_MS = 1_000;
/** Seconds whose text is kept: the newest values of a fleet are of the same few hundred. */
const SECONDS_KEPT_MAX = 1_024;
/** "2026-11-21T06:00:00." by epoch s. Writing a date takes a µs, and an answer has thousands. */
const texts = new Map<number, string>();

/** Epoch ms as the API writes it: ISO 8601 with Z, ms precision. */
export function isoTime(time: number): string {
  const timeMs = Math.trunc(time);
  const second = Math.floor(timeMs / SECOND_MS);
  let text = texts.get(second);
  if (text === undefined) {
    const written = new Date(timeMs).toISOString();
    text = written.slice(0, -"000Z".length);
    if (texts.size >= SECONDS_KEPT_MAX) texts.clear();
    texts.set(second, text);
  }
  return `${text}${String(timeMs - second * SECOND_MS).padStart(3, "0")}Z`;
}
