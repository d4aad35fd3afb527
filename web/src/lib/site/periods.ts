import { localDate, localDay, localMonth, startOfLocalDayMs } from "../format/zoned.ts";

/** By what energy is summed up. */
export const PERIODS = ["day", "month", "year"] as const;
export type Period = (typeof PERIODS)[number];

export function parsePeriod(text: string | null): Period {
  return PERIODS.find((period) => period === text) ?? "day";
}

/** The API's step for a period, and how many of them are shown, the running one with them. */
export const STEP_OF_PERIOD = { day: "P1D", month: "P1M", year: "P1Y" } as const satisfies Record<Period, string>;
export const SHOWN_OF_PERIOD = { day: 30, month: 12, year: 10 } as const satisfies Record<Period, number>;

/** So many are shown even where nothing is known of them. */
export const LEAST_OF_PERIOD = { day: 7, month: 6, year: 3 } as const satisfies Record<Period, number>;

const HOUR_MS = 3_600_000;

/** Where the latest periods begin in a place's own calendar, the earliest first and the running one last, epoch ms. */
export function periodStartsMs(period: Period, nowMs: number, timezone: string): number[] {
  const [year = 0, month = 0, day = 0] = localDate(nowMs, timezone).split("-").map(Number);
  const count = SHOWN_OF_PERIOD[period];
  return Array.from({ length: count }, (_, place) => {
    const back = count - 1 - place;
    if (period === "day") return startOfDateMs(year, month, day - back, timezone);
    if (period === "month") return startOfDateMs(year, month - back, 1, timezone);
    return startOfDateMs(year - back, 1, 1, timezone);
  });
}

/** The first minute of a date in a place. Days and months beyond their range count on into the next or the one before. */
function startOfDateMs(year: number, month: number, day: number, timezone: string): number {
  const midnightUtcMs = Date.UTC(year, month - 1, day);
  const date = new Date(midnightUtcMs).toISOString().slice(0, 10);
  // Noon of UTC is of the same date everywhere but far in the east, and there its midnight is.
  const noonUtcMs = midnightUtcMs + 12 * HOUR_MS;
  return startOfLocalDayMs(localDate(noonUtcMs, timezone) === date ? noonUtcMs : midnightUtcMs, timezone);
}

/** A period by its name: "Sat 21 Nov", "November 2026", "2026". */
export function periodName(period: Period, startMs: number, timezone: string): string {
  if (period === "day") return localDay(startMs, timezone);
  if (period === "month") return localMonth(startMs, timezone);
  return localDate(startMs, timezone).slice(0, 4);
}

/** The same as short as it can be under a bar: "21", "Nov", "2026". */
export function periodMark(period: Period, startMs: number, timezone: string): string {
  if (period === "day") return String(Number(localDate(startMs, timezone).slice(8)));
  if (period === "month") return localMonth(startMs, timezone).slice(0, 3);
  return localDate(startMs, timezone).slice(0, 4);
}
