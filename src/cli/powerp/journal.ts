import { createHash } from "node:crypto";
import { z } from "zod";

/**
 * What a download was asked for, by option. It decides whether a later run may go on with it; it holds no secret.
 * In the order in which differences are told.
 */
export type DownloadRequest = Readonly<Record<string, string>>;

/** A piece that is whole in the output. */
export interface JournalEntry {
  /** Of `pieceMark`. */
  readonly piece: string;
  /** Length of the output up to the end of this piece, bytes. */
  readonly bytes: number;
  /** Rows of this piece. */
  readonly rows: number;
}

/** A progress file as far as it can be read. */
export interface Journal {
  /** Null when not even the first line is whole. */
  readonly request: DownloadRequest | null;
  readonly entries: readonly JournalEntry[];
  /** Where in the progress file each entry ends, bytes. */
  readonly endsAt: readonly number[];
  /** Where the first line ends, bytes. */
  readonly requestEndsAt: number;
}

const FORMAT = 1;
const Head = z.object({ download: z.literal(FORMAT), request: z.record(z.string(), z.string()) });
const Entry = z.object({
  piece: z.string().length(16),
  bytes: z.int().nonnegative(),
  rows: z.int().nonnegative(),
});
const LINE_END = 0x0a;

/** A piece's key in 16 characters (96 bits of SHA-256), so that the marks of a year's pieces are few bytes. */
export function pieceMark(key: string): string {
  return createHash("sha256").update(key).digest("base64url").slice(0, 16);
}

export function requestLine(request: DownloadRequest): string {
  return `${JSON.stringify({ download: FORMAT, request })}\n`;
}

export function entryLine(entry: JournalEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

/** Reads a progress file. It ends where a line is torn or damaged: what came after it is fetched again, which is always right. */
export function readJournal(bytes: Buffer): Journal {
  const entries: JournalEntry[] = [];
  const endsAt: number[] = [];
  let request: DownloadRequest | null = null;
  let requestEndsAt = 0;
  let from = 0;
  for (let end = bytes.indexOf(LINE_END); end !== -1; end = bytes.indexOf(LINE_END, from)) {
    const line = parsed(bytes.toString("utf8", from, end));
    from = end + 1;
    if (request === null) {
      const head = Head.safeParse(line);
      if (!head.success) break;
      request = head.data.request;
      requestEndsAt = from;
      continue;
    }
    const entry = Entry.safeParse(line);
    if (!entry.success || entry.data.bytes < (entries.at(-1)?.bytes ?? 0)) break;
    entries.push(entry.data);
    endsAt.push(from);
  }
  return { request, entries, endsAt, requestEndsAt };
}

/** What a later run asks for otherwise, one sentence a difference. */
export function differences(began: DownloadRequest, now: DownloadRequest): string[] {
  const names = [...new Set([...Object.keys(began), ...Object.keys(now)])];
  return names
    .filter((name) => began[name] !== now[name])
    .map((name) => `${name} was ${shown(began[name])}, not ${shown(now[name])}`);
}

const SHOWN_CHARS_MAX = 60;

function shown(value: string | undefined): string {
  if (value === undefined) return "not given";
  return value.length > SHOWN_CHARS_MAX ? `${value.slice(0, SHOWN_CHARS_MAX)}…` : value;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
