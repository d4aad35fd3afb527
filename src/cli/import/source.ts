import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { TextDecoder } from "node:util";
import { BadUse, CommandFailed } from "../exit-codes.ts";
import type { BrokenRow, Row } from "./rows.ts";
import { rowReader, SAMPLE_BYTES, type Sample } from "./sample.ts";

/** By which one file is known again: what has changed any of it is another file. */
export interface FileIdentity {
  readonly path: string;
  readonly bytes: number;
  readonly changedAtMs: number;
}

/** What is imported. */
export interface ImportSource {
  /** For a person. */
  readonly name: string;
  /** Null for stdin, which can be read once. */
  readonly file: FileIdentity | null;
  /** The beginning, for a guess; all of it where `isWhole`. */
  readonly beginning: { readonly text: string; readonly isWhole: boolean };
  /** All bytes; of stdin once. */
  bytes(): AsyncIterable<Buffer>;
}

const CHUNK_BYTES = 262_144;

/** @param path a file, or `-` for stdin @throws BadUse when it cannot be read */
export async function openSource(path: string): Promise<ImportSource> {
  return path === "-" ? stdinSource() : fileSource(path);
}

/** Whether the file is still the one that was opened. @throws CommandFailed when it is not */
export async function assertUnchanged({ file, name }: ImportSource): Promise<void> {
  if (file === null) return;
  const now = await identityOf(file.path).catch(() => null);
  if (now?.bytes !== file.bytes || now.changedAtMs !== file.changedAtMs) {
    throw new CommandFailed(`${name} has changed since it was looked at: run the command again.`);
  }
}

/** All rows without the header, as many at a time as a piece of the file holds, with the bytes that were read by then. */
export async function* rowsOf(
  source: ImportSource,
  sample: Sample,
): AsyncGenerator<{ readonly rows: readonly (Row | BrokenRow)[]; readonly bytesRead: number }, void, undefined> {
  const reader = rowReader(sample);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let bytesRead = 0;
  let isHeaderAhead = sample.hasHeader;
  const withoutHeader = (rows: readonly (Row | BrokenRow)[]): readonly (Row | BrokenRow)[] => {
    if (!isHeaderAhead || rows.length === 0) return rows;
    isHeaderAhead = false;
    return rows.slice(1);
  };
  for await (const chunk of source.bytes()) {
    bytesRead += chunk.length;
    yield { rows: withoutHeader(reader.write(decoded(decoder, chunk, source.name, true))), bytesRead };
  }
  const last = reader.write(decoded(decoder, new Uint8Array(), source.name, false));
  yield { rows: withoutHeader([...last, ...reader.end()]), bytesRead };
}

async function fileSource(path: string): Promise<ImportSource> {
  const name = basename(path);
  try {
    const file = await identityOf(path);
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, 0);
      const isWhole = bytesRead >= file.bytes;
      return {
        name,
        file,
        beginning: { text: beginningText(buffer.subarray(0, bytesRead), isWhole, name), isWhole },
        bytes: () => createReadStream(path, { highWaterMark: CHUNK_BYTES }),
      };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof BadUse || error instanceof CommandFailed) throw error;
    throw new BadUse(`${path} cannot be read: ${(error as Error).message}`);
  }
}

async function stdinSource(): Promise<ImportSource> {
  const name = "stdin";
  const chunks: Buffer[] = [];
  let bytes = 0;
  const rest = process.stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let isWhole = false;
  while (bytes < SAMPLE_BYTES && !isWhole) {
    const next = await rest.next();
    isWhole = next.done === true;
    if (next.done !== true) {
      chunks.push(next.value);
      bytes += next.value.length;
    }
  }
  return {
    name,
    file: null,
    beginning: { text: beginningText(Buffer.concat(chunks), isWhole, name), isWhole },
    async *bytes() {
      yield* chunks.splice(0);
      for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
    },
  };
}

async function identityOf(path: string): Promise<FileIdentity> {
  const { size, mtimeMs, isDirectory } = await stat(path).then((found) => ({
    size: found.size,
    mtimeMs: found.mtimeMs,
    isDirectory: found.isDirectory(),
  }));
  if (isDirectory) throw new BadUse(`${path} is a folder.`);
  return { path: resolve(path), bytes: size, changedAtMs: mtimeMs };
}

function beginningText(bytes: Uint8Array, isWhole: boolean, name: string): string {
  return decoded(new TextDecoder("utf-8", { fatal: true }), bytes, name, !isWhole);
}

function decoded(decoder: TextDecoder, bytes: Uint8Array, name: string, stream: boolean): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch {
    throw new BadUse(`${name} is not UTF-8 text: convert it first, such as by iconv -f latin1 -t utf-8.`);
  }
}
