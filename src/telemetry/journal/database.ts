import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartupError } from "../../domain/errors.ts";

/** Its name in the data folder. Whoever has it open has the folder. */
export const JOURNAL_FILE = "journal.db";
/** Version of the tables below, kept in the file's `user_version`. */
const SCHEMA_VERSION = 3;
const SCHEMA_1 = `
  CREATE TABLE batches (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at_ms INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    columns BLOB NOT NULL
  );
  -- value has no type: REAL would store -0 as 0.
  CREATE TABLE latest (
    series INTEGER PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    value NOT NULL,
    quality INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL
  );
`;
const SCHEMA_2 = `
  -- Which days of which series were written since they were rolled up; a day counts from 1970-01-01 UTC.
  CREATE TABLE dirty_day (
    day INTEGER NOT NULL,
    series INTEGER NOT NULL,
    PRIMARY KEY (day, series)
  ) WITHOUT ROWID;
  -- Its seq is of the same sequence as those of the batches: it removes what came before it. series: UInt32 each, little-endian.
  CREATE TABLE deletion (
    seq INTEGER PRIMARY KEY,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    series BLOB NOT NULL
  );
  CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  );
`;
const SCHEMA_3 = `
  -- Of the batch that brought the reading: says whether a deletion removes it. 0 for those of before there were any.
  ALTER TABLE latest ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
`;
/** A larger file is not checked page by page at the start; every batch still has its checksum. */
const CHECKED_FILE_BYTES_MAX = 64 * 1024 ** 2;
const WAL_BYTES_KEPT_MAX = 64 * 1024 ** 2;
const PAGE_CACHE_KB = 4096;
/**
 * Of a new file. A batch is a chain of pages: with large ones a commit of 80,000 readings takes half the CPU time that it takes with pages of
 * 8 KiB, while a lone small batch costs two of them.
 */
const PAGE_BYTES = 32_768;
/** The thread that writes copies the log into the file when it is this long at the latest; `JournalFile` does so earlier, between commits. */
const WAL_BYTES_MAX = 64 * 1024 ** 2;

// sqlite.org/rescode.html: the primary result code is the low byte.
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Opens the journal's file for this process alone, or makes it. @throws StartupError */
export function openJournalDatabase(path: string, nowMs: number): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    const isLarge = existsSync(path) && statSync(path).size > CHECKED_FILE_BYTES_MAX;
    database = new DatabaseSync(path);
    // The exclusive lock is taken by the first transaction and held until the process ends, however it ends.
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA page_size = ${PAGE_BYTES};
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA journal_size_limit = ${WAL_BYTES_KEPT_MAX};
      PRAGMA cache_size = -${PAGE_CACHE_KB};
      BEGIN EXCLUSIVE;
    `);
    const { page_size: pageBytes } = database.prepare("PRAGMA page_size").get() as { page_size: number };
    database.exec(`PRAGMA wal_autocheckpoint = ${Math.ceil(WAL_BYTES_MAX / pageBytes)}`);
    const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
    if (version > SCHEMA_VERSION) {
      throw new StartupError(
        `The journal ${path} was written by a newer Kilowatch (format ${version}): run that version.`,
      );
    }
    if (version < 1) {
      database.exec(SCHEMA_1);
      // Sequence numbers are versions of readings: beginning at the present ms they stay above those of a journal that was lost.
      database.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('batches', ?)").run(Math.floor(nowMs));
    }
    if (version < 2) database.exec(SCHEMA_2);
    if (version < 3) database.exec(SCHEMA_3);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    database.exec("COMMIT");
    if (!isLarge) {
      const { quick_check: verdict } = database.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
      if (verdict !== "ok") throw journalDamaged(path, verdict);
    }
    return database;
  } catch (error) {
    database?.close();
    throw error instanceof StartupError ? error : startupError(path, error);
  }
}

/** One line for a journal that cannot be read. */
export function journalDamaged(path: string, reason: string, cause?: unknown): StartupError {
  return new StartupError(
    `The journal ${path} is damaged (${oneLine(reason)}): restore it from a backup, or move it away and lose the readings that only it holds.`,
    { cause },
  );
}

function startupError(path: string, error: unknown): StartupError {
  const { errcode, message } = error as { errcode?: number; message: string };
  const code = (errcode ?? 0) & 0xff;
  if (code === SQLITE_BUSY) {
    return new StartupError(
      `The data folder ${dirname(path)} is in use by another Kilowatch: stop it, or choose another folder.`,
      { cause: error },
    );
  }
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) return journalDamaged(path, message, error);
  return new StartupError(
    `The journal ${path} cannot be opened (${oneLine(message)}): check that the folder can be written and that the disk has room.`,
    { cause: error },
  );
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
