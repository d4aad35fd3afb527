import { type InputIssue, InvalidInput } from "../../domain/errors.ts";

/** The vendor's units of a window period, largest first. */
const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

const PERIOD = /^([1-9]\d{0,8})(ms|s|m|h|d)$/;
/** A year: no window is longer. */
export const PERIOD_MS_MAX = 366 * 86_400_000;

/**
 * Reads a window period as the vendor writes it, such as `200ms`, `1s`, `5m`, `1h` or `1d`, to ms.
 *
 * @throws InvalidInput with the path `window` for anything else, and above `PERIOD_MS_MAX`
 */
export function parsePeriodMs(text: string): number {
  const [, count, unit] = PERIOD.exec(text.trim()) ?? [];
  const unitMs = UNITS.find(([name]) => name === unit)?.[1];
  const periodMs = count === undefined || unitMs === undefined ? Number.NaN : Number(count) * unitMs;
  if (!(periodMs <= PERIOD_MS_MAX)) {
    throw new InvalidInput([
      { path: "window", message: "must be a period such as 200ms, 1s, 5m, 1h or 1d, of a year at most" },
    ]);
  }
  return periodMs;
}

/** What is wrong with a period that is given as a number. */
export function periodIssues(path: string, periodMs: number | undefined): InputIssue[] {
  if (periodMs === undefined || (Number.isInteger(periodMs) && periodMs >= 1 && periodMs <= PERIOD_MS_MAX)) return [];
  return [{ path, message: "must be whole ms, from 1 ms to a year" }];
}

/** Writes a period in the largest unit that divides it. */
export function periodText(periodMs: number): string {
  const [unit, unitMs] = UNITS.find(([, unitMs]) => periodMs % unitMs === 0) ?? ["ms", 1];
  return `${periodMs / unitMs}${unit}`;
}
