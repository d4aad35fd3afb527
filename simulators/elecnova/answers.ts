import type { Dialect } from "./access.ts";
import { DAY_MS, daysOfMonth, dayText } from "./calendar.ts";
import type { Cabinet, Component } from "./plant.ts";
import { slotsOf } from "./pv.ts";

/** What the vendor says of its plant, as its JSON has it. Times are ISO 8601 in UTC, days and months the cabinet's own. */

export interface TimedValue {
  /** An instant, `YYYY-MM-DD` or `YYYY-MM`. */
  readonly time: string;
  /** W at an instant, kWh over a day or a month. */
  readonly value: number;
}

/** Days in the answer that is called "past 7 days"; today, as far as it is over, is the last. */
const PAST_DAYS = 7;

export function cabinetRow(cabinet: Cabinet, dialect: Dialect, nowMs: number): Record<string, unknown> {
  const { online, lastSeenMs } = cabinet.connectionAt(nowMs);
  // The document marks both times as optional: some cabinets lack one or both.
  const createdAt = cabinet.index % 7 === 6 ? {} : { createdAt: iso(cabinet.commissionedMs) };
  const updatedAt = cabinet.index % 5 === 4 ? {} : { updatedAt: iso(cabinet.commissionedMs + DAY_MS) };
  return {
    id: cabinet.id,
    sn: cabinet.sn,
    name: cabinet.name,
    model: cabinet.model,
    timeZone: cabinet.zone.name,
    state: stateIn(dialect, online),
    lastSeen: iso(lastSeenMs),
    ...createdAt,
    ...updatedAt,
  };
}

export function cabinetWithParts(cabinet: Cabinet, dialect: Dialect, nowMs: number): Record<string, unknown> {
  const { online } = cabinet.connectionAt(nowMs);
  return {
    ...cabinetRow(cabinet, dialect, nowMs),
    parts: cabinet.components.map((component) => partRow(component, dialect, online)),
  };
}

function partRow(component: Component, dialect: Dialect, online: boolean): Record<string, unknown> {
  const { id, sn, name, model, locationCode, code } = component;
  return {
    id,
    sn,
    name: `${name} ${locationCode}`,
    model,
    type: code.split(".")[0],
    state: stateIn(dialect, online),
    locationCode,
    component: code,
    componentDesc: name,
  };
}

function stateIn(dialect: Dialect, online: boolean): boolean | "online" | "offline" {
  if (dialect === "live") return online;
  return online ? "online" : "offline";
}

/** The 5-minute slots that begin in [fromMs, toMs), as far as they are over; each at its begin, with its mean power in W. */
export function pvPower(cabinet: Cabinet, fromMs: number, toMs: number, nowMs: number): TimedValue[] {
  return Array.from(slotsOf(Math.max(fromMs, cabinet.commissionedMs), toMs, nowMs), (slotMs) => ({
    time: `${iso(slotMs).slice(0, 19)}Z`,
    value: cabinet.pv.slotPowerW(slotMs),
  }));
}

export function pvPastDays(cabinet: Cabinet, nowMs: number): TimedValue[] {
  const today = cabinet.zone.dayAt(nowMs);
  return pvDays(
    cabinet,
    Array.from({ length: PAST_DAYS }, (_, i) => today - PAST_DAYS + 1 + i),
    nowMs,
  );
}

/** Month 1 to 12. Days to come, and days before there was a cabinet, are left out. */
export function pvMonth(cabinet: Cabinet, year: number, month: number, nowMs: number): TimedValue[] {
  return pvDays(cabinet, daysOfMonth(year, month), nowMs);
}

/** The months of a year that have begun. */
export function pvYear(cabinet: Cabinet, year: number, nowMs: number): TimedValue[] {
  return Array.from({ length: 12 }, (_, i) => i + 1).flatMap((month) => {
    const days = existing(cabinet, daysOfMonth(year, month), nowMs);
    if (days.length === 0) return [];
    const sumWh = days.reduce((sum, day) => sum + cabinet.pv.dayEnergyWh(day, nowMs), 0);
    return { time: `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}`, value: kWh(sumWh) };
  });
}

function pvDays(cabinet: Cabinet, days: readonly number[], nowMs: number): TimedValue[] {
  return existing(cabinet, days, nowMs).map((day) => ({
    time: dayText(day),
    value: kWh(cabinet.pv.dayEnergyWh(day, nowMs)),
  }));
}

function existing(cabinet: Cabinet, days: readonly number[], nowMs: number): readonly number[] {
  const today = cabinet.zone.dayAt(nowMs);
  return days.filter((day) => day >= cabinet.commissionedDay && day <= today);
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** Two decimals, as the vendor's pages show it. */
function kWh(energyWh: number): number {
  return Math.round(energyWh / 10) / 100;
}
