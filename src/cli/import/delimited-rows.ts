import { type BrokenRow, Lines, ROW_CHARS_MAX, type Row, type RowReader } from "./rows.ts";

export const DELIMITERS = [",", ";", "\t", "|"] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** RFC 4180 with any delimiter, and kinder: lines may end either way, empty ones are passed over. */
export class DelimitedRows implements RowReader {
  readonly #delimiter: Delimiter;
  readonly #lines = new Lines();
  /** A row whose quote is still open. */
  #open: { readonly line: number; readonly text: string } | null = null;

  constructor(delimiter: Delimiter) {
    this.#delimiter = delimiter;
  }

  write(text: string): readonly (Row | BrokenRow)[] {
    const rows: (Row | BrokenRow)[] = [];
    this.#lines.write(text, (line) => this.#take(line, rows));
    return rows;
  }

  end(): readonly (Row | BrokenRow)[] {
    const rows: (Row | BrokenRow)[] = [];
    this.#lines.end((line) => this.#take(line, rows));
    if (this.#open) rows.push({ line: this.#open.line, reason: "a quote is not closed" });
    this.#open = null;
    return rows;
  }

  #take(text: string, rows: (Row | BrokenRow)[]): void {
    const line = this.#open?.line ?? this.#lines.line;
    const row = this.#open ? `${this.#open.text}\n${text}` : text;
    if (row.length > ROW_CHARS_MAX) {
      this.#open = null;
      rows.push({ line, reason: `longer than ${ROW_CHARS_MAX} characters` });
      return;
    }
    if (!row.includes('"')) {
      if (row.trim() !== "") rows.push({ line, cells: row.split(this.#delimiter) });
      return;
    }
    const cells = quotedCells(row, this.#delimiter);
    this.#open = cells === null ? { line, text: row } : null;
    if (cells === "text after a quote") rows.push({ line, reason: cells });
    else if (cells !== null) rows.push({ line, cells });
  }
}

/** The cells of a row that holds quotes; null when one of them is still open. */
function quotedCells(row: string, delimiter: string): readonly string[] | "text after a quote" | null {
  const cells: string[] = [];
  for (let at = 0; ; at++) {
    if (row[at] !== '"') {
      const end = row.indexOf(delimiter, at);
      cells.push(end === -1 ? row.slice(at) : row.slice(at, end));
      if (end === -1) return cells;
      at = end;
      continue;
    }
    let cell = "";
    for (at++; ; ) {
      const quote = row.indexOf('"', at);
      if (quote === -1) return null;
      cell += row.slice(at, quote);
      at = quote + 1;
      if (row[at] !== '"') break;
      cell += '"';
      at++;
    }
    cells.push(cell);
    if (at === row.length) return cells;
    if (row[at] !== delimiter) return "text after a quote";
  }
}
