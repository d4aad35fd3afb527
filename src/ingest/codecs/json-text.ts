import { MORE_NEEDED, Objection } from "./objection.ts";
import { BACKSLASH, isDigit, QUOTE, ZERO } from "./signs.ts";

/** Bytes of an unescaped text that are kept; every text that is taken is shorter. */
const KEPT_BYTES = 512;
const FIRST_PRINTABLE = 0x20;
const UNICODE_ESCAPE = 0x75; // u
const UNICODE_DIGITS = 4;
/** What the sign behind a backslash stands for. */
const ESCAPES = new Map([...'""\\\\//b\bf\fn\nr\rt\t'].map((sign) => sign.charCodeAt(0)).flatMap(pairs));

/** Reads JSON texts. The last one lies in `bytes` (seen also by `view`) from `from` to `to`: where it came from, or unescaped in a place of its own. */
export class JsonTexts {
  bytes: Uint8Array;
  view: DataView;
  from = 0;
  to = 0;
  isEscaped = false;
  readonly #kept = new Uint8Array(KEPT_BYTES + 4);
  readonly #keptView = new DataView(this.#kept.buffer);

  constructor() {
    this.bytes = this.#kept;
    this.view = this.#keptView;
  }

  /** Reads the text whose opening quote lies at `at`. Answers the place behind its closing quote. @throws Objection, MORE_NEEDED */
  read(bytes: Uint8Array, view: DataView, at: number, end: number): number {
    let to = at + 1;
    for (; to < end; to++) {
      const code = bytes[to] ?? 0;
      if (code === QUOTE) break;
      if (code === BACKSLASH) return this.#readEscaped(bytes, at + 1, end);
      if (code < FIRST_PRINTABLE) throw controlCharacter(to);
    }
    if (to >= end) throw MORE_NEEDED;
    this.bytes = bytes;
    this.view = view;
    this.from = at + 1;
    this.to = to;
    this.isEscaped = false;
    return to + 1;
  }

  #readEscaped(bytes: Uint8Array, from: number, end: number): number {
    this.bytes = this.#kept;
    this.view = this.#keptView;
    this.from = 0;
    this.to = 0;
    this.isEscaped = true;
    let at = from;
    while (at < end && bytes[at] !== QUOTE) {
      const code = bytes[at] ?? 0;
      if (code < FIRST_PRINTABLE) throw controlCharacter(at);
      if (code === BACKSLASH) {
        at = this.#readEscape(bytes, at + 1, end);
      } else {
        this.#keep(code);
        at++;
      }
    }
    if (at >= end) throw MORE_NEEDED;
    return at + 1;
  }

  /** Reads what follows a backslash; answers the place behind it. */
  #readEscape(bytes: Uint8Array, at: number, end: number): number {
    if (at >= end) throw MORE_NEEDED;
    const plain = ESCAPES.get(bytes[at] ?? 0);
    if (plain !== undefined) {
      this.#keep(plain);
      return at + 1;
    }
    if (bytes[at] !== UNICODE_ESCAPE)
      throw new Objection(at, "has a backslash before a sign that needs none", { isReadable: false });
    const unit = hexNumber(bytes, at + 1, end);
    const next = at + 1 + UNICODE_DIGITS;
    if (unit < 0xd800 || unit > 0xdfff) {
      this.#keepCharacter(unit);
      return next;
    }
    if (next + 1 >= end) throw MORE_NEEDED;
    if (unit > 0xdbff || bytes[next] !== BACKSLASH || bytes[next + 1] !== UNICODE_ESCAPE) throw halfPair(next + 1);
    const second = hexNumber(bytes, next + 2, end);
    if (second < 0xdc00 || second > 0xdfff) throw halfPair(next + 1 + UNICODE_DIGITS);
    this.#keepCharacter(0x1_0000 + ((unit - 0xd800) << 10) + (second - 0xdc00));
    return next + 2 + UNICODE_DIGITS;
  }

  #keepCharacter(codePoint: number): void {
    for (const byte of new TextEncoder().encode(String.fromCodePoint(codePoint))) this.#keep(byte);
  }

  /** Past what is kept only the length goes on: such a text is too long for everything. */
  #keep(byte: number): void {
    if (this.to < KEPT_BYTES) this.#kept[this.to] = byte;
    this.to++;
  }
}

function hexNumber(bytes: Uint8Array, from: number, end: number): number {
  let number = 0;
  for (let at = from; at < from + UNICODE_DIGITS; at++) {
    if (at >= end) throw MORE_NEEDED;
    const digit = hexDigit(bytes[at] ?? 0);
    if (digit === -1) throw new Objection(at, "has \\u without four hexadecimal digits", { isReadable: false });
    number = number * 16 + digit;
  }
  return number;
}

function hexDigit(code: number): number {
  if (isDigit(code)) return code - ZERO;
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}

function controlCharacter(at: number): Objection {
  return new Objection(at, "has a control character in a text", { isReadable: false });
}

function halfPair(at: number): Objection {
  return new Objection(at, "holds half of a surrogate pair");
}

/** Every second sign is what the one before stands for. */
function pairs(code: number, index: number, codes: readonly number[]): [number, number][] {
  return index % 2 === 0 ? [[code, codes[index + 1] ?? code]] : [];
}
