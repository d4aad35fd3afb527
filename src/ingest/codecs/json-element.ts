import type { KeyTable } from "../../domain/key-table.ts";
import type { KeyedColumnsBuilder } from "../../domain/keyed-columns.ts";
import type { ByteWindow } from "./byte-window.ts";
import { isJsonNumber, readDecimal } from "./decimals.ts";
import type { TimedOptions } from "./decoder.ts";
import { ElementShape, PART } from "./element-shape.ts";
import { JsonKeys, NAMING_MEMBERS } from "./json-keys.ts";
import { readNumber } from "./json-number.ts";
import { CLOSING_BRACE, endOfBlanks, OPENING_BRACE, signAt, unreadable } from "./json-signs.ts";
import { JsonTexts } from "./json-text.ts";
import { JsonTimes } from "./json-times.ts";
import { Objection, quoted } from "./objection.ts";
import { COLON, COMMA, QUOTE } from "./signs.ts";

const MEMBERS = [...NAMING_MEMBERS, "time", "value"] as const;
type Member = (typeof MEMBERS)[number];
const MEMBER_BYTES = MEMBERS.map((member) => new TextEncoder().encode(member));

/**
 * Reads one reading of JSON: `{"metricId": …, "time": …, "value": …}`, or `deviceId` and `name` in place of `metricId`, in any order.
 * Other members, and a member twice, are refused.
 */
export class JsonElements {
  readonly #keys: JsonKeys;
  readonly #times: JsonTimes;
  readonly #texts = new JsonTexts();
  readonly #shape = new ElementShape();
  /** Per member, whether the reading at hand had it. */
  readonly #seen = new Uint8Array(MEMBERS.length);
  #timeMs = 0;

  constructor(table: KeyTable, options: TimedOptions) {
    this.#keys = new JsonKeys(table);
    this.#times = new JsonTimes(options);
  }

  /**
   * Reads the reading at `from` into the next of `rows`, which have room for it, if it looks like the one before and its
   * series is known. Answers where it ends; -1 when `read` has to look at it.
   */
  readAlike(window: ByteWindow, from: number, end: number, rows: KeyedColumnsBuilder): number {
    const shape = this.#shape;
    const { bytes, view } = window;
    const row = rows.length;
    const { partCount } = shape;
    if (partCount === 0 || row === rows.capacity) return -1;
    this.#keys.beginAlike();
    let at = from;
    for (let index = 0; index < partCount; index++) {
      at = shape.skip(index, view, at, end);
      if (at === -1) return -1;
      at = this.#readPart(shape.part(index), bytes, view, at, end, rows);
      if (at === -1) return -1;
    }
    at = shape.skip(partCount, view, at, end);
    if (at === -1) return -1;
    const key = this.#keys.findAlike(shape.hasPart(PART.metricId), bytes);
    if (key === -1) return -1;
    rows.keys[row] = key;
    rows.timesMs[row] = this.#timeMs;
    rows.length = row + 1;
    this.#keys.follow(key);
    return at;
  }

  /** Reads the reading at `from` into the next of `rows`, which have room for it. Answers where it ends. @throws Objection, MORE_NEEDED */
  read(window: ByteWindow, from: number, end: number, rows: KeyedColumnsBuilder): number {
    const { bytes } = window;
    this.#shape.begin(from);
    this.#keys.begin();
    this.#seen.fill(0);
    let hasEscapes = false;
    if (signAt(bytes, from, end) !== OPENING_BRACE) throw new Objection(from, "is not an object");
    let at = endOfBlanks(bytes, from + 1, end);
    if (signAt(bytes, at, end) !== CLOSING_BRACE) {
      for (;;) {
        at = this.#readMember(window, at, end, rows);
        hasEscapes ||= this.#texts.isEscaped;
        at = endOfBlanks(bytes, at, end);
        if (bytes[at] !== COMMA) break;
        at = endOfBlanks(bytes, at + 1, end);
      }
      if (bytes[at] !== CLOSING_BRACE) throw unreadable(at, "has no comma or closing brace where one belongs");
    }
    const key = this.#keys.find(at);
    for (const member of ["time", "value"] as const) {
      if (this.#seen[MEMBERS.indexOf(member)] === 0) throw new Objection(at, `has no ${member}`);
    }
    rows.keys[rows.length] = key;
    rows.timesMs[rows.length] = this.#timeMs;
    rows.length++;
    this.#shape.finish(bytes, at + 1);
    if (hasEscapes) this.#shape.forget();
    return at + 1;
  }

  #readPart(
    part: number,
    bytes: Uint8Array,
    view: DataView,
    at: number,
    end: number,
    rows: KeyedColumnsBuilder,
  ): number {
    switch (part) {
      case PART.metricId:
        return this.#keys.endOf("metricId", bytes, view, at, end);
      case PART.deviceId:
        return this.#keys.endOf("deviceId", bytes, view, at, end);
      case PART.name:
        return this.#keys.endOf("name", bytes, view, at, end);
      case PART.value: {
        const valueEnd = readDecimal(bytes, at, rows.values, rows.length);
        return valueEnd !== -1 && isJsonNumber(bytes, at, valueEnd) ? valueEnd : -1;
      }
      default: {
        const timeEnd =
          part === PART.timeNumber
            ? this.#times.readPlain(bytes, view, at)
            : this.#times.readText(bytes, view, at, end);
        this.#timeMs = this.#times.timeMs;
        return timeEnd;
      }
    }
  }

