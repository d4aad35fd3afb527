import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../domain/clock.ts";
import { StartupError } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import { EmbeddedConnection } from "./embedded/connection.ts";
import { JOURNAL_FILE } from "./journal/database.ts";
import { JournaledStore } from "./journaled-store.ts";
import { DayCache } from "./queries/day-cache.ts";
import { SqlReadingEngine } from "./sql-reading-engine.ts";

export const ENGINE_FOLDER = "readings";

export interface TelemetryOptions {
  /** Holds the journal and the engine's files, and belongs to one process at a time; made when it is not there. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes of acknowledged readings that may wait for the engine; `JOURNAL_BYTES_MAX` unless told. */
  readonly journalBytesMax?: number;
  /** Readings that may wait to be acknowledged; `APPEND_QUEUE_READINGS_MAX` unless told. */
  readonly queueReadingsMax?: number;
  /** How long a read waits for the engine, ms; `READ_WAIT_MS` unless told. */
  readonly readWaitMs?: number;
}

/** A store with its engine in a child process. */
export interface EmbeddedTelemetry extends JournaledStore {
  /** The engine's process, for measuring and for tests of its death; undefined while there is none. */
  engineProcessId(): number | undefined;
}

/**
 * Opens the store of a data folder. Resolves once the journal is open and the engine answers, well under a second on a healthy folder.
 * @throws StartupError when the folder is in use, damaged or cannot be written.
 */
export async function openTelemetry(options: TelemetryOptions): Promise<EmbeddedTelemetry> {
  const { dataDir, clock, log } = options;
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    throw new StartupError(`The data folder ${dataDir} cannot be made: ${(error as Error).message}.`, { cause: error });
  }
  let connection: EmbeddedConnection | undefined;
  const store = await JournaledStore.open({
    ...options,
    journalPath: join(dataDir, JOURNAL_FILE),
    openEngine: () => {
      connection = new EmbeddedConnection({ directory: join(dataDir, ENGINE_FOLDER), clock, log });
      return new SqlReadingEngine(connection, new DayCache());
    },
  });
  try {
    await connection?.opened();
    await store.latestKnown();
  } catch (error) {
    await store.close();
    throw error;
  }
  return Object.assign(store, { engineProcessId: () => connection?.processId });
}
