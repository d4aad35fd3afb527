import type { KeyTable } from "../../domain/key-table.ts";
import type { KeyedColumns, KeyedColumnsBuilder } from "../../domain/keyed-columns.ts";
import type { ByteWindow } from "./byte-window.ts";
import type { Decoder, TimedOptions } from "./decoder.ts";
import { JsonElements } from "./json-element.ts";
import { LineFraming, type LineReader } from "./line-framing.ts";
import { MORE_NEEDED, Objection } from "./objection.ts";
import { isLineTooLong, refusal, tooManyReadings } from "./refusal.ts";
import { readingsMaxOf, rowsFor } from "./rows.ts";
import { NEWLINE, RETURN, SPACE, TAB } from "./signs.ts";

/** Bytes of a short reading: what room is made by. */
const READING_BYTES = 64;

/**
 * Decodes a reading of JSON a line, as `createJsonDecoder` takes them. Blank lines are passed over; a body without a reading is empty columns.
 */
export function createNdjsonDecoder(table: KeyTable, options: TimedOptions): Decoder {
  return new LineFraming(new NdjsonReader(table, options));
}

class NdjsonReader implements LineReader {
  lineNumber = 1;
  readonly #options: TimedOptions;
  readonly #elements: JsonElements;
  readonly #rows: KeyedColumnsBuilder;

  constructor(table: KeyTable, options: TimedOptions) {
    this.#options = options;
    this.#rows = rowsFor(options, READING_BYTES);
    this.#elements = new JsonElements(table, options);
  }

  readLines(window: ByteWindow, to: number): number {
    const rows = this.#rows;
    const { bytes } = window;
    let at = 0;
    while (at < to) {
      if (rows.length === rows.capacity) rows.grow();
      const end = this.#elements.readAlike(window, at, to, rows);
      const isPlain = end !== -1 && bytes[end] === NEWLINE && !isLineTooLong(bytes, at, end);
      if (end !== -1 && !isPlain) rows.length--;
      at = isPlain ? end + 1 : this.#readLine(window, at, rows);
      this.lineNumber++;
    }
    return to;
  }

  finish(): KeyedColumns {
    return this.#rows.finish();
  }

  #readLine(window: ByteWindow, from: number, rows: KeyedColumnsBuilder): number {
    const { bytes } = window;
    const lineEnd = bytes.indexOf(NEWLINE, from);
    try {
      if (isLineTooLong(bytes, from, lineEnd)) throw new Objection(lineEnd, "");
      const start = endOfBlanks(bytes, from);
      if (start === lineEnd) return lineEnd + 1;
      if (rows.length === rows.capacity) throw new Objection(lineEnd, tooManyReadings(readingsMaxOf(this.#options)));
      const end = endOfBlanks(bytes, this.#elements.read(window, start, lineEnd, rows));
      if (end !== lineEnd) throw new Objection(end, "goes on behind its reading");
    } catch (error) {
      if (error instanceof Objection) {
        const reason = error.member === "" ? error.message : `${error.member}: ${error.message}`;
        throw refusal(window, this.lineNumber, from, lineEnd, reason);
      }
      if (error === MORE_NEEDED) throw refusal(window, this.lineNumber, from, lineEnd, "ends before its reading does");
      throw error;
    }
    return lineEnd + 1;
  }
}

/** The first place from `from` on that is no blank; a newline ends the line. */
function endOfBlanks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === SPACE || bytes[at] === TAB || bytes[at] === RETURN) at++;
  return at;
}
