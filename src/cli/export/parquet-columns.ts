import { NAME_COLUMNS, type ParquetRows } from "../../parquet/reading-file.ts";
import { CommandFailed } from "../exit-codes.ts";
import { DelimitedRows } from "../import/delimited-rows.ts";
import { isBroken } from "../import/rows.ts";

/** Rows of a Parquet row group. */
export const ROW_GROUP_ROWS = 100_000;

const LINE_FEED = 10;
/** `2026-11-21T06:00:00.000Z`. */
const TIME_BYTES = 24;

/** Reads the server's CSV into columns, a row group at a time. Most lines begin as the one before them: those are not taken apart. */
export class ParquetColumns {
  #rest: Buffer = Buffer.alloc(0);
  #head: Buffer = Buffer.alloc(0);
  #names: readonly string[] = [];
  #isHeaderAhead = true;
  #rows = emptyRows();

  /** The row groups that are full. @throws CommandFailed for what is not the server's CSV */
  *write(chunk: Buffer): Generator<ParquetRows, void, undefined> {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let from = this.#isHeaderAhead ? bytes.indexOf(LINE_FEED) + 1 : 0;
    if (from > 0) this.#isHeaderAhead = false;
    while (!this.#isHeaderAhead) {
      const next = this.#line(bytes, from);
      if (next === -1) break;
      from = next;
      if (this.#rows.values.length === ROW_GROUP_ROWS) yield this.#taken();
    }
    this.#rest = Buffer.from(bytes.subarray(from));
  }

  /** The last row group; null when there is none. */
  end(): ParquetRows | null {
    if (this.#rest.length > 0) throw notOurs();
    return this.#rows.values.length > 0 ? this.#taken() : null;
  }

  /** Takes the line that begins there; returns where the next one does, or -1 when it is not whole yet. */
  #line(bytes: Buffer, from: number): number {
    const headEnd = from + this.#head.length;
    const isLikeBefore =
      this.#head.length > 0 &&
      headEnd <= bytes.length &&
      bytes.compare(this.#head, 0, this.#head.length, from, headEnd) === 0;
    if (isLikeBefore) {
      const end = bytes.indexOf(LINE_FEED, headEnd);
      if (end !== -1) this.#reading(bytes.toString("latin1", headEnd, end));
      return end === -1 ? -1 : end + 1;
    }
    return this.#newHead(bytes, from);
  }

  /** A line of another series: its names may hold line ends, within quotes. */
  #newHead(bytes: Buffer, from: number): number {
    for (let end = bytes.indexOf(LINE_FEED, from); end !== -1; end = bytes.indexOf(LINE_FEED, end + 1)) {
      const reader = new DelimitedRows(",");
      const [row] = reader.write(bytes.toString("utf8", from, end + 1));
      if (!row) continue;
      if (isBroken(row) || row.cells.length !== NAME_COLUMNS.length + 3) throw notOurs();
      const [value = "", quality = ""] = row.cells.slice(-2);
      this.#names = row.cells.slice(0, NAME_COLUMNS.length);
      const restBytes = TIME_BYTES + 1 + value.length + 1 + quality.length;
      this.#head = Buffer.from(bytes.subarray(from, end - restBytes));
      this.#reading(bytes.toString("latin1", end - restBytes, end));
      return end + 1;
    }
    return -1;
  }

  /** `time,value,quality`. */
  #reading(text: string): void {
    const comma = text.indexOf(",", TIME_BYTES + 1);
    const timeMs = Date.parse(text.slice(0, TIME_BYTES));
    const value = Number(text.slice(TIME_BYTES + 1, comma));
    if (comma === -1 || Number.isNaN(timeMs) || Number.isNaN(value)) throw notOurs();
    const { names, times, values, qualities } = this.#rows;
    for (let at = 0; at < NAME_COLUMNS.length; at++) names[at]?.push(this.#names[at] ?? "");
    times.push(BigInt(timeMs));
    values.push(value);
    qualities.push(text.slice(comma + 1));
  }

  #taken(): ParquetRows {
    const rows = this.#rows;
    this.#rows = emptyRows();
    return { length: rows.values.length, ...rows };
  }
}

function emptyRows(): { names: string[][]; times: bigint[]; values: number[]; qualities: string[] } {
  return { names: NAME_COLUMNS.map(() => []), times: [], values: [], qualities: [] };
}

function notOurs(): CommandFailed {
  return new CommandFailed("The server's answer is no export of this version, or was cut.");
}
