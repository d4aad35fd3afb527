import type { KeyTable } from "../../domain/key-table.ts";
import type { KeyedColumns, KeyedColumnsBuilder } from "../../domain/keyed-columns.ts";
import { ByteWindow } from "./byte-window.ts";
import type { Decoder, TimedOptions } from "./decoder.ts";
import { JsonElements } from "./json-element.ts";
import {
  CLOSING_BRACE,
  CLOSING_BRACKET,
  endOfBlanks,
  isBlank,
  OPENING_BRACE,
  OPENING_BRACKET,
  unreadable,
} from "./json-signs.ts";
import { JsonTexts } from "./json-text.ts";
import { LINE_BYTES_MAX } from "./limits.ts";
import { MalformedBody } from "./malformed-body.ts";
import { MORE_NEEDED, Objection, quoted } from "./objection.ts";
import { tooManyReadings } from "./refusal.ts";
import { readingsMaxOf, rowsFor } from "./rows.ts";
import { COLON, COMMA, QUOTE } from "./signs.ts";

const SLICE_BYTES = 65_536;
/** Bytes of a short reading: what room is made by. */
const READING_BYTES = 64;
const READINGS = "readings";

/** What is to come next. */
type Place =
  | "body"
  | "first member"
  | "colon"
  | "array"
  | "first reading"
  | "reading"
  | "behind reading"
  | "behind array"
  | "member"
  | "nothing";

/**
 * Decodes `{"readings": [{"metricId": "…", "time": "2026-11-21T08:30:00Z", "value": 1.5}, …]}`, strict JSON. A reading has a `metricId`,
 * or a `deviceId` and a `name`; a `time`, ISO 8601 with a zone or epoch ms; a finite `value`; nothing else. There may be none.
 * Nothing is nested deeper: what no reading has is refused where it begins. A key is read by `describeJsonKey`.
 */
export function createJsonDecoder(table: KeyTable, options: TimedOptions): Decoder {
  return new JsonDecoder(table, options);
}

class JsonDecoder implements Decoder {
  readonly #options: TimedOptions;
  readonly #window = new ByteWindow();
  readonly #elements: JsonElements;
  readonly #texts = new JsonTexts();
  readonly #rows: KeyedColumnsBuilder;
  #place: Place = "body";
  /** Where in the window the piece starts that is being read. */
  #at = 0;
  /** What did not end is tried again only when it is twice as long: many small chunks stay linear. */
  #retryAtBytes = 0;

  constructor(table: KeyTable, options: TimedOptions) {
    this.#options = options;
    this.#rows = rowsFor(options, READING_BYTES);
    this.#elements = new JsonElements(table, options);
  }

