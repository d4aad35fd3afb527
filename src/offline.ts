import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { AUDIT_HEAD_FILE, HeadFile } from "./catalogue/audit/head-file.ts";
import { type AuditVerdict, verifyAudit } from "./catalogue/audit/verify.ts";
import { CATALOGUE_FILE } from "./catalogue/catalogue.ts";
import { type CatalogueDatabase, openCatalogueDatabase } from "./catalogue/database.ts";
import { connectPostgres } from "./catalogue/postgres/open.ts";
import { sealingToRead } from "./catalogue/sealing/data-keys.ts";
import { dataFolderKey } from "./catalogue/sealing/installation-key.ts";
import { MasterKey } from "./catalogue/sealing/master-key.ts";
import { type Rotated, rotate } from "./catalogue/sealing/rotation.ts";
import type { Sealing } from "./catalogue/sealing/sealing.ts";
import { connectSqliteToRead } from "./catalogue/sqlite.ts";
import type { ServerConfig } from "./config.ts";
import { systemClock } from "./domain/clock.ts";
import { StartupError, StorageUnavailable } from "./domain/errors.ts";
import { JOURNAL_FILE, openJournalDatabase } from "./telemetry/journal/database.ts";

type Place = Pick<ServerConfig, "dataDir" | "secretKey" | "catalogueServer">;

/**
 * Says whether the audit log of a data folder is the one that was written. Changes nothing; a server may write the log meanwhile.
 * @param afterPlace looks only at what comes after this entry; 0 for all
 * @throws StartupError when there is no log to look at, InvalidInput when it has no such entry, StorageUnavailable when it cannot be read
 */
export async function verifyAuditLog(
  { dataDir, secretKey, catalogueServer }: Place,
  afterPlace: number,
): Promise<AuditVerdict> {
  const file = join(dataDir, CATALOGUE_FILE);
  const path = catalogueServer ? "The database of KILOWATCH_CATALOGUE_URL" : file;
  if (!catalogueServer && !existsSync(file)) throw noData(file);
  const database = catalogueServer ? connectPostgres(catalogueServer) : connectSqliteToRead(file);
  try {
    if (!(await hasAuditLog(database))) {
      throw new StartupError(`${path} has no audit log yet: it begins when this version's server starts.`);
    }
    const sealing = await sealingToRead(database, dataFolderKey(dataDir, secretKey));
    return await verifyAudit(database, new HeadFile(join(dataDir, AUDIT_HEAD_FILE), sealing), afterPlace);
  } catch (error) {
    if (!(error instanceof Error && "errcode" in error)) throw error;
    throw new StorageUnavailable(`${path} cannot be read (${error.message}).`, 0, { cause: error });
  } finally {
    await database.destroy();
  }
}

/**
 * Takes another key for a data folder whose server is stopped, and seals all that is stored anew.
 * @param passphrase the new key; null for a random one in the key file
 * @throws StartupError when nothing was tried; InvalidInput; StorageUnavailable when it was and could not be stored
 */
export async function rotateSecretKey(
  { dataDir, secretKey, catalogueServer }: Place,
  passphrase: string | null,
): Promise<Rotated> {
  const journal = join(dataDir, JOURNAL_FILE);
  const file = join(dataDir, CATALOGUE_FILE);
  const missing = (catalogueServer ? [journal] : [journal, file]).find((path) => !existsSync(path));
  if (missing !== undefined) throw noData(missing);
  refuseForeignUser(journal);
  // What a server holds as long as it runs.
  const folder = openJournalDatabase(journal, systemClock.nowMs());
  try {
    const database = await openCatalogueDatabase(catalogueServer ?? file);
    try {
      const parts = {
        database,
        key: dataFolderKey(dataDir, secretKey),
        keepHead: (sealing: Sealing) => new HeadFile(join(dataDir, AUDIT_HEAD_FILE), sealing),
        clock: systemClock,
      };
      return await rotate(parts, passphrase === null ? null : MasterKey.ofPassphrase(passphrase));
    } finally {
      await database.destroy();
    }
  } finally {
    folder.close();
  }
}

/** The key and the head are written anew, for their owner alone: it must be the server's user who can read them afterwards. */
function refuseForeignUser(journal: string): void {
  const { uid } = statSync(journal);
  if (process.getuid === undefined || process.getuid() === uid) return;
  throw new StartupError(
    `${journal} belongs to the user with the number ${uid}, as whom the server runs: run this as that user, or the server cannot read its new key.`,
  );
}

function noData(path: string): StartupError {
  return new StartupError(`There is no ${path}: name the folder that the server keeps its data in with --data-dir.`);
}

async function hasAuditLog(database: CatalogueDatabase): Promise<boolean> {
  const tables = await database.introspection.getTables();
  return tables.some(({ name }) => name === "audit_entry");
}
