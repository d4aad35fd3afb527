import { type CalendarSpan, localDateAt, localDay, localMonth } from "../../domain/calendar.ts";
import { QUALITY } from "../../domain/reading.ts";
import type { Redact } from "../../transport/redact.ts";
import { isPlausibleTime } from "../plausible-time.ts";
import type { QualityIssue, VendorReading } from "../vendor.ts";
import { issueOf } from "./issues.ts";
import { type PointMapping, SERIES, scaled } from "./mapping.ts";
import { instantMs } from "./times.ts";
import { SeriesRow } from "./wire.ts";

/** PV power as readings of `pv_active_power`, W, oldest first. */
export interface PvPower {
  readonly readings: readonly VendorReading[];
  readonly issues: readonly QualityIssue[];
}

/** PV energy of local days or months, oldest first. */
export interface PvEnergy {
  /** The zone whose days or months they are; IANA name. */
  readonly timeZone: string;
  readonly periods: readonly PvEnergyPeriod[];
  /** The same as readings of `pv_energy_day` or `pv_energy_month`, W.h, each at its period's first moment. */
  readonly readings: readonly VendorReading[];
  readonly issues: readonly QualityIssue[];
}

export interface PvEnergyPeriod extends CalendarSpan {
  /** `YYYY-MM-DD` or `YYYY-MM`, in the cabinet's zone. */
  readonly period: string;
  readonly energyWh: number;
}

/** What a row tells: its time as the vendor writes it, and its value in the metric's unit. */
interface Told {
  readonly time: string;
  readonly value: number;
  readonly refuse: (kind: QualityIssue["kind"], detail: string) => void;
}

/** @param receivedAtMs when the answer came, epoch ms */
export function toPvPower(sn: string, rows: readonly unknown[], receivedAtMs: number, redact: Redact): PvPower {
  const issues: QualityIssue[] = [];
  const byTime = new Map<number, VendorReading>();
  for (const { time, value, refuse } of told(sn, rows, SERIES.pvPower, issues, redact)) {
    const timeMs = instantMs(time);
    const known = timeMs === null ? undefined : byTime.get(timeMs);
    if (timeMs === null) refuse("implausible_time", "The time of a value is no RFC 3339 time with a zone.");
    else if (!isPlausibleTime(timeMs, receivedAtMs)) {
      refuse("implausible_time", "The time of a value lies before 2000 or more than a day ahead.");
    } else if (!known) {
      byTime.set(timeMs, { device: sn, metric: SERIES.pvPower.metric, timeMs, value, quality: QUALITY.good });
    } else if (known.value !== value) {
      refuse("implausible_time", "The answer holds two values for one time; the first counts.");
    }
  }
  return { readings: [...byTime.values()].sort((a, b) => a.timeMs - b.timeMs), issues };
}

/** The newest of the readings; none when there are none. */
export function latestOf({ readings }: PvPower): readonly VendorReading[] {
  return readings.slice(-1);
}

/**
 * @param timeZone IANA name
 * @param receivedAtMs when the answer came, epoch ms
 */
export function toPvEnergy(
  sn: string,
  unit: "day" | "month",
  rows: readonly unknown[],
  timeZone: string,
  receivedAtMs: number,
  redact: Redact,
): PvEnergy {
  const issues: QualityIssue[] = [];
  const byPeriod = new Map<string, PvEnergyPeriod>();
  for (const { time, value, refuse } of told(sn, rows, SERIES[unit], issues, redact)) {
    const period = periodOf(time, unit, timeZone);
    const span = period === null ? null : (unit === "day" ? localDay : localMonth)(period, timeZone);
    if (period === null || span === null) {
      refuse("implausible_time", `The time of a value is no ${unit} such as ${EXAMPLE[unit]}.`);
      continue;
    }
    if (!isPlausibleTime(span.fromMs, receivedAtMs)) {
      refuse("implausible_time", `A ${unit} begins before 2000 or more than a day ahead.`);
      continue;
    }
    const known = byPeriod.get(period);
    if (!known) byPeriod.set(period, { period, ...span, energyWh: value });
    else if (known.energyWh !== value) {
      refuse("implausible_time", `The answer holds two values for one ${unit}; the first counts.`);
    }
  }
  const periods = [...byPeriod.values()].sort((a, b) => a.fromMs - b.fromMs);
  const readings = periods.map(({ fromMs, energyWh }): VendorReading => {
    return { device: sn, metric: SERIES[unit].metric, timeMs: fromMs, value: energyWh, quality: QUALITY.good };
  });
  return { timeZone, periods, readings, issues };
}

const EXAMPLE = { day: "2026-03-29", month: "2026-03" } as const;

/**
 * The local day or month that a text names. Its form is not documented, so the plain forms are taken, and an RFC 3339 time, which
 * lies in a day of the zone; "03-29", which names no year, is not.
 */
function periodOf(time: string, unit: "day" | "month", timeZone: string): string | null {
  const timeMs = instantMs(time);
  const text = timeMs === null ? time : localDateAt(timeMs, timeZone);
  if (unit === "day") return localDay(text, timeZone) ? text : null;
  const month = localDay(text, timeZone) ? text.slice(0, "YYYY-MM".length) : text;
  return localMonth(month, timeZone) ? month : null;
}

function* told(
  sn: string,
  rows: readonly unknown[],
  { exponent }: PointMapping,
  issues: QualityIssue[],
  redact: Redact,
): Generator<Told, void, undefined> {
  for (const row of rows) {
    const refuse: Told["refuse"] = (kind, detail) => issues.push(issueOf(sn, kind, detail, row, redact));
    const read = SeriesRow.safeParse(row).data;
    const value = read ? scaled(read.value, exponent) : null;
    if (!read || value === null) refuse("unreadable_value", "A row is no time with a number.");
    else yield { time: read.time, value, refuse };
  }
}