  write(chunk: Uint8Array): void {
    const window = this.#window;
    for (let from = 0; from < chunk.length; from += SLICE_BYTES) {
      window.append(chunk.subarray(from, from + SLICE_BYTES));
      if (window.end >= this.#retryAtBytes || window.end > LINE_BYTES_MAX) this.#decode();
    }
  }

  end(): KeyedColumns {
    this.#decode();
    if (this.#place !== "nothing") throw new MalformedBody("", "the body ends before its JSON text does", false);
    this.#window.release();
    return this.#rows.finish();
  }

  #decode(): void {
    const window = this.#window;
    const rows = this.#rows;
    try {
      for (;;) {
        this.#at = endOfBlanks(window.bytes, this.#at, window.end);
        if (this.#place === "reading") this.#readReadings(rows);
        else this.#at = this.#step(this.#at);
      }
    } catch (error) {
      if (error instanceof Objection) throw this.#refusal(error);
      if (error !== MORE_NEEDED) throw error;
    }
    // Blanks that the window ends with are done with: only a piece that has begun is kept.
    let blanks = this.#at;
    while (blanks < window.end && isBlank(window.bytes[blanks])) blanks++;
    window.drop(blanks);
    this.#at = 0;
    this.#retryAtBytes = 2 * window.end;
    if (window.end > LINE_BYTES_MAX) throw this.#refusal(new Objection(window.end, ""));
  }

  /** Reads as many readings as follow each other without a blank between them. @throws Objection, MORE_NEEDED */
  #readReadings(rows: KeyedColumnsBuilder): void {
    const window = this.#window;
    const { bytes } = window;
    for (;;) {
      if (rows.length === rows.capacity && !rows.grow()) {
        throw new Objection(this.#at, tooManyReadings(readingsMaxOf(this.#options)));
      }
      let end = this.#elements.readAlike(window, this.#at, window.end, rows);
      if (end === -1) end = this.#elements.read(window, this.#at, window.end, rows);
      if (end - this.#at > LINE_BYTES_MAX) {
        rows.length--;
        throw new Objection(end, "");
      }
      this.#at = end;
      if (bytes[end] !== COMMA || bytes[end + 1] !== OPENING_BRACE) break;
      this.#at = end + 1;
    }
    this.#place = "behind reading";
  }

  /** Reads one sign or name at `at`, which is no blank, and answers the place behind it. @throws Objection, MORE_NEEDED */
  #step(at: number): number {
    const sign = this.#window.bytes[at];
    switch (this.#place) {
      case "body":
        return this.#pass(at, sign === OPENING_BRACE, "first member", 'is not an object {"readings": […]}');
      case "first member":
      case "member":
        return this.#readName(at);
      case "colon":
        return this.#pass(at, sign === COLON, "array", "has no colon behind readings");
      case "array":
        if (sign === OPENING_BRACKET) this.#place = "first reading";
        else throw new Objection(at, "is not an array", { member: READINGS });
        return at + 1;
      case "first reading":
        this.#place = sign === CLOSING_BRACKET ? "behind array" : "reading";
        return sign === CLOSING_BRACKET ? at + 1 : at;
      case "behind reading":
        if (sign !== COMMA)
          return this.#pass(at, sign === CLOSING_BRACKET, "behind array", "has no comma or bracket behind a reading");
        this.#place = "reading";
        return at + 1;
      case "behind array":
        if (sign !== COMMA)
          return this.#pass(at, sign === CLOSING_BRACE, "nothing", "has no closing brace behind readings");
        this.#place = "member";
        return at + 1;
      case "reading":
        throw new RangeError("readings are read by readReadings");
      case "nothing":
        throw unreadable(at, "goes on behind its JSON text");
    }
  }

  #pass(at: number, isExpected: boolean, next: Place, reason: string): number {
    if (!isExpected) throw unreadable(at, reason);
    this.#place = next;
    return at + 1;
  }

  #readName(at: number): number {
    const { bytes, view, end } = this.#window;
    if (bytes[at] === CLOSING_BRACE && this.#place === "first member") throw new Objection(at, "has no readings");
    if (bytes[at] !== QUOTE) throw unreadable(at, "has no member's name where one belongs");
    const nameEnd = this.#texts.read(bytes, view, at, end);
    const name = quoted(this.#texts.bytes, this.#texts.from, this.#texts.to);
    if (name !== JSON.stringify(READINGS)) throw new Objection(nameEnd, `has a member ${name}; there is only readings`);
    if (this.#place === "member") throw new Objection(nameEnd, "is there twice", { member: READINGS });
    this.#place = "colon";
    return nameEnd;
  }

  #refusal({ at, member, message, isReadable }: Objection): MalformedBody {
    const isReading = this.#place === "reading";
    const reason = at - this.#at > LINE_BYTES_MAX ? `is longer than ${LINE_BYTES_MAX} bytes` : message;
    if (!isReading) return new MalformedBody(member, member === "" ? `the body ${reason}` : reason, isReadable);
    const index = this.#rows.length;
    return new MalformedBody(`${READINGS}.${index}${member === "" ? "" : `.${member}`}`, reason, isReadable);
  }
}
