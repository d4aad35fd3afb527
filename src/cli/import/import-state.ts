import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { FileIdentity } from "./source.ts";

const Stored = z.object({
  version: z.literal(1),
  /** For a person who finds the file. */
  path: z.string(),
  what: z.string(),
  rowsStored: z.int().min(0),
});

/**
 * How far an import got, so that the same command goes on there. It lies with the user's caches, not beside the input, which may be
 * read-only; losing it costs time, not readings, since sending them again does no harm.
 */
export class ImportState {
  readonly #path: string;
  readonly #file: FileIdentity;
  readonly #what: string;

  /**
   * @param what all that decides which reading a row becomes, and where it is sent: another is another import
   */
  constructor(file: FileIdentity, what: object, folder = join(homedir(), ".cache", "kilowatch", "imports")) {
    this.#file = file;
    this.#what = digest({ file, what });
    this.#path = join(folder, `${digest(file.path).slice(0, 32)}.json`);
  }

  /** Rows from the file's start that an earlier run has stored; 0 when there was none, or of another file or plan. */
  async read(): Promise<number> {
    try {
      const stored = Stored.parse(JSON.parse(await readFile(this.#path, "utf8")));
      return stored.what === this.#what ? stored.rowsStored : 0;
    } catch {
      return 0;
    }
  }

  /** @returns whether it could be kept */
  async keep(rowsStored: number): Promise<boolean> {
    const draft = `${this.#path}.${process.pid}.tmp`;
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      const stored = { version: 1, path: this.#file.path, what: this.#what, rowsStored };
      await writeFile(draft, JSON.stringify(stored), { mode: 0o600 });
      await rename(draft, this.#path);
      return true;
    } catch {
      await rm(draft, { force: true }).catch(() => {});
      return false;
    }
  }

  async forget(): Promise<void> {
    await rm(this.#path, { force: true }).catch(() => {});
  }
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
