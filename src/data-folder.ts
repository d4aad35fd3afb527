import { accessSync, constants, existsSync, mkdirSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { CATALOGUE_FILE } from "./catalogue/catalogue.ts";
import type { CataloguePlace } from "./catalogue/database.ts";
import type { ServerConfig } from "./config.ts";
import { StartupError } from "./domain/errors.ts";
import { JOURNAL_FILE } from "./telemetry/journal/database.ts";

/** Free space that a first start needs; what begins on a full disk would be half made for good. */
const FIRST_START_BYTES_MIN = 64 * 1_048_576;

/** Makes the folder of a server and checks that it can be used. @throws StartupError */
export function prepareDataFolder(dataDir: string): void {
  // Catalogue, journal and readings are for this user alone, whatever the folder's own mode.
  process.umask(0o077);
  try {
    // Node never returns from making a folder recursively below one that takes none, such as /proc.
    if (!existsSync(dataDir)) mkdirSync(dataDir, { recursive: !existsSync(dirname(dataDir)) });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new StartupError(
      `The data folder ${dataDir} cannot be written (${code}): make it writable for this user, or name another with --data-dir.`,
      { cause: error },
    );
  }
  // The catalogue may be elsewhere; the journal never is.
  if ([CATALOGUE_FILE, JOURNAL_FILE].some((name) => existsSync(join(dataDir, name)))) return;
  const { bavail, bsize } = statfsSync(dataDir);
  if (bavail * bsize < FIRST_START_BYTES_MIN) {
    throw new StartupError(
      `The disk of ${dataDir} has ${Math.floor((bavail * bsize) / 1_048_576)} MB left, and a first start needs ${FIRST_START_BYTES_MIN / 1_048_576}: make room, or name another folder with --data-dir.`,
    );
  }
}

/** Where the catalogue is: in the data folder, unless a PostgreSQL server is to hold it. @throws StartupError */
export function cataloguePlace({ dataDir, catalogueServer }: ServerConfig): CataloguePlace {
  const path = join(dataDir, CATALOGUE_FILE);
  if (catalogueServer === null) return path;
  if (!existsSync(path)) return catalogueServer;
  // Readings are known by the numbers that their catalogue gave out: another one's would be taken for them.
  throw new StartupError(
    `The data folder ${dataDir} has a catalogue of its own (${CATALOGUE_FILE}), by which its readings are numbered: name another folder with --data-dir, or unset KILOWATCH_CATALOGUE_URL.`,
  );
}
