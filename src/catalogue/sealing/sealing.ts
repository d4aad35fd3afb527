import { StartupError } from "../../domain/errors.ts";
import { decrypt, encrypt } from "./cipher.ts";
import { type DataKey, FORMER_VERSION, type MasterKey } from "./master-key.ts";

/** A sealed value: version, number of the data key (4 bytes, big-endian), nonce, authentication tag, ciphertext. */
const VERSION = 2;
const HEADER_BYTES = 5;

/** Seals and opens secrets at rest: AES-256-GCM, bound to the place where the secret belongs. */
export class Sealing {
  readonly #master: MasterKey;
  readonly #dataKeys: ReadonlyMap<number, Uint8Array>;
  readonly #newest: DataKey | undefined;

  /**
   * @param master opens what earlier versions sealed
   * @param dataKeys by number, the newest last; with none of them nothing can be sealed
   */
  constructor(master: MasterKey, dataKeys: readonly DataKey[]) {
    this.#master = master;
    this.#dataKeys = new Map(dataKeys.map(({ number, bytes }) => [number, bytes]));
    this.#newest = dataKeys.at(-1);
  }

  /** @param place what the secret belongs to (such as `connection:<id>`): sealed for one place, it opens at no other. */
  seal(secret: string, place: string): Uint8Array {
    if (this.#newest === undefined) throw new TypeError("there is no data key to seal with");
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(VERSION);
    header.writeUInt32BE(this.#newest.number, 1);
    const sealed = encrypt(this.#newest.bytes, Buffer.from(secret), Buffer.concat([header, Buffer.from(place)]));
    return Buffer.concat([header, sealed]);
  }

  /** @throws StartupError when it was sealed with a key that is not here or for another place, or was changed. */
  open(sealed: Uint8Array, place: string): string {
    const opened = sealed[0] === FORMER_VERSION ? this.#master.openFormer(sealed, place) : this.#open(sealed, place);
    if (opened !== null) return opened;
    throw new StartupError(
      `A stored secret (${place}) cannot be opened: it was changed, or sealed with another key. Restore the catalogue and the key that belongs to it; if the key was rotated while this server ran, start it again.`,
    );
  }

  #open(sealed: Uint8Array, place: string): string | null {
    if (sealed[0] !== VERSION || sealed.length < HEADER_BYTES) return null;
    const header = Buffer.from(sealed.subarray(0, HEADER_BYTES));
    const dataKey = this.#dataKeys.get(header.readUInt32BE(1));
    if (dataKey === undefined) return null;
    try {
      const boundTo = Buffer.concat([header, Buffer.from(place)]);
      return decrypt(dataKey, sealed.subarray(HEADER_BYTES), boundTo).toString("utf8");
    } catch {
      return null;
    }
  }
}
