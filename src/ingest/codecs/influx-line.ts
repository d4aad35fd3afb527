import type { KeyTable } from "../../domain/key-table.ts";
import type { KeyedColumns, KeyedColumnsBuilder } from "../../domain/keyed-columns.ts";
import { READING_TIME_MS } from "../../domain/reading.ts";
import type { ByteWindow } from "./byte-window.ts";
import { readDecimal } from "./decimals.ts";
import type { Decoder, InfluxLineOptions } from "./decoder.ts";
import { type EpochTimes, epochTimes } from "./epoch-times.ts";
import { InfluxKeys } from "./influx-keys.ts";
import { endOfOtherValue, readFieldNumber } from "./influx-values.ts";
import { FUTURE_MS_MAX } from "./limits.ts";
import { LineFraming, type LineReader } from "./line-framing.ts";
import { isText } from "./names.ts";
import { Objection, quoted } from "./objection.ts";
import { isLineTooLong, refusal, tooManyReadings } from "./refusal.ts";
import { readingsMaxOf, rowsFor } from "./rows.ts";
import { COMMA, HASH, NEWLINE, QUOTE, RETURN, SPACE, TAB } from "./signs.ts";

/** Bytes of a short line: what room is made by. */
const LINE_BYTES = 48;

/**
 * Decodes line protocol: `measurement,tag=value field=1.5,other=2i 1780000000000000000`. Each field is a reading of its own; a line
 * without a timestamp is from now. Blank lines and comments (`#`) are passed over; a body without a reading is empty columns.
 * A key is `measurement,tags`, a space and the field, as sent: `describeInfluxKey` reads it.
 * Source: InfluxDB's line protocol reference. Narrower than it: numbers only (see `otherFields`), no tag twice, no
 * control characters in names, times from 1970 to `timeMsMax`.
 */
export function createInfluxLineDecoder(table: KeyTable, options: InfluxLineOptions): Decoder {
  return new LineFraming(new InfluxLineReader(table, options));
}

class InfluxLineReader implements LineReader {
  lineNumber = 1;
  readonly #keys: InfluxKeys;
  readonly #times: EpochTimes;
  readonly #nowMs: number;
  readonly #options: InfluxLineOptions;
  readonly #rows: KeyedColumnsBuilder;

  constructor(table: KeyTable, options: InfluxLineOptions) {
    this.#keys = new InfluxKeys(table);
    const timeMsMax = Math.min(options.timeMsMax ?? options.nowMs + FUTURE_MS_MAX, READING_TIME_MS.max);
    this.#times = epochTimes(options.precision ?? "ns", timeMsMax);
    this.#nowMs = Math.floor(options.nowMs);
    this.#options = options;
    this.#rows = rowsFor(options, LINE_BYTES);
  }

  readLines(window: ByteWindow, to: number, isLast: boolean): number {
    const rows = this.#rows;
    let at = 0;
    while (at < to) {
      if (rows.length === rows.capacity) rows.grow();
      let end = this.#readPlainLine(window, at, to, rows);
      if (end === -1) end = this.#readCheckedLine(window, at, to, rows, isLast);
      if (end === -1) break;
      at = end;
      this.lineNumber++;
    }
    this.#keys.bytesBefore += at;
    return at;
  }

  finish(): KeyedColumns {
    return this.#rows.finish();
  }

  /** The usual line: the key expected, one number, a time. Answers where the next one starts; -1 when it is another. */
  #readPlainLine(window: ByteWindow, from: number, to: number, rows: KeyedColumnsBuilder): number {
    const { bytes } = window;
    const row = rows.length;
    if (row === rows.capacity) return -1;
    const key = this.#keys.expected(window, from, to);
    if (key === -1) return -1;
    const valueEnd = readDecimal(bytes, this.#keys.fieldEnd + 1, rows.values, row);
    if (valueEnd === -1 || bytes[valueEnd] !== SPACE) return -1;
    let end = this.#times.read(bytes, window.view, valueEnd + 1);
    if (end === -1) return -1;
    if (bytes[end] === RETURN) end++;
    if (bytes[end] !== NEWLINE || isLineTooLong(bytes, from, end)) return -1;
    rows.keys[row] = key;
    rows.timesMs[row] = this.#times.timeMs;
    rows.length = row + 1;
    this.#keys.follow(key);
    return end + 1;
  }

