import { endOfLocalDayMs, localDate, startOfLocalDayMs } from "#lib/format/zoned.ts";
import { text } from "#lib/text.ts";

const DAY_MS = 86_400_000;
const words = text.admin.erase;

/** The first minute of a local day, epoch ms; null for what is no day from 1970 to 9999, or one that the timezone skipped. */
export function localDayStartMs(day: string, timezone: string): number | null {
  if (!/^(19[7-9]\d|[2-9]\d{3})-\d\d-\d\d$/.test(day)) return null;
  const noonMs = Date.parse(`${day}T12:00:00Z`);
  if (Number.isNaN(noonMs)) return null;
  // Noon in UTC is that day in most places, and the one before or after it in the others.
  for (const guessMs of [noonMs, noonMs - DAY_MS, noonMs + DAY_MS]) {
    if (localDate(guessMs, timezone) === day) return startOfLocalDayMs(guessMs, timezone);
  }
  return null;
}

/** Whole local days, both included; empty fields are open ends. */
export interface DayRange {
  /** Epoch ms, inclusive; null for the first reading. */
  readonly fromMs: number | null;
  /** Epoch ms, exclusive; null for the last reading. */
  readonly toMs: number | null;
}

/** The range that two fields mean, or what is wrong with which of them. */
export function dayRangeOf(
  fields: { readonly from: string; readonly to: string },
  timezone: string,
): { readonly range: DayRange; readonly faults: Readonly<Partial<Record<"from" | "to", string>>> } {
  const faults: Partial<Record<"from" | "to", string>> = {};
  const startOf = (name: "from" | "to"): number | null => {
    if (fields[name] === "") return null;
    const startMs = localDayStartMs(fields[name], timezone);
    if (startMs === null) faults[name] = words.badDate;
    return startMs;
  };
  const [fromMs, lastDayMs] = [startOf("from"), startOf("to")];
  const toMs = lastDayMs === null ? null : endOfLocalDayMs(lastDayMs, timezone);
  if (fromMs !== null && toMs !== null && toMs <= fromMs) faults.to = words.wrongOrder;
  return { range: { fromMs, toMs }, faults };
}
