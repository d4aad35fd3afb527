import { isUtf8 } from "node:buffer";

/** Whether the bytes are UTF-8 text. */
export function isText(bytes: Uint8Array, from: number, to: number): boolean {
  return isUtf8(bytes.subarray(from, to));
}

/** Whether UTF-8 text holds one of U+0000 to U+001F or U+007F to U+009F. */
export function hasControlCharacter(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = bytes[at] ?? 0;
    if (code < 0x20 || code === 0x7f) return true;
    if (code === 0xc2 && (bytes[at + 1] ?? 0) < 0xa0) return true;
  }
  return false;
}
