import type { KeyedColumns } from "../../domain/keyed-columns.ts";
import { ByteWindow } from "./byte-window.ts";
import type { Decoder } from "./decoder.ts";
import { LINE_BYTES_MAX } from "./limits.ts";
import { MalformedLine } from "./malformed-line.ts";
import { NEWLINE } from "./signs.ts";

/** Bytes that are looked at in one go: bounds the window, and what is looked at stays in the processor's cache. */
const SLICE_BYTES = 65_536;
const LINE_END = Uint8Array.of(NEWLINE);

/** What a format of lines has to do. */
export interface LineReader {
  /** Of the next line, counted from 1. */
  readonly lineNumber: number;
  /**
   * Reads the lines from 0 to `to`, where the last of them has ended. Answers where the first line starts that is not whole, which
   * is `to` except for a line that goes on behind its line end; with `isLast` nothing more comes, and such a line is refused.
   * @throws MalformedLine
   */
  readLines(window: ByteWindow, to: number, isLast: boolean): number;
  finish(): KeyedColumns;
}

/** Cuts chunks into lines: hands out all that are whole, and keeps the rest for the next chunk. */
export class LineFraming implements Decoder {
  readonly #reader: LineReader;
  readonly #window = new ByteWindow();
  /** Just behind the last line end that was not handed out yet; 0 when there is none. */
  #linesEnd = 0;
  /** A line that goes on behind its line end is tried again only when it is twice as long: many small chunks stay linear. */
  #retryAtBytes = 0;

  constructor(reader: LineReader) {
    this.#reader = reader;
  }

  write(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; from += SLICE_BYTES) {
      this.#take(chunk.subarray(from, from + SLICE_BYTES));
    }
  }

  end(): KeyedColumns {
    if (this.#window.end > 0) {
      this.#window.append(LINE_END);
      this.#reader.readLines(this.#window, this.#window.end, true);
    }
    this.#window.release();
    return this.#reader.finish();
  }

  #take(slice: Uint8Array): void {
    const window = this.#window;
    const lineEnd = slice.lastIndexOf(NEWLINE);
    if (lineEnd !== -1) this.#linesEnd = window.end + lineEnd + 1;
    window.append(slice);
    if (this.#linesEnd > 0 && (window.end >= this.#retryAtBytes || isTooLong(window))) {
      const read = this.#reader.readLines(window, this.#linesEnd, false);
      const isWhole = read === this.#linesEnd;
      window.drop(read);
      this.#linesEnd = 0;
      this.#retryAtBytes = isWhole ? 0 : 2 * window.end;
    }
    if (isTooLong(window)) throw new MalformedLine(this.#reader.lineNumber, LINE_TOO_LONG);
  }
}

export const LINE_TOO_LONG = `is longer than ${LINE_BYTES_MAX} bytes`;

/** One byte may be the carriage return of a line end that has not come yet. */
function isTooLong(window: ByteWindow): boolean {
  return window.end > LINE_BYTES_MAX + 1;
}
