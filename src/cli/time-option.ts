import { parseTimeText } from "../domain/time-text.ts";
import { BadUse } from "./exit-codes.ts";

/** Half-open, epoch ms. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export const FROM_WORDS = "start: a date, or ISO 8601 such as 2026-11-20T06:00:00Z; UTC unless it has an offset";
export const TO_WORDS = "end, not included; of a date, the end of that day";

/**
 * A range as `--from` and `--to` give it. A date as `--to` includes that day, so that one date given twice is one day.
 * @throws BadUse
 */
export function readTimeRange(from: string | undefined, to: string | undefined, call: string): TimeRange {
  if (from === undefined || to === undefined)
    throw new BadUse(`${call} needs --from and --to, such as --from 2026-11-20 --to 2026-11-20.`);
  const fromMs = readTime(from, "--from").fromMs;
  const end = readTime(to, "--to");
  const toMs = isDate(to) ? end.toMs : end.fromMs;
  if (toMs <= fromMs) throw new BadUse(`--to must be after --from: ${to} is not after ${from}.`);
  return { fromMs, toMs };
}

function readTime(text: string, flag: string): TimeRange {
  const read = parseTimeText(text);
  if (read === null) throw new BadUse(`${flag} must be a date or a time such as 2026-11-20T06:00:00Z: ${text}`);
  return read;
}

function isDate(text: string): boolean {
  return !text.includes("T");
}
