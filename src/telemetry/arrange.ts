import type { ReadingColumns } from "../domain/reading.ts";
import { ArrangeSpace } from "./arrange-space.ts";
import { exactScale, POWERS_OF_TEN, ScaleHints } from "./decimal-scale.ts";
import { columnsOf } from "./journal/batch-codec.ts";
import { sortedBySeries, sortRunByTime } from "./series-order.ts";
import type { EncodedBatch, TouchedDays } from "./sql/connection.ts";
import { MANTISSA_MAX, SCALE_OF_NUMBER } from "./sql/readings-table.ts";

/** Rows as the readings table takes them: ascending by (series, ts), each pair once. They lie in the space they were arranged in. */
export interface ArrangedRows {
  readonly length: number;
  readonly series: Uint32Array;
  /** Epoch ms as Int64, little-endian: two words a row, the low one first. */
  readonly times: Int32Array;
  /** Int64 as `times`; 0 where `scales` is `SCALE_OF_NUMBER`. */
  readonly mantissas: Int32Array;
  readonly scales: Uint8Array;
  /** Whether any of `scales` is `SCALE_OF_NUMBER`. */
  readonly hasNumbers: boolean;
  /** The value where `scales` is `SCALE_OF_NUMBER`, else 0; holds anything when that is nowhere so. */
  readonly numbers: Float64Array;
  readonly qualities: Uint8Array;
  /** The version of every row: the sequence number of the last batch. */
  readonly version: number;
  readonly touched: TouchedDays;
}

const DAY_MS = 86_400_000;
const INVERSE_OF_2_TO_32 = 2 ** -32;
/** Rows of a run that fit no scale before others are no longer searched for theirs: the series holds arbitrary doubles. */
const MISSES_MAX = 8;

/**
 * Brings consecutive batches into the table's order and form; of readings with the same (series, ts) the last one stays.
 * Rows that are in order already are only copied.
 */
export function arrange(
  batches: readonly EncodedBatch[],
  hints = new ScaleHints(),
  space = new ArrangeSpace(),
): ArrangedRows {
  const rows = sortedBySeries(
    batches.map(({ encoded }) => columnsOf(encoded)),
    space,
  );
  const table = new ArrangedTable(rows, hints, space);
  for (let from = 0; from < rows.length; ) {
    const series = rows.series[from] ?? 0;
    let to = from + 1;
    let isAscending = true;
    for (; to < rows.length && rows.series[to] === series; to++) {
      // Within `length` every column has a value; the fallbacks here and below are for the type only.
      if ((rows.timesMs[to] ?? 0) <= (rows.timesMs[to - 1] ?? 0)) isAscending = false;
    }
    if (!isAscending) sortRunByTime(rows, from, to);
    table.take(from, to);
    from = to;
  }
  return table.finish(batches.at(-1)?.seq ?? 0);
}

/** Fills the table's columns run by run. */
class ArrangedTable {
  readonly #rows: ReadingColumns;
  readonly #hints: ScaleHints;
  readonly #series: Uint32Array;
  readonly #qualities: Uint8Array;
  readonly #times: Int32Array;
  readonly #mantissas: Int32Array;
  readonly #scales: Uint8Array;
  readonly #numbers: Float64Array;
  readonly #touchedSeries: number[] = [];
  readonly #touchedDays: number[] = [];
  #hasNumbers = false;
  #length = 0;

  /** Rows must be ordered by series; their series and qualities are overwritten while they are read. */
  constructor(rows: ReadingColumns, hints: ScaleHints, space: ArrangeSpace) {
    this.#rows = rows;
    this.#hints = hints;
    // Rows only ever move forward, so these two columns are their own target.
    this.#series = rows.series;
    this.#qualities = rows.qualities;
    this.#times = space.times;
    this.#mantissas = space.mantissas;
    this.#scales = space.scales;
    this.#numbers = space.numbers;
  }

  /** Takes the rows of one series, ascending by time. */
  take(from: number, to: number): void {
    const series = this.#rows.series[from] ?? 0;
    const kept = this.#takeTimes(series, from, to);
    this.#takeValues(series, this.#length, kept);
    this.#length = kept;
  }

