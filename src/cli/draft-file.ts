import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CommandFailed } from "./exit-codes.ts";

/** A file that is written piece by piece, and has its name only once it is whole: no reader ever sees half of it. */
export class DraftFile implements AsyncDisposable {
  readonly #path: string;
  readonly #draft: string;
  readonly #file: FileHandle;
  #isOpen = true;

  private constructor(path: string, draft: string, file: FileHandle) {
    this.#path = path;
    this.#draft = draft;
    this.#file = file;
  }

  /** @throws CommandFailed */
  static async create(path: string): Promise<DraftFile> {
    const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
    try {
      return new DraftFile(path, draft, await open(draft, "wx"));
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /** Resolves when the bytes may be used again. @throws CommandFailed */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at);
        at += bytesWritten;
      }
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  /** Puts it in its place, safe on disk; whatever was there is replaced. @throws CommandFailed */
  async finish(): Promise<void> {
    try {
      await this.#file.sync();
      await this.#file.close();
      await rename(this.#draft, this.#path);
      this.#isOpen = false;
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  /** Removes what was not finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#file.close().catch(() => {});
    await rm(this.#draft, { force: true });
  }
}

function unwritable(path: string, error: unknown): CommandFailed {
  return new CommandFailed(`${path} could not be written: ${(error as Error).message}`);
}