  /** Answers the place behind the member's value. */
  #readMember(window: ByteWindow, from: number, end: number, rows: KeyedColumnsBuilder): number {
    const { bytes, view } = window;
    if (signAt(bytes, from, end) !== QUOTE) throw unreadable(from, "has no member's name where one belongs");
    const nameEnd = this.#texts.read(bytes, view, from, end);
    const hasEscapes = this.#texts.isEscaped;
    const index = MEMBER_BYTES.findIndex((name) => this.#isText(name));
    const member = MEMBERS[index];
    if (member === undefined) {
      const name = quoted(this.#texts.bytes, this.#texts.from, this.#texts.to);
      throw new Objection(nameEnd, `has a member ${name}, which no reading has`);
    }
    if (this.#seen[index] === 1) throw new Objection(nameEnd, "is there twice", { member });
    this.#seen[index] = 1;
    let at = endOfBlanks(bytes, nameEnd, end);
    if (bytes[at] !== COLON) throw unreadable(at, "has no colon behind a member's name");
    at = endOfBlanks(bytes, at + 1, end);
    const valueEnd = this.#readValue(window, member, at, end, rows);
    this.#texts.isEscaped ||= hasEscapes;
    return valueEnd;
  }

  #readValue({ bytes, view }: ByteWindow, member: Member, at: number, end: number, rows: KeyedColumnsBuilder): number {
    const isText = bytes[at] === QUOTE;
    if (member === "value" || (member === "time" && !isText)) {
      if (member === "time") return this.#readTimeNumber(bytes, at, end);
      const valueEnd = readNumber(bytes, at, end, rows.values, rows.length, member);
      this.#shape.note(bytes, PART.value, at, valueEnd);
      return valueEnd;
    }
    if (!isText) throw new Objection(at, "is not a text", { member });
    const textEnd = this.#texts.read(bytes, view, at, end);
    if (member === "time") {
      const { from, to } = this.#texts;
      if (this.#times.readText(this.#texts.bytes, this.#texts.view, from, to) !== to) {
        throw new Objection(textEnd, this.#times.textObjection(this.#texts.bytes, this.#texts.view, from, to), {
          member,
        });
      }
      this.#timeMs = this.#times.timeMs;
      this.#shape.note(bytes, PART.timeText, at + 1, textEnd - 1);
    } else {
      this.#keys.take(member, this.#texts, textEnd);
      this.#shape.note(bytes, PART[member], at + 1, textEnd - 1);
    }
    return textEnd;
  }

  #readTimeNumber(bytes: Uint8Array, at: number, end: number): number {
    const timeEnd = this.#times.readNumber(bytes, at, end);
    this.#timeMs = this.#times.timeMs;
    this.#shape.note(bytes, PART.timeNumber, at, timeEnd);
    return timeEnd;
  }

  #isText(wanted: Uint8Array): boolean {
    const { bytes, from, to } = this.#texts;
    if (to - from !== wanted.length) return false;
    for (let index = 0; index < wanted.length; index++) if (bytes[from + index] !== wanted[index]) return false;
    return true;
  }
}