  #readCheckedLine(window: ByteWindow, from: number, to: number, rows: KeyedColumnsBuilder, isLast: boolean): number {
    const { lineNumber } = this;
    try {
      const end = this.#readLine(window, from, to, rows);
      if (end === -1 && isLast) throw new Objection(to, "a text in quotes does not end");
      if (end !== -1 && isLineTooLong(window.bytes, from, end - 1)) throw new Objection(end - 1, "");
      return end;
    } catch (error) {
      if (error instanceof Objection) throw refusal(window, lineNumber, from, error.at, error.message);
      throw error;
    }
  }

  /** Any line. Answers where the next one starts; -1 when a text goes on behind `to`. @throws Objection */
  #readLine(window: ByteWindow, from: number, to: number, rows: KeyedColumnsBuilder): number {
    const { bytes } = window;
    const start = endOfBlanks(bytes, from);
    if (bytes[start] === HASH) return this.#endOfComment(bytes, start);
    if (isLineEnd(bytes, start)) return bytes[start] === NEWLINE ? start + 1 : start + 2;
    const seriesEnd = this.#keys.seriesEnd(window, start, to);
    const firstRow = rows.length;
    let at = seriesEnd;
    let hasText = false;
    do {
      const fieldStart = at === seriesEnd ? endOfBlanks(bytes, at) : at + 1;
      const key = this.#keys.ofField(window, start, seriesEnd, fieldStart, to);
      const valueStart = this.#keys.fieldEnd + 1;
      const otherEnd = endOfOtherValue(bytes, valueStart, to);
      if (otherEnd === valueStart) {
        this.#makeRoom(rows, valueStart);
        at = readFieldNumber(bytes, valueStart, rows.values, rows.length);
        rows.keys[rows.length++] = key;
      } else {
        const isText = bytes[valueStart] === QUOTE;
        if (this.#options.otherFields !== "skip") {
          const field = quoted(bytes, fieldStart, valueStart - 1);
          throw new Objection(valueStart, `the field ${field} is ${isText ? "a text" : "a boolean"}, not a number`);
        }
        if (otherEnd === to) {
          rows.length = firstRow;
          return -1;
        }
        hasText ||= isText;
        at = otherEnd;
      }
    } while (bytes[at] === COMMA);
    if (bytes[at] !== SPACE && !isLineEnd(bytes, at))
      throw new Objection(at, "a value is not followed by a comma, a space or the line's end");
    const end = this.#readTime(window, at, rows, firstRow);
    if (rows.length === firstRow) throw new Objection(end, "has no number among its fields");
    if (hasText) this.#countTextLines(bytes, from, end);
    return end + 1;
  }

  /** Reads the time behind the fields, if there is one, for the rows from `firstRow` on. Answers where the line ends: at its newline. */
  #readTime({ bytes, view }: ByteWindow, from: number, rows: KeyedColumnsBuilder, firstRow: number): number {
    let at = endOfBlanks(bytes, from);
    let timeMs = this.#nowMs;
    if (!isLineEnd(bytes, at)) {
      const end = this.#times.read(bytes, view, at);
      if (end === -1) throw new Objection(at, `the timestamp ${this.#times.objection(bytes, at)}`);
      timeMs = this.#times.timeMs;
      at = endOfBlanks(bytes, end);
      if (!isLineEnd(bytes, at)) {
        throw new Objection(
          at,
          at === end ? "the timestamp is not a whole number" : "something stands behind the timestamp",
        );
      }
    }
    for (let row = firstRow; row < rows.length; row++) rows.timesMs[row] = timeMs;
    return bytes[at] === RETURN ? at + 1 : at;
  }

  #endOfComment(bytes: Uint8Array, from: number): number {
    const end = bytes.indexOf(NEWLINE, from);
    if (!isText(bytes, from, end)) throw new Objection(from, "is not UTF-8 text");
    return end + 1;
  }

  /** A text may hold any UTF-8, line ends too. */
  #countTextLines(bytes: Uint8Array, from: number, to: number): void {
    if (!isText(bytes, from, to)) throw new Objection(to, "is not UTF-8 text");
    for (let at = bytes.indexOf(NEWLINE, from); at < to; at = bytes.indexOf(NEWLINE, at + 1)) this.lineNumber++;
  }

  #makeRoom(rows: KeyedColumnsBuilder, at: number): void {
    if (rows.length < rows.capacity || rows.grow()) return;
    throw new Objection(at, tooManyReadings(readingsMaxOf(this.#options)));
  }
}

function endOfBlanks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === SPACE || bytes[at] === TAB) at++;
  return at;
}

function isLineEnd(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === NEWLINE || (bytes[at] === RETURN && bytes[at + 1] === NEWLINE);
}
