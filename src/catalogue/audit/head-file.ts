import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { StorageUnavailable } from "../../domain/errors.ts";
import type { Sealing } from "../sealing/sealing.ts";
import type { AuditLink } from "./entry.ts";

/** Where the log has got to. */
export interface AuditHead extends AuditLink {
  /** The hash of the entry that is being written and may be there or not; null when none is. */
  readonly next: string | null;
}

/** What is known of the head beside the log itself. */
export type KnownHead = AuditHead | "missing" | "unreadable";

/** Keeps the log's head in a second place, so that a log that lost or gained entries at its end, or was written anew, is found out. */
export interface HeadKeeper {
  read(): Promise<KnownHead>;
  /** Resolves once it is on stable storage. @throws StorageUnavailable */
  write(head: AuditHead): Promise<void>;
}

/** Its name in the data folder. */
export const AUDIT_HEAD_FILE = "audit-head";

const SEALED_FOR = "audit-head";
const RETRY_AFTER_S = 5;
const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const StoredHead = z.strictObject({ place: z.int().min(0), hash: Hash, next: Hash.nullable() });

/** The head in a file, sealed: whoever lacks the installation's key can remove it, but not write another. */
export class HeadFile implements HeadKeeper {
  readonly #path: string;
  readonly #sealing: Sealing;

  constructor(path: string, sealing: Sealing) {
    this.#path = path;
    this.#sealing = sealing;
  }

  async read(): Promise<KnownHead> {
    let text: string;
    try {
      text = await readFile(this.#path, "latin1");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return "missing";
      throw unavailable(error);
    }
    try {
      return StoredHead.parse(JSON.parse(this.#sealing.open(Buffer.from(text, "base64"), SEALED_FOR)));
    } catch {
      return "unreadable";
    }
  }

  async write(head: AuditHead): Promise<void> {
    const text = Buffer.from(this.#sealing.seal(JSON.stringify(head), SEALED_FOR)).toString("base64");
    const unfinished = `${this.#path}.new`;
    try {
      await using file = await open(unfinished, "w", 0o600);
      await file.writeFile(`${text}\n`);
      await file.sync();
      await rename(unfinished, this.#path);
      // Without this a power cut could bring back the head before.
      await using folder = await open(dirname(this.#path), "r");
      await folder.sync();
    } catch (error) {
      throw unavailable(error);
    }
  }
}

function unavailable(error: unknown): StorageUnavailable {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  return new StorageUnavailable(`The head of the audit log cannot be kept (${code}).`, RETRY_AFTER_S, { cause: error });
}
