/** No reading is older: a device's clock that says so was never set. */
export const READING_TIME_MIN_MS = Date.UTC(2000, 0, 1);
/** A reading this far ahead of its receipt is still taken: clocks differ. */
export const READING_AHEAD_MAX_MS = 86_400_000;

/** Whether a reading that came then may be of that time; both epoch ms. False for NaN. */
export function isPlausibleTime(timeMs: number, receivedAtMs: number): boolean {
  return timeMs >= READING_TIME_MIN_MS && timeMs <= receivedAtMs + READING_AHEAD_MAX_MS;
}
