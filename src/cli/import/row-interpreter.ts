import { READING_TIME_MS } from "../../domain/reading.ts";
import { UNIT } from "../../domain/units.ts";
import { LocalClock } from "../local-time.ts";
import { isEmptyCell, isNumber, stateOf } from "./cells.ts";
import { type ImportPlan, type NameSource, nameFault, type ValueColumn } from "./plan.ts";
import { type BrokenRow, isBroken, type Row } from "./rows.ts";
import { readTime } from "./time-format.ts";
import { converted } from "./units.ts";

/** A series as a file names it. */
export interface FileSeries {
  readonly site: string;
  readonly device: string;
  readonly metric: string;
  /** UCUM code; empty where nobody knows. */
  readonly unit: string;
}

/** Series that one file may name: past them something else than a metric stands in the column. */
export const SERIES_MAX = 100_000;

/** A row's readings; the same object is used again for the next row. */
export interface RowReadings {
  timeMs: number;
  /** Indexes into `RowInterpreter.series`, one a value. */
  readonly series: number[];
  /** In the unit that is stored; NaN where the row holds none. */
  readonly values: number[];
}

/** Rows whose series have one place: site, device and, where rows name it, metric. */
interface Place {
  /** By value column. */
  readonly series: readonly number[];
  /** The time of the row before, epoch ms; NaN before the first. */
  previousMs: number;
}

/** Makes readings of rows, or says what is wrong with one: a row counts whole or not at all. */
export class RowInterpreter {
  /** Every series that rows have named so far. */
  readonly series: FileSeries[] = [];
  /** Times in an hour that came twice, and were told apart by the rows around them. */
  overlaps = 0;
  readonly #plan: ImportPlan;
  readonly #clock: LocalClock | null;
  readonly #latestMs: number;
  readonly #places = new Map<string, Place>();
  readonly #placeColumns: readonly number[];
  readonly #readings: RowReadings = { timeMs: 0, series: [], values: [] };
  /** Where there is one place for all rows. */
  #only: Place | null = null;

  /**
   * @param timezone of times without an offset; null when there are none
   * @param latestMs the latest time that is taken, epoch ms
   */
  constructor(plan: ImportPlan, timezone: string | null, latestMs: number) {
    this.#plan = plan;
    this.#clock = timezone === null ? null : new LocalClock(timezone);
    this.#latestMs = latestMs;
    const columns = [columnOf(plan.site), columnOf(plan.device), plan.metricColumn, plan.unitColumn];
    this.#placeColumns = columns.filter((column) => column !== null);
  }

  /** The row's readings, or what is wrong with it in a few words. */
  read(row: Row | BrokenRow): RowReadings | string {
    if (isBroken(row)) return row.reason;
    const { cells } = row;
    const { headers, time, values } = this.#plan;
    if (cells.length !== headers.length) return `${cells.length} cells where there are ${headers.length} columns`;
    const place = this.#placeOf(cells);
    if (typeof place === "string") return place;
    const timeMs = this.#timeOf((cells[time.column] ?? "").trim(), place.previousMs);
    if (typeof timeMs === "string") return timeMs;
    const readings = this.#readings;
    readings.timeMs = timeMs;
    for (let at = 0; at < values.length; at++) {
      const column = values[at];
      if (!column) continue;
      const value = this.#valueOf((cells[column.column] ?? "").trim(), column);
      if (typeof value === "string") return value;
      readings.series[at] = place.series[at] ?? 0;
      readings.values[at] = value;
    }
    place.previousMs = timeMs;
    return readings;
  }

  #timeOf(text: string, previousMs: number): number | string {
    const written = readTime(text, this.#plan.time.format);
    if (written === null) return text === "" ? "no time" : `"${clipped(text)}" is no time of the column's form`;
    const timeMs =
      written.offsetMs === null
        ? this.#momentOf(text, written.localMs, previousMs)
        : written.localMs - written.offsetMs;
    if (typeof timeMs === "string") return timeMs;
    if (timeMs < READING_TIME_MS.min) return `"${text}" lies before 1970`;
    return timeMs > this.#latestMs ? `"${text}" lies in the future` : timeMs;
  }

  #momentOf(text: string, localMs: number, previousMs: number): number | string {
    if (this.#clock === null) return `"${text}" has no offset, and no timezone was named`;
    const { firstMs, secondMs } = this.#clock.offsetsAt(localMs);
    if (Number.isNaN(firstMs)) return `"${text}" never was in ${this.#clock.zone}: the clock was set forward past it`;
    const [first, second] = [localMs - firstMs, localMs - secondMs];
    if (first === second) return first;
    this.overlaps++;
    // The hour that came twice: rows that go on are the first, rows that go back are the second.
    if (this.#plan.time.isDescending) return second < previousMs || Number.isNaN(previousMs) ? second : first;
    return first > previousMs || Number.isNaN(previousMs) ? first : second;
  }

  #valueOf(text: string, { header, unit, kind }: ValueColumn): number | string {
    if (isEmptyCell(text)) return Number.NaN;
    if (kind === "state") return stateOf(text) ?? `"${clipped(text)}" in ${header} is neither on nor off`;
    const decimal = this.#plan.decimalComma ? text.replace(",", ".") : text;
    if (!isNumber(decimal)) return `"${clipped(text)}" in ${header} is no number`;
    const value = unit.conversion === null ? Number(decimal) : converted(decimal, unit.conversion);
    return Number.isFinite(value) ? value : `"${clipped(text)}" in ${header} is too large`;
  }

  #placeOf(cells: readonly string[]): Place | string {
    if (this.#placeColumns.length === 0) {
      const only = this.#only ?? this.#newPlace(cells);
      if (typeof only !== "string") this.#only = only;
      return only;
    }
    // Names hold no control characters, so no two places have one key.
    const key = this.#placeColumns.map((column) => cells[column] ?? "").join("\u0000");
    const known = this.#places.get(key);
    if (known) return known;
    const place = this.#newPlace(cells);
    if (typeof place !== "string") this.#places.set(key, place);
    return place;
  }

  #newPlace(cells: readonly string[]): Place | string {
    const { site, device, metricColumn, unitColumn, values, headers } = this.#plan;
    for (const column of [columnOf(site), columnOf(device), metricColumn]) {
      const fault = column === null ? null : nameFault((cells[column] ?? "").trim());
      if (fault !== null && column !== null) return `the name in ${headers[column]} ${fault}`;
    }
    if (this.series.length + values.length > SERIES_MAX) return `more than ${SERIES_MAX} metrics are named`;
    const unit = unitColumn === null ? null : (cells[unitColumn] ?? "").trim();
    const series = values.map((column) => ({
      site: nameIn(site, cells),
      device: nameIn(device, cells),
      metric: metricColumn === null ? column.metric : (cells[metricColumn] ?? "").trim(),
      unit: unit || (column.unit.from === null && column.unit.to === UNIT.one ? "" : column.unit.to),
    }));
    const first = this.series.length;
    this.series.push(...series);
    return { series: series.map((_, at) => first + at), previousMs: Number.NaN };
  }
}

function columnOf(source: NameSource): number | null {
  return "column" in source ? source.column : null;
}

function nameIn(source: NameSource, cells: readonly string[]): string {
  return "column" in source ? (cells[source.column] ?? "").trim() : source.text;
}

function clipped(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
