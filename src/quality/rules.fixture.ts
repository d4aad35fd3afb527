import type { Finding } from "../domain/quality.ts";
import type { Detector } from "./detector.ts";
import type { SeriesFacts } from "./series-facts.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** A midnight in UTC, near midsummer. */
export const MIDNIGHT_MS = Date.UTC(2026, 5, 21);

/** An inverter's power: 10 kW, said in W, at a place that nobody told. */
export const INVERTER: SeriesFacts = {
  name: "active_power",
  unit: "W",
  kind: "gauge",
  isMeasuredPower: true,
  movesByNature: true,
  isSolarPower: true,
  sleepsAtNight: true,
  ratedPower: 10_000,
  pollIntervalMs: null,
  place: null,
};

export type Row = readonly [timeMs: number, value: number];

/** What a detector finds in these readings. @param untilMs a moment after the last unless told */
export function foundIn(detector: Detector | null, rows: readonly Row[], untilMs?: number): readonly Finding[] {
  if (!detector) throw new Error("the rule is not for this series");
  for (const [timeMs, value] of rows) detector.take(timeMs, value);
  return detector.end(untilMs ?? (rows.at(-1)?.[0] ?? 0) + 1);
}

/** Readings at even times. */
export function every(stepMs: number, values: readonly number[], fromMs = MIDNIGHT_MS): Row[] {
  return values.map((value, index) => [fromMs + index * stepMs, value]);
}

/** Days of an inverter of 10 kW every quarter of an hour: a bow from 6 to 18 h UTC that no two days have alike, and nothing at night. */
export function days(count: number, fromMs = MIDNIGHT_MS): Row[] {
  return Array.from({ length: count * 96 }, (_, index) => {
    const hour = (index % 96) / 4;
    const height = 8_000 + 7 * Math.floor(index / 96);
    const light = Math.sin((Math.PI * (hour - 6)) / 12);
    return [fromMs + index * 15 * MINUTE_MS, hour > 6 && hour < 18 ? height * light ** 1.5 : 0];
  });
}
