/** A row of a file as texts, one a column. */
export interface Row {
  /** Of its first line, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** A row that could not even be taken apart. */
export interface BrokenRow {
  readonly line: number;
  readonly reason: string;
}

/** Takes a file apart into rows, as its text comes; what it returns belongs to the caller. */
export interface RowReader {
  write(text: string): readonly (Row | BrokenRow)[];
  /** The rows that the last line without an end makes. */
  end(): readonly (Row | BrokenRow)[];
}

export function isBroken(row: Row | BrokenRow): row is BrokenRow {
  return "reason" in row;
}

/** UTF-16 units of a row; what is longer is no table, or a quote was not closed. */
export const ROW_CHARS_MAX = 1_048_576;

/** Cuts text into lines, with or without a carriage return; a line that is not whole yet is kept for the next piece. */
export class Lines {
  #rest = "";

  /** Of the next line. */
  line = 1;

  /** Calls `take` with every whole line. */
  write(text: string, take: (line: string) => void): void {
    let from = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", from)) {
      const line = this.#rest === "" ? text.slice(from, end) : this.#rest + text.slice(from, end);
      this.#rest = "";
      from = end + 1;
      take(line.endsWith("\r") ? line.slice(0, -1) : line);
      this.line++;
    }
    // A line that has no end is not kept whole: the rest of it adds nothing but memory.
    if (this.#rest.length <= ROW_CHARS_MAX) this.#rest += text.slice(from);
  }

  end(take: (line: string) => void): void {
    const last = this.#rest;
    this.#rest = "";
    if (last !== "") take(last.endsWith("\r") ? last.slice(0, -1) : last);
  }
}
