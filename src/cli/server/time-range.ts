import type { Command } from "commander";
import { parseTimeText } from "../../domain/time-text.ts";
import { BadUse } from "../exit-codes.ts";
import type { LocalClock } from "../local-time.ts";
import type { TimeRange } from "../time-option.ts";

/** Half-open; an end that was not named is open. */
export interface OpenTimeRange {
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

export interface TimeRangeFlags {
  readonly from?: string;
  readonly to?: string;
}

export function addTimeRangeOptions(command: Command, zoneWords: string): Command {
  return command
    .option(
      "--from <time>",
      `start: a date, or ISO 8601 such as 2026-11-20T06:00:00Z; ${zoneWords} unless it has an offset`,
    )
    .option("--to <time>", "end, not included; of a date, the end of that day");
}

/** @param clock of times without an offset, and of dates @throws BadUse */
export function readOpenTimeRange({ from, to }: TimeRangeFlags, clock: LocalClock): OpenTimeRange {
  const fromMs = from === undefined ? null : readTime(from, "--from", clock).fromMs;
  const toMs = to === undefined ? null : readTime(to, "--to", clock).toMs;
  if (fromMs !== null && toMs !== null && toMs <= fromMs) {
    throw new BadUse(`--to must be after --from: ${to} is not after ${from}.`);
  }
  return { fromMs, toMs };
}

/** As `readOpenTimeRange`, where both ends are needed. @throws BadUse */
export function readTimeRange(flags: TimeRangeFlags, clock: LocalClock): TimeRange {
  const { fromMs, toMs } = readOpenTimeRange(flags, clock);
  if (fromMs === null || toMs === null) {
    throw new BadUse("It needs --from and --to, such as --from 2026-11-20 --to 2026-11-20.");
  }
  return { fromMs, toMs };
}

/** A date's day, from its start to the next one's; a time, twice. */
function readTime(text: string, flag: string, clock: LocalClock): TimeRange {
  const read = parseTimeText(text);
  if (read === null) throw new BadUse(`${flag} must be a date or a time such as 2026-11-20T06:00:00Z: ${text}`);
  if (/(Z|[+-]\d{2}:\d{2})$/.test(text) && text.includes("T")) return { fromMs: read.fromMs, toMs: read.fromMs };
  const moment = (localMs: number): number => {
    const { firstMs } = clock.offsetsAt(localMs);
    if (!Number.isNaN(firstMs)) return localMs - firstMs;
    // A day that begins in a gap begins at the gap's end; a quarter of an hour is the finest that clocks are set by.
    for (let laterMs = localMs; ; laterMs += QUARTER_MS) {
      const later = clock.offsetsAt(laterMs).firstMs;
      if (!Number.isNaN(later)) return laterMs - later;
    }
  };
  const fromMs = moment(read.fromMs);
  return { fromMs, toMs: text.includes("T") ? fromMs : moment(read.toMs) };
}

const QUARTER_MS = 900_000;
