import type { KeyTable } from "../../domain/key-table.ts";
import type { ByteWindow } from "./byte-window.ts";
import { doubledTag } from "./influx-key.ts";
import { endOfMeasurement, endOfPiece } from "./influx-pieces.ts";
import { INFLUX_KEY_BYTES_MAX, INFLUX_NEW_KEY_BYTES } from "./limits.ts";
import { hasControlCharacter, isText } from "./names.ts";
import { Objection, quoted } from "./objection.ts";
import { TOO_MANY_KEYS } from "./refusal.ts";
import { COMMA, EQUALS, SPACE } from "./signs.ts";

/**
 * Finds the keys of line protocol: `measurement,tags`, a space, the field, all as sent. A key's mark is the length of its first part.
 * The key that came next the last time is compared first; only another one is looked at sign by sign.
 */
export class InfluxKeys {
  /** Where the field's name ends that `ofField` read: at its equals sign. */
  fieldEnd = 0;
  /** Bytes of the body that were read before the window at hand. */
  bytesBefore = 0;
  #newKeyBytes = 0;
  readonly #table: KeyTable;
  #last = 0;
  /** Where a key is put together that does not lie in one piece. */
  readonly #bytes = new Uint8Array(INFLUX_KEY_BYTES_MAX);
  readonly #view = new DataView(this.#bytes.buffer);

  constructor(table: KeyTable) {
    this.#table = table;
  }

  /** The key that the bytes from `from` to an equals sign are, if it is the one expected; -1 otherwise. It is taken only by `follow`. */
  expected(window: ByteWindow, from: number, to: number): number {
    const table = this.#table;
    const key = table.follower(this.#last);
    const length = table.byteLength(key);
    const end = from + length;
    if (length === 0 || end >= to || window.bytes[end] !== EQUALS || !table.holds(key, 0, length, window.view, from))
      return -1;
    this.fieldEnd = end;
    return key;
  }

  /** The line went on as expected after this key. */
  follow(key: number): void {
    this.#last = key;
  }

  /** Where the measurement and tags at `from` end: at the space before the fields. @throws Objection */
  seriesEnd({ bytes, view }: ByteWindow, from: number, to: number): number {
    const key = this.#table.follower(this.#last);
    const length = this.#table.mark(key);
    const end = from + length;
    if (length > 0 && end < to && bytes[end] === SPACE && this.#table.holds(key, 0, length, view, from)) return end;
    return checkedSeriesEnd(bytes, from);
  }

  /** The key of the field whose name starts at `fieldStart`. @throws Objection */
  ofField(window: ByteWindow, from: number, seriesEnd: number, fieldStart: number, to: number): number {
    const table = this.#table;
    const { bytes, view } = window;
    const expected = table.follower(this.#last);
    const seriesLength = seriesEnd - from;
    const expectedLength = table.byteLength(expected) - seriesLength - 1;
    const expectedEnd = fieldStart + expectedLength;
    if (
      table.mark(expected) === seriesLength &&
      expectedEnd < to &&
      bytes[expectedEnd] === EQUALS &&
      table.holds(expected, seriesLength + 1, expectedLength, view, fieldStart) &&
      table.holds(expected, 0, seriesLength, view, from)
    ) {
      this.#last = expected;
      this.fieldEnd = expectedEnd;
      return expected;
    }
    const end = endOfPiece(bytes, fieldStart);
    if (end === fieldStart) throw new Objection(end, "a field has no name");
    if (bytes[end] !== EQUALS) throw new Objection(end, `the field ${quoted(bytes, fieldStart, end)} has no value`);
    if (seriesLength + 1 + end - fieldStart > INFLUX_KEY_BYTES_MAX) {
      throw new Objection(end, `its measurement, tags and field are longer than ${INFLUX_KEY_BYTES_MAX} bytes`);
    }
    this.fieldEnd = end;
    const key =
      fieldStart === seriesEnd + 1
        ? this.#keyIn(bytes, view, from, end, seriesLength)
        : this.#keyOfParts(bytes, from, seriesEnd, fieldStart, end);
    table.follows(this.#last, key);
    this.#last = key;
    return key;
  }

  #keyOfParts(bytes: Uint8Array, from: number, seriesEnd: number, fieldStart: number, fieldEnd: number): number {
    const seriesLength = seriesEnd - from;
    this.#bytes.set(bytes.subarray(from, seriesEnd));
    this.#bytes[seriesLength] = SPACE;
    this.#bytes.set(bytes.subarray(fieldStart, fieldEnd), seriesLength + 1);
    return this.#keyIn(this.#bytes, this.#view, 0, seriesLength + 1 + fieldEnd - fieldStart, seriesLength);
  }

  #keyIn(bytes: Uint8Array, view: DataView, from: number, to: number, seriesLength: number): number {
    const known = this.#table.find(view, from, to);
    if (known !== -1) return known;
    const at = this.fieldEnd;
    if (!isText(bytes, from, to)) throw new Objection(at, "is not UTF-8 text");
    if (hasControlCharacter(bytes, from, to)) {
      throw new Objection(at, "its measurement, tags or field hold a control character");
    }
    const twice = doubledTag(new TextDecoder().decode(bytes.subarray(from, to)));
    if (twice !== null) throw new Objection(at, `has the tag ${JSON.stringify(twice)} twice`);
    if (
      this.#newKeyBytes + to - from >
      INFLUX_NEW_KEY_BYTES.once + INFLUX_NEW_KEY_BYTES.perByte * (this.bytesBefore + at)
    ) {
      throw new Objection(at, "has too many new fields for measurement and tags of this length; send fewer at once");
    }
    const key = this.#table.intern(view, from, to, seriesLength);
    if (key === -1) throw new Objection(at, TOO_MANY_KEYS);
    this.#newKeyBytes += to - from;
    return key;
  }
}

function checkedSeriesEnd(bytes: Uint8Array, from: number): number {
  let at = endOfMeasurement(bytes, from);
  if (at === from) throw new Objection(at, "has no measurement");
  while (bytes[at] === COMMA) {
    const nameStart = at + 1;
    at = endOfPiece(bytes, nameStart);
    if (at === nameStart) throw new Objection(at, "a tag has no name");
    const valueStart = at + 1;
    const valueEnd = bytes[at] === EQUALS ? endOfPiece(bytes, valueStart) : valueStart;
    if (valueEnd === valueStart) throw new Objection(at, `the tag ${quoted(bytes, nameStart, at)} has no value`);
    if (bytes[valueEnd] === EQUALS) {
      throw new Objection(
        valueEnd,
        `the value of the tag ${quoted(bytes, nameStart, at)} holds an equals sign without a backslash`,
      );
    }
    at = valueEnd;
  }
  if (bytes[at] !== SPACE) throw new Objection(at, "has no fields");
  return at;
}
