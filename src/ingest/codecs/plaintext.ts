import type { KeyTable } from "../../domain/key-table.ts";
import type { KeyedColumns, KeyedColumnsBuilder } from "../../domain/keyed-columns.ts";
import { READING_TIME_MS } from "../../domain/reading.ts";
import type { ByteWindow } from "./byte-window.ts";
import { readDecimal } from "./decimals.ts";
import type { Decoder, DecoderOptions } from "./decoder.ts";
import { epochTimes } from "./epoch-times.ts";
import { NAME_BYTES_MAX } from "./limits.ts";
import { LineFraming, type LineReader } from "./line-framing.ts";
import { MalformedLine } from "./malformed-line.ts";
import { hasControlCharacter, isText } from "./names.ts";
import { isLineTooLong, refusal, TOO_MANY_KEYS, tooManyReadings } from "./refusal.ts";
import { readingsMaxOf, rowsFor } from "./rows.ts";
import { NEWLINE, RETURN, SPACE, TAB } from "./signs.ts";

const FIELDS = 3;
/** Bytes of a usual line: what room is made by. */
const LINE_BYTES = 24;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/**
 * Decodes `unix-seconds name value` lines, fields separated by spaces or tabs, lines by \n or \r\n. Blank lines may only trail.
 * A key is the name's bytes. Times: whole seconds of 1970 to 9999. The contract is data-api.md's.
 */
export function createPlaintextDecoder(table: KeyTable, options: DecoderOptions = {}): Decoder {
  return new LineFraming(new PlaintextReader(table, options));
}

class PlaintextReader implements LineReader {
  lineNumber = 1;
  readonly #table: KeyTable;
  readonly #options: DecoderOptions;
  readonly #times = epochTimes("s", READING_TIME_MS.max);
  readonly #rows: KeyedColumnsBuilder;
  /** Of the reading before. */
  #key = 0;
  /** Number of the first blank line; it stands only if nothing follows but others. 0 for none. */
  #blankLine = 0;
  /** Where the fields of the line at hand start and end: time, name, value. */
  readonly #fields = new Int32Array(2 * FIELDS);

  constructor(table: KeyTable, options: DecoderOptions) {
    this.#table = table;
    this.#options = options;
    this.#rows = rowsFor(options, LINE_BYTES);
  }

  readLines(window: ByteWindow, to: number): number {
    const rows = this.#rows;
    let at = 0;
    while (at < to) {
      if (rows.length === rows.capacity) rows.grow();
      const end = this.#readPlainLine(window, at, to, rows);
      at = end === -1 ? this.#readLine(window, at, rows) : end;
      this.lineNumber++;
    }
    return to;
  }

  finish(): KeyedColumns {
    if (this.#rows.length === 0) {
      throw new MalformedLine(1, "there is no reading; a line reads: unix-seconds name value");
    }
    return this.#rows.finish();
  }

  /** The usual line: single spaces, and the name that came next the last time. Answers where the next one starts; -1 when it is another. */
  #readPlainLine(window: ByteWindow, from: number, to: number, rows: KeyedColumnsBuilder): number {
    const { bytes, view } = window;
    const table = this.#table;
    const timeEnd = this.#times.read(bytes, view, from);
    if (timeEnd === -1 || bytes[timeEnd] !== SPACE) return -1;
    const key = table.follower(this.#key);
    const nameLength = table.byteLength(key);
    const nameEnd = timeEnd + 1 + nameLength;
    if (nameLength === 0 || nameEnd >= to || bytes[nameEnd] !== SPACE) return -1;
    if (!table.holds(key, 0, nameLength, view, timeEnd + 1)) return -1;
    if (rows.length === rows.capacity || this.#blankLine !== 0) return -1;
    const row = rows.length;
    let end = readDecimal(bytes, nameEnd + 1, rows.values, row);
    if (end === -1) return -1;
    if (bytes[end] === RETURN) end++;
    if (bytes[end] !== NEWLINE || isLineTooLong(bytes, from, end)) return -1;
    rows.keys[row] = key;
    rows.timesMs[row] = this.#times.timeMs;
    rows.length = row + 1;
    this.#key = key;
    return end + 1;
  }

  /** Any line. Answers where the next one starts. */
  #readLine(window: ByteWindow, from: number, rows: KeyedColumnsBuilder): number {
    const { bytes, view } = window;
    const lineEnd = bytes.indexOf(NEWLINE, from);
    const end = bytes[lineEnd - 1] === RETURN && lineEnd > from ? lineEnd - 1 : lineEnd;
    const start = this.lineNumber === 1 && startsWithMark(bytes) ? from + BYTE_ORDER_MARK.length : from;
    const fields = this.#fields;
    const count = splitFields(bytes, start, end, fields);
    const refuse = (reason: string): MalformedLine => refusal(window, this.lineNumber, from, lineEnd, reason);
    if (isLineTooLong(bytes, from, lineEnd)) throw refuse("");
    if (count === 0) {
      if (this.#blankLine === 0) this.#blankLine = this.lineNumber;
      return lineEnd + 1;
    }
    if (this.#blankLine !== 0) throw new MalformedLine(this.#blankLine, wrongFieldCount(0));
    if (count !== FIELDS) throw refuse(wrongFieldCount(count));
    const valueStart = fields[4] ?? 0;
    if (this.#times.read(bytes, view, fields[0] ?? 0) !== fields[1]) {
      throw refuse("the timestamp is not a whole number of seconds between 1970 and 9999");
    }
    const key = this.#keyOf(window, fields[2] ?? 0, fields[3] ?? 0, refuse);
    if (rows.length === rows.capacity) throw refuse(tooManyReadings(readingsMaxOf(this.#options)));
    const row = rows.length;
    if (readDecimal(bytes, valueStart, rows.values, row) !== fields[5]) {
      throw refuse("the value is not a finite decimal number");
    }
    rows.keys[row] = key;
    rows.timesMs[row] = this.#times.timeMs;
    rows.length = row + 1;
    this.#table.follows(this.#key, key);
    this.#key = key;
    return lineEnd + 1;
  }

  #keyOf({ bytes, view }: ByteWindow, from: number, to: number, refuse: (reason: string) => MalformedLine): number {
    const known = this.#table.find(view, from, to);
    if (known !== -1) return known;
    if (!isText(bytes, from, to)) throw refuse("is not UTF-8 text");
    if (hasControlCharacter(bytes, from, to)) throw refuse("the name holds a control character");
    if (to - from > NAME_BYTES_MAX) throw refuse(`the name is longer than ${NAME_BYTES_MAX} bytes`);
    const key = this.#table.intern(view, from, to);
    if (key === -1) throw refuse(TOO_MANY_KEYS);
    return key;
  }
}

/** Notes where the first three fields start and end, and answers how many there are. */
function splitFields(bytes: Uint8Array, from: number, to: number, fields: Int32Array): number {
  let count = 0;
  for (let at = from; at < to; ) {
    while (at < to && isBlank(bytes[at])) at++;
    if (at === to) break;
    const start = at;
    while (at < to && !isBlank(bytes[at])) at++;
    if (count < FIELDS) {
      fields[2 * count] = start;
      fields[2 * count + 1] = at;
    }
    count++;
  }
  return count;
}

function isBlank(code: number | undefined): boolean {
  return code === SPACE || code === TAB;
}

function startsWithMark(bytes: Uint8Array): boolean {
  return BYTE_ORDER_MARK.every((code, at) => bytes[at] === code);
}

function wrongFieldCount(count: number): string {
  return `has ${count} fields, not three (unix-seconds name value)`;
}
