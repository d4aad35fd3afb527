import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";
import { StartupError, StorageUnavailable } from "../domain/errors.ts";
import { migrateToLatest } from "./migrations/migrate.ts";
import type { Schema } from "./schema.ts";

/** How long a statement waits for another connection's lock before it fails, ms. */
const BUSY_TIMEOUT_MS = 5_000;
/** Statements that stay prepared: preparing one takes longer than running most of them. */
const PREPARED_MAX = 256;
/** Longer ones name many rows, and do not come again as they are. */
const PREPARED_SQL_LENGTH_MAX = 4_096;

/**
 * Opens the catalogue's SQLite file, creating it if need be, and brings it to the newest schema.
 * @throws StartupError when the file cannot be opened, is damaged, or was written by a newer version.
 */
export async function openSqlite(path: string): Promise<Kysely<Schema>> {
  const database = connectSqlite(path);
  try {
    await migrateToLatest(database, path);
    return database;
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

/** The file as it is, of whatever version. @throws StartupError when it cannot be opened, or is damaged */
export function connectSqlite(path: string): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new SqliteDialect({ database: kyselyView(openFile(path)) }) });
}

/** The file to be read and no more, as it is, also beside a server that writes it. @throws StartupError */
export function connectSqliteToRead(path: string): Kysely<Schema> {
  let sqlite: DatabaseSync | undefined;
  try {
    sqlite = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, readOnly: true });
    sqlite.prepare("SELECT count(*) FROM sqlite_schema").get();
    return new Kysely<Schema>({ dialect: new SqliteDialect({ database: kyselyView(sqlite) }) });
  } catch (error) {
    sqlite?.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError(`The catalogue ${path} cannot be read (${reason}).`, { cause: error });
  }
}

function openFile(path: string): DatabaseSync {
  let sqlite: DatabaseSync | undefined;
  try {
    sqlite = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
    sqlite.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    const verdict = sqlite.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
    if (verdict !== "ok") throw new Error(String(verdict));
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw cannotOpen(path, error);
  }
}

function cannotOpen(path: string, error: unknown): StartupError {
  const reason = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
  const remedy = isStorageError(error)
    ? "Make room on its disk and see that it can be written, then start again."
    : "Restore it from a backup, or move it away to begin anew.";
  return new StartupError(`The catalogue ${path} cannot be opened (${reason}). ${remedy}`, { cause: error });
}

type Values = Parameters<StatementSync["all"]>;

/** Gives Kysely's SQLite dialect the few methods that it calls, on Node's own SQLite. */
function kyselyView(sqlite: DatabaseSync): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>();
  const prepare = (sql: string): SqliteStatement => {
    const statement = sqlite.prepare(sql);
    return {
      reader: statement.columns().length > 0,
      all: (parameters) => storing(() => statement.all(...(parameters as Values))),
      run(parameters) {
        // After some errors, such as a full disk, SQLite has rolled back by itself; saying so again would hide the first error.
        if (sql === "rollback" && !sqlite.isTransaction) return { changes: 0, lastInsertRowid: 0 };
        return storing(() => statement.run(...(parameters as Values)));
      },
      // Of its own: one that is read step by step cannot be begun again meanwhile.
      iterate: (parameters) => sqlite.prepare(sql).iterate(...(parameters as Values)),
    };
  };
  return {
    close: () => sqlite.close(),
    prepare(sql) {
      const known = prepared.get(sql) ?? prepare(sql);
      // Last in the order of insertion, so that the first is the one that was longest not used.
      prepared.delete(sql);
      if (sql.length <= PREPARED_SQL_LENGTH_MAX) prepared.set(sql, known);
      const [oldest] = prepared.keys();
      if (prepared.size > PREPARED_MAX && oldest !== undefined) prepared.delete(oldest);
      return known;
    },
  };
}

/** Primary result codes of SQLite that mean "not now": busy, read-only, I/O error, full (sqlite.org/rescode.html). */
const STORAGE_CODES = new Set([5, 8, 10, 13]);
const RETRY_AFTER_S = 5;

/** Runs a statement. @throws StorageUnavailable when the disk is full or does not answer; nothing was changed then. */
function storing<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && isStorageError(error)) {
      throw new StorageUnavailable(`The catalogue cannot be written (${error.message}).`, RETRY_AFTER_S, {
        cause: error,
      });
    }
    throw error;
  }
}

function isStorageError(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && STORAGE_CODES.has(Number(error.errcode) & 0xff);
}
