import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { StartupError, StorageUnavailable } from "../../domain/errors.ts";
import { KEY_BYTES } from "./cipher.ts";
import { MasterKey } from "./master-key.ts";

/** Holds the master key in the data folder, in Base64, for its owner alone. */
export const KEY_FILE = "secret.key";
/** The master key that a rotation is about to take. */
export const NEXT_KEY_FILE = `${KEY_FILE}.next`;
const RETRY_AFTER_S = 5;

/** Which master key an installation has. Changes files only while nobody else uses the data folder. */
export interface InstallationKey {
  /** Those that it may be; empty when there is none. After a rotation that was cut off there are two. */
  candidates(): readonly MasterKey[];
  /** Makes the first one, for a catalogue in which nothing is sealed. @throws StorageUnavailable */
  make(): MasterKey;
  /** Makes one that is to take the place of the present one, and keeps it beside that. @throws StorageUnavailable */
  makeNext(): MasterKey;
  /**
   * Finishes a rotation that was cut off, or removes the next key of one that came to nothing.
   * @param proved the candidate, or next key, that opens what is sealed
   * @throws StorageUnavailable
   */
  settle(proved: MasterKey): void;
  /** Removes the file of a key whose place a passphrase has taken. @throws StorageUnavailable */
  removeFile(): void;
  /** What to say when no candidate opens what is sealed. */
  refusal(opens: (key: MasterKey) => boolean): StartupError;
}

/** The key of a passphrase when there is one, else of a file in the data folder. */
export class DataFolderKey implements InstallationKey {
  readonly #dataDir: string;
  readonly #ofPassphrase: MasterKey | null;
  readonly #fileOf = new Map<MasterKey, string>();

  constructor(dataDir: string, ofPassphrase: MasterKey | null) {
    this.#dataDir = dataDir;
    this.#ofPassphrase = ofPassphrase;
  }

  candidates(): readonly MasterKey[] {
    return this.#ofPassphrase ? [this.#ofPassphrase] : this.#inFiles();
  }

  make(): MasterKey {
    if (this.#ofPassphrase) return this.#ofPassphrase;
    if (existsSync(this.#path(KEY_FILE))) throw this.refusal(() => false);
    const unfinished = `${KEY_FILE}.new`;
    const key = this.#write(unfinished);
    this.#changing(KEY_FILE, () => {
      // A link, unlike a rename, never replaces a key that is there.
      linkSync(this.#path(unfinished), this.#path(KEY_FILE));
      rmSync(this.#path(unfinished));
    });
    this.#fileOf.set(key, KEY_FILE);
    return key;
  }

  makeNext(): MasterKey {
    const key = this.#write(NEXT_KEY_FILE);
    this.#fileOf.set(key, NEXT_KEY_FILE);
    return key;
  }

  settle(proved: MasterKey): void {
    if (!existsSync(this.#path(NEXT_KEY_FILE))) return;
    if (this.#fileOf.get(proved) === NEXT_KEY_FILE) {
      this.#changing(KEY_FILE, () => renameSync(this.#path(NEXT_KEY_FILE), this.#path(KEY_FILE)));
      this.#fileOf.set(proved, KEY_FILE);
    } else {
      this.#changing(NEXT_KEY_FILE, () => rmSync(this.#path(NEXT_KEY_FILE)));
    }
  }

  removeFile(): void {
    this.#changing(KEY_FILE, () => rmSync(this.#path(KEY_FILE), { force: true }));
  }

  refusal(opens: (key: MasterKey) => boolean): StartupError {
    const path = this.#path(KEY_FILE);
    if (this.#ofPassphrase) {
      const remedy = this.#inFiles().some(opens)
        ? `the key is in ${path}. Unset KILOWATCH_SECRET_KEY.`
        : "Put the former one back.";
      return new StartupError(`KILOWATCH_SECRET_KEY is not what the stored secrets are sealed with: ${remedy}`);
    }
    if (!existsSync(path)) {
      return new StartupError(`${path} is not there: put it back, or set KILOWATCH_SECRET_KEY as the server has it.`);
    }
    if (this.#read(KEY_FILE).length === 0) {
      return new StartupError(
        `${path} does not hold a key of ${KEY_BYTES} bytes in Base64: put the original file back.`,
      );
    }
    return new StartupError(
      `${path} is not the key that the stored secrets are sealed with: put the former file back, or set KILOWATCH_SECRET_KEY if the key is a passphrase.`,
    );
  }

  #inFiles(): MasterKey[] {
    return [KEY_FILE, NEXT_KEY_FILE].flatMap((name) => this.#read(name));
  }

  /** None when the file is not there, or is no whole key: a rotation may have been cut off while it wrote it. */
  #read(name: string): MasterKey[] {
    const path = this.#path(name);
    if (!existsSync(path)) return [];
    const bytes = Buffer.from(textOf(path), "base64");
    if (bytes.length !== KEY_BYTES) return [];
    const key = new MasterKey(bytes);
    this.#fileOf.set(key, name);
    return [key];
  }

  /** A new random key in a new file, on stable storage. */
  #write(name: string): MasterKey {
    const path = this.#path(name);
    const bytes = randomBytes(KEY_BYTES);
    this.#changing(name, () => {
      rmSync(path, { force: true });
      // Mode 600 at creation: no moment in which another user could read the key.
      writeFileSync(path, `${bytes.toString("base64")}\n`, { mode: 0o600, flag: "wx", flush: true });
    });
    return new MasterKey(bytes);
  }

  /** Changes what is in the folder; once it returns, the change outlives a power cut. */
  #changing(name: string, change: () => void): void {
    try {
      change();
      const folder = openSync(this.#dataDir, "r");
      try {
        fsyncSync(folder);
      } finally {
        closeSync(folder);
      }
    } catch (error) {
      const words = `The key file ${this.#path(name)} cannot be written (${codeOf(error)}).`;
      throw new StorageUnavailable(words, RETRY_AFTER_S, { cause: error });
    }
  }

  #path(name: string): string {
    return join(this.#dataDir, name);
  }
}

/** @param passphrase null for the key file */
export function dataFolderKey(dataDir: string, passphrase: string | null): DataFolderKey {
  return new DataFolderKey(dataDir, passphrase === null ? null : MasterKey.ofPassphrase(passphrase));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new StartupError(
      `${path} cannot be read (${codeOf(error)}): give it back to the user that the server runs as.`,
      {
        cause: error,
      },
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/** A key that is known, and kept nowhere. */
export function knownKey(bytes: Buffer): InstallationKey {
  const key = new MasterKey(bytes);
  return {
    candidates: () => [key],
    make: () => key,
    makeNext: () => new MasterKey(randomBytes(KEY_BYTES)),
    settle: () => {},
    removeFile: () => {},
    refusal: () => new StartupError("The key is not what the stored secrets are sealed with."),
  };
}
