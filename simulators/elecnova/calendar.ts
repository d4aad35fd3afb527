/**
 * Calendar days of a timezone. A day is a whole number, days since 1970-01-01 by the calendar; when it begins is a matter
 * of the zone. Good for zones whose clocks do not change at midnight, which those of the plant are.
 */

export const DAY_MS = 86_400_000;

const STARTS_KEPT_MAX = 20_000;

export class Zone {
  /** IANA name. */
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #startMs = new Map<number, number>();

  constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  }

  /** How far local clocks are ahead of UTC at that instant, ms. */
  offsetMs(timeMs: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(timeMs)) part[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(timeMs / 1_000) * 1_000;
  }

  /** The calendar day that holds at an instant. */
  dayAt(timeMs: number): number {
    return Math.floor((timeMs + this.offsetMs(timeMs)) / DAY_MS);
  }

  /** The day's first instant, epoch ms. */
  startOfDayMs(day: number): number {
    const known = this.#startMs.get(day);
    if (known !== undefined) return known;
    const asIfUtcMs = day * DAY_MS;
    // The offset at noon may not be that of midnight: the second look is at, or an hour beside, midnight itself.
    const nearMs = asIfUtcMs - this.offsetMs(asIfUtcMs);
    const startMs = asIfUtcMs - this.offsetMs(nearMs);
    if (this.#startMs.size >= STARTS_KEPT_MAX) this.#startMs.clear();
    this.#startMs.set(day, startMs);
    return startMs;
  }
}

/** `YYYY-MM-DD`. */
export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The days of a month (1 to 12), in order. */
export function daysOfMonth(year: number, month: number): number[] {
  const first = Date.UTC(year, month - 1, 1) / DAY_MS;
  const next = Date.UTC(year, month, 1) / DAY_MS;
  return Array.from({ length: next - first }, (_, i) => first + i);
}
