import { scryptSync, timingSafeEqual } from "node:crypto";
import { decrypt, encrypt, KEY_BYTES } from "./cipher.ts";

/** First byte of what earlier versions sealed with the master key itself; then nonce, tag, ciphertext. */
export const FORMER_VERSION = 1;
/** First byte of a wrapped data key; then nonce, tag, ciphertext. */
const WRAP_VERSION = 1;
/** Fixed, so that the same passphrase gives the same key on every start; a passphrase is one per installation. */
const PASSPHRASE_SALT = "kilowatch sealing key v1";

/** What secrets are sealed with, by the number that their sealed values say. */
export interface DataKey {
  /** 1, 2, 3 … */
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** A data key as it is stored. */
export interface WrappedKey {
  readonly number: number;
  readonly wrapped: Uint8Array;
}

/** The installation's key. It wraps the data keys, and opens what earlier versions sealed with it. */
export class MasterKey {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    if (bytes.length !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes, not ${bytes.length}`);
    this.#bytes = bytes;
  }

  static ofPassphrase(passphrase: string): MasterKey {
    return new MasterKey(scryptSync(passphrase, PASSPHRASE_SALT, KEY_BYTES));
  }

  equals(other: MasterKey): boolean {
    return timingSafeEqual(this.#bytes, other.#bytes);
  }

  wrap({ number, bytes }: DataKey): WrappedKey {
    const wrapped = Buffer.concat([Uint8Array.of(WRAP_VERSION), encrypt(this.#bytes, bytes, placeOf(number))]);
    return { number, wrapped };
  }

  /** Null when it was wrapped with another key, as another number, or changed. */
  unwrap({ number, wrapped }: WrappedKey): DataKey | null {
    if (wrapped[0] !== WRAP_VERSION) return null;
    try {
      return { number, bytes: decrypt(this.#bytes, wrapped.subarray(1), placeOf(number)) };
    } catch {
      return null;
    }
  }

  /** Opens a value of version 1. Null when it was sealed with another key, for another place, or changed. */
  openFormer(sealed: Uint8Array, place: string): string | null {
    if (sealed[0] !== FORMER_VERSION) return null;
    try {
      return decrypt(this.#bytes, sealed.subarray(1), Buffer.from(place)).toString("utf8");
    } catch {
      return null;
    }
  }
}

/** Apart from the places of secrets, so that a wrapped key and a value of version 1 never pass for each other. */
function placeOf(number: number): Buffer {
  return Buffer.from(`sealing_key:${number}`);
}
