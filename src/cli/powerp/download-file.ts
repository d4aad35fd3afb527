import { constants } from "node:fs";
import { type FileHandle, open, readFile, rm, stat } from "node:fs/promises";
import { BadUse, CommandFailed } from "../exit-codes.ts";
import {
  type DownloadRequest,
  differences,
  entryLine,
  type Journal,
  pieceMark,
  readJournal,
  requestLine,
} from "./journal.ts";

export interface DownloadFileOptions {
  readonly path: string;
  /** The output's first line; empty for none. */
  readonly header: string;
  readonly request: DownloadRequest;
  /** Goes on where an earlier run with the same request stopped; begins when there was none. */
  readonly resume: boolean;
  /** Begins anew whatever is there. */
  readonly overwrite: boolean;
}

/** Takes the pieces of a download, each whole or not at all. */
export interface PieceSink {
  /** What earlier runs have brought. */
  readonly earlier: { readonly pieces: number; readonly rows: number };
  /** Whether an earlier run has brought this piece. To be asked of every piece. */
  has(key: string): boolean;
  /** How many pieces of earlier runs nobody has asked for. */
  readonly unclaimed: number;
  /** Takes one piece; it is safe when this resolves. One at a time. */
  add(key: string, text: Iterable<string>, rows: number): Promise<void>;
  /** Idempotent. @param complete whether all that was asked for is there */
  close(complete: boolean): Promise<void>;
}

/**
 * A download's output, with a progress file beside it until it is complete. A piece's rows are on disk before the progress file
 * says so; going on cuts off what it does not know. So every piece is there exactly once, whenever the program was killed.
 */
export class DownloadFile implements PieceSink {
  readonly earlier: { readonly pieces: number; readonly rows: number };
  readonly #path: string;
  readonly #output: FileHandle;
  readonly #journal: FileHandle;
  readonly #known: ReadonlySet<string>;
  readonly #unclaimed: Set<string>;
  #bytes: number;
  #journalBytes: number;
  #added = 0;
  #closed = false;

  private constructor(path: string, output: FileHandle, journal: FileHandle, begun: Begun) {
    this.#path = path;
    this.#output = output;
    this.#journal = journal;
    this.#known = new Set(begun.entries.map(({ piece }) => piece));
    this.#unclaimed = new Set(this.#known);
    this.earlier = { pieces: begun.entries.length, rows: begun.entries.reduce((sum, { rows }) => sum + rows, 0) };
    this.#bytes = begun.bytes;
    this.#journalBytes = begun.journalBytes;
  }

  /** @throws BadUse when the file is in the way, or was begun with another request */
  static async open(options: DownloadFileOptions): Promise<DownloadFile> {
    const { path, resume, overwrite, request } = options;
    if (overwrite) await removeAll(path);
    const journal = await journalOf(path);
    const there = await sizeOf(path);
    if (journal !== null && !resume) {
      throw new BadUse(`${path} is an unfinished download: go on with it by --resume, or begin anew by --overwrite.`);
    }
    if (journal?.request) {
      const [first] = differences(journal.request, request);
      if (first)
        throw new BadUse(
          `--resume: this download is another one: ${first}. Ask as then, or begin anew by --overwrite.`,
        );
      return DownloadFile.#start(options, kept(journal, there ?? 0));
    }
    if (there !== null) {
      const words = resume
        ? `is there without a readable ${progressPath(path)}: it is complete, or no download`
        : "is there already";
      throw new BadUse(`${path} ${words}; name another file, or replace it by --overwrite.`);
    }
    return DownloadFile.#start(options, { entries: [], bytes: 0, journalBytes: 0 });
  }

  static async #start({ path, header, request }: DownloadFileOptions, begun: Begun): Promise<DownloadFile> {
    const files: FileHandle[] = [];
    try {
      // The progress file first: an output without one would look complete.
      const journal = await open(progressPath(path), constants.O_RDWR | constants.O_CREAT, 0o600);
      files.push(journal);
      const state = { ...begun };
      await journal.truncate(begun.journalBytes);
      if (begun.journalBytes === 0) state.journalBytes = await append(journal, 0, [requestLine(request)]);
      const output = await open(path, constants.O_RDWR | constants.O_CREAT, 0o666);
      files.push(output);
      await output.truncate(begun.bytes);
      if (begun.entries.length === 0) state.bytes = await append(output, 0, [header]);
      return new DownloadFile(path, output, journal, state);
    } catch (error) {
      for (const file of files) await file.close();
      throw unwritable(path, error);
    }
  }

  has(key: string): boolean {
    const mark = pieceMark(key);
    this.#unclaimed.delete(mark);
    return this.#known.has(mark);
  }

  get unclaimed(): number {
    return this.#unclaimed.size;
  }

  async add(key: string, text: Iterable<string>, rows: number): Promise<void> {
    try {
      await this.#refuseCompany();
      const bytes = await append(this.#output, this.#bytes, text);
      const line = entryLine({ piece: pieceMark(key), bytes, rows });
      this.#journalBytes = await append(this.#journal, this.#journalBytes, [line]);
      this.#bytes = bytes;
      this.#added++;
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  /** Leaves the progress file beside what is incomplete, and nothing at all where nothing came. */
  async close(complete: boolean): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#output.close();
    await this.#journal.close();
    if (complete) await rm(progressPath(this.#path), { force: true });
    else if (this.earlier.pieces + this.#added === 0) await removeAll(this.#path);
  }

  /** Two runs at once on one file would spoil it. */
  async #refuseCompany(): Promise<void> {
    const { size } = await this.#output.stat();
    const { size: journalSize, nlink } = await this.#journal.stat();
    if (size !== this.#bytes || journalSize !== this.#journalBytes || nlink === 0) {
      throw new CommandFailed(`Another program has changed ${this.#path} or its progress file meanwhile; stopped.`);
    }
  }
}

/** What of an earlier run stays. */
interface Begun {
  readonly entries: Journal["entries"];
  readonly bytes: number;
  readonly journalBytes: number;
}

/** Of the pieces that the progress file knows, those that are whole in an output of this size. */
function kept(journal: Journal, outputBytes: number): Begun {
  const entries = journal.entries.filter(({ bytes }) => bytes <= outputBytes);
  const last = entries.length - 1;
  return {
    entries,
    bytes: entries[last]?.bytes ?? 0,
    journalBytes: journal.endsAt[last] ?? journal.requestEndsAt,
  };
}

export function progressPath(path: string): string {
  return `${path}.progress`;
}

/** Writes at a place and waits until it is on disk; returns where it ends. */
async function append(file: FileHandle, from: number, text: Iterable<string>): Promise<number> {
  let at = from;
  for (const part of text) {
    const bytes = Buffer.from(part);
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, written, bytes.length - written, at + written);
      written += bytesWritten;
    }
    at += bytes.length;
  }
  await file.datasync();
  return at;
}

async function journalOf(path: string): Promise<Journal | null> {
  try {
    return readJournal(await readFile(progressPath(path)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new BadUse(`${progressPath(path)} cannot be read: ${(error as Error).message}`);
  }
}

async function sizeOf(path: string): Promise<number | null> {
  return (await stat(path).catch(() => null))?.size ?? null;
}

/** The output first: a progress file without its output is begun anew. */
async function removeAll(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(progressPath(path), { force: true });
}

function unwritable(path: string, error: unknown): CommandFailed {
  if (error instanceof CommandFailed) return error;
  return new CommandFailed(`The download could not be written to ${path}: ${(error as Error).message}`);
}
