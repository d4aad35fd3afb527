import type { RowInterpreter, RowReadings } from "./row-interpreter.ts";
import type { BrokenRow, Row } from "./rows.ts";

/** Bad rows that are kept to be told; all are counted. */
export const BAD_ROWS_TOLD_MAX = 20;

export interface BadRow {
  /** From 1, the header among them. */
  readonly line: number;
  readonly reason: string;
}

/** Counts what rows hold, as they go by. */
export class RowTally {
  rows = 0;
  readings = 0;
  /** Cells without a value. */
  empty = 0;
  badRows = 0;
  /** The first `BAD_ROWS_TOLD_MAX`. */
  readonly bad: BadRow[] = [];
  /** Epoch ms; infinite before the first reading. */
  fromMs = Number.POSITIVE_INFINITY;
  toMs = Number.NEGATIVE_INFINITY;
  readonly #interpreter: RowInterpreter;

  constructor(interpreter: RowInterpreter) {
    this.#interpreter = interpreter;
  }

  /** The row's readings, valid until the next row; null for a bad one. */
  take(row: Row | BrokenRow): RowReadings | null {
    this.rows++;
    const read = this.#interpreter.read(row);
    if (typeof read === "string") {
      this.badRows++;
      if (this.bad.length < BAD_ROWS_TOLD_MAX) this.bad.push({ line: row.line, reason: read });
      return null;
    }
    let readings = 0;
    for (const value of read.values) {
      if (!Number.isNaN(value)) readings++;
    }
    this.readings += readings;
    this.empty += read.values.length - readings;
    if (readings > 0) {
      this.fromMs = Math.min(this.fromMs, read.timeMs);
      this.toMs = Math.max(this.toMs, read.timeMs);
    }
    return read;
  }
}
