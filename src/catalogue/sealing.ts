import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartupError } from "../domain/errors.ts";

/** Bytes of a sealed value: version, nonce, authentication tag, then the ciphertext. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const KEY_FILE = "secret.key";
/** Fixed, so that the same passphrase gives the same key on every start; a passphrase is one per installation. */
const PASSPHRASE_SALT = "kilowatch sealing key v1";

/** Seals and opens secrets at rest: AES-256-GCM, bound to the place where the secret belongs. */
export class Sealing {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES) throw new RangeError(`a sealing key has ${KEY_BYTES} bytes, not ${key.length}`);
    this.#key = key;
  }

  /** @param place what the secret belongs to (such as `connection:<id>`): sealed for one place, it opens at no other. */
  seal(secret: string, place: string): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
    return Buffer.concat([Uint8Array.of(VERSION), nonce, cipher.getAuthTag(), sealed]);
  }

  /** @throws StartupError when the key is another one than it was sealed with, or the bytes were changed. */
  open(sealed: Uint8Array, place: string): string {
    const bytes = Buffer.from(sealed);
    const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
    const tag = bytes.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
    try {
      if (bytes[0] !== VERSION) throw new Error(`unknown form ${bytes[0]}`);
      const decipher = createDecipheriv("aes-256-gcm", this.#key, nonce).setAAD(Buffer.from(place)).setAuthTag(tag);
      const opened = Buffer.concat([decipher.update(bytes.subarray(1 + NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      return opened.toString("utf8");
    } catch (error) {
      throw new StartupError(
        `A stored secret (${place}) cannot be opened: KILOWATCH_SECRET_KEY or the data folder's ${KEY_FILE} is not the one it was sealed with. Put the former key back.`,
        { cause: error },
      );
    }
  }
}

/** The installation's key: from the passphrase when there is one, else from the data folder's key file, made on first use. */
export function openSealing(dataDir: string, passphrase: string | null): Sealing {
  const path = join(dataDir, KEY_FILE);
  if (passphrase === null && !existsSync(path)) makeKeyFile(path);
  return openFormerSealing(dataDir, passphrase);
}

/** The key of an installation that has one: writes nothing. @throws StartupError when there is none */
export function openFormerSealing(dataDir: string, passphrase: string | null): Sealing {
  if (passphrase !== null) return new Sealing(scryptSync(passphrase, PASSPHRASE_SALT, KEY_BYTES));
  const path = join(dataDir, KEY_FILE);
  if (!existsSync(path)) {
    throw new StartupError(`${path} is not there: put it back, or set KILOWATCH_SECRET_KEY as the server has it.`);
  }
  const key = Buffer.from(readFileSync(path, "utf8"), "base64");
  if (key.length !== KEY_BYTES) {
    throw new StartupError(`${path} does not hold a key of ${KEY_BYTES} bytes in Base64: put the original file back.`);
  }
  return new Sealing(key);
}

/** Writes a new key whole or not at all: half a key would seal nothing and look like one that was damaged. */
function makeKeyFile(path: string): void {
  const unfinished = `${path}.new`;
  try {
    rmSync(unfinished, { force: true });
    // Mode 600 at creation: no moment in which another user could read the key.
    writeFileSync(unfinished, `${randomBytes(KEY_BYTES).toString("base64")}\n`, {
      mode: 0o600,
      flag: "wx",
      flush: true,
    });
    // A link, unlike a rename, never replaces a key that is there.
    linkSync(unfinished, path);
    rmSync(unfinished);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError(
      `The key file ${path} cannot be made (${reason}): make the folder writable and room on its disk.`,
      {
        cause: error,
      },
    );
  }
}