  finish(version: number): ArrangedRows {
    const length = this.#length;
    return {
      length,
      series: this.#series.subarray(0, length),
      times: this.#times.subarray(0, 2 * length),
      mantissas: this.#mantissas.subarray(0, 2 * length),
      scales: this.#scales.subarray(0, length),
      hasNumbers: this.#hasNumbers,
      numbers: this.#numbers.subarray(0, length),
      qualities: this.#qualities.subarray(0, length),
      version,
      touched: {
        length: this.#touchedDays.length,
        series: Uint32Array.from(this.#touchedSeries),
        days: Int32Array.from(this.#touchedDays),
      },
    };
  }

  /** Moves the rows that stay to the end of the table, their values too; answers where they end. */
  #takeTimes(series: number, from: number, to: number): number {
    const { timesMs, values } = this.#rows;
    const times = this.#times;
    let at = this.#length;
    let dayEndMs = Number.NEGATIVE_INFINITY;
    for (let row = from; row < to; row++) {
      const timeMs = timesMs[row] ?? 0;
      if (row + 1 < to && timesMs[row + 1] === timeMs) continue;
      if (timeMs >= dayEndMs) {
        const day = Math.floor(timeMs / DAY_MS);
        this.#touchedSeries.push(series);
        this.#touchedDays.push(day);
        dayEndMs = (day + 1) * DAY_MS;
      }
      if (at !== row) {
        this.#series[at] = series;
        this.#qualities[at] = this.#qualities[row] ?? 0;
        values[at] = values[row] ?? 0;
      }
      times[2 * at] = timeMs | 0;
      times[2 * at + 1] = Math.floor(timeMs * INVERSE_OF_2_TO_32);
      at++;
    }
    return at;
  }

  #takeValues(series: number, from: number, to: number): void {
    let scale = this.#hints.first(series, to - from);
    let misses = 0;
    const { values } = this.#rows;
    for (let row = from; row < to; ) {
      row = this.#takeAtScale(row, to, scale);
      if (row === to) break;
      const value = values[row] ?? 0;
      const wider = misses < MISSES_MAX ? exactScale(value, scale + 1) : SCALE_OF_NUMBER;
      if (wider !== SCALE_OF_NUMBER) {
        scale = wider;
        // The rows before are written again, so that the run has one scale.
        row = from;
        misses = 0;
        continue;
      }
      misses++;
      this.#takeAlone(row, value, misses < MISSES_MAX ? exactScale(value) : SCALE_OF_NUMBER);
      row++;
    }
    this.#hints.remember(series, scale);
  }

  /** Writes values at one scale; answers the first row that is not exact at it, or `to`. */
  #takeAtScale(from: number, to: number, scale: number): number {
    const { values } = this.#rows;
    const mantissas = this.#mantissas;
    const scales = this.#scales;
    const power = POWERS_OF_TEN[scale] ?? 1;
    for (let row = from; row < to; row++) {
      const value = values[row] ?? 0;
      const mantissa = Math.round(value * power);
      if (mantissa / power !== value || mantissa > MANTISSA_MAX || mantissa < -MANTISSA_MAX) return row;
      if (mantissa === 0 && Object.is(value, -0)) return row;
      mantissas[2 * row] = mantissa | 0;
      mantissas[2 * row + 1] = Math.floor(mantissa * INVERSE_OF_2_TO_32);
      scales[row] = scale;
    }
    return to;
  }

  #takeAlone(row: number, value: number, scale: number): void {
    if (scale !== SCALE_OF_NUMBER) {
      this.#takeAtScale(row, row + 1, scale);
      return;
    }
    this.#mantissas[2 * row] = 0;
    this.#mantissas[2 * row + 1] = 0;
    this.#scales[row] = SCALE_OF_NUMBER;
    if (!this.#hasNumbers) this.#numbers.fill(0);
    this.#hasNumbers = true;
    this.#numbers[row] = value;
  }
}
