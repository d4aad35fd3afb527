import { DomainError } from "../../domain/errors.ts";

/** Bytes that are not what this program, or an earlier version of it, wrote. */
export class MalformedBytes extends DomainError {}

/** Seven bits a byte, the least first; all but the last byte have the eighth bit set (protobuf.dev/programming-guides/encoding). */
export class VarintWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  byte(value: number): void {
    if (this.#length === this.#bytes.length) {
      const grown = new Uint8Array(this.#length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[this.#length++] = value;
  }

  /** A whole number from 0 to `Number.MAX_SAFE_INTEGER`. */
  unsigned(value: number): void {
    let left = value;
    // Numbers of more than 31 bits have no bit operators.
    for (; left >= 0x80; left = Math.floor(left / 0x80)) this.byte((left % 0x80) | 0x80);
    this.byte(left);
  }

  /** A whole number of a size below 2^52: zigzag, so that small ones are short whatever their sign. */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** What was written so far, as bytes of its own. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

/** Reads what `VarintWriter` wrote. Each method throws MalformedBytes for what that cannot have written. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new MalformedBytes("the bytes end too early");
    return value;
  }

  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw new MalformedBytes("a number is too large");
      if (byte < 0x80) return value;
      if (scale > Number.MAX_SAFE_INTEGER) throw new MalformedBytes("a number is too long");
    }
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
