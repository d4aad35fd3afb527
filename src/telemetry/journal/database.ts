import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartupError } from "../../domain/errors.ts";

/** Version of the tables below, kept in the file's `user_version`. */
const SCHEMA_VERSION = 1;
const SCHEMA = `
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
/** A larger file is not checked page by page at the start; every batch still has its checksum. */
const CHECKED_FILE_BYTES_MAX = 64 * 1024 ** 2;
const WAL_BYTES_KEPT_MAX = 64 * 1024 ** 2;
const PAGE_CACHE_KB = 4096;

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
      PRAGMA page_size = 8192;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA journal_size_limit = ${WAL_BYTES_KEPT_MAX};
      PRAGMA cache_size = -${PAGE_CACHE_KB};
      BEGIN EXCLUSIVE;
    `);
    const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
    if (version === 0) {
      database.exec(SCHEMA);
      // Sequence numbers are versions of readings: beginning at the present ms they stay above those of a journal that was lost.
      database.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('batches', ?)").run(Math.floor(nowMs));
      database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    } else if (version !== SCHEMA_VERSION) {
      throw new StartupError(
        `The journal ${path} was written by a newer Kilowatch (format ${version}): run that version.`,
      );
    }
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
