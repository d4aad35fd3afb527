import { existsSync } from "node:fs";
import { join } from "node:path";
import { AUDIT_HEAD_FILE, HeadFile } from "./catalogue/audit/head-file.ts";
import { type AuditVerdict, verifyAudit } from "./catalogue/audit/verify.ts";
import { CATALOGUE_FILE } from "./catalogue/catalogue.ts";
import type { CatalogueDatabase } from "./catalogue/database.ts";
import { connectPostgres } from "./catalogue/postgres/open.ts";
import { openFormerSealing } from "./catalogue/sealing.ts";
import { connectSqliteToRead } from "./catalogue/sqlite.ts";
import type { ServerConfig } from "./config.ts";
import { StartupError, StorageUnavailable } from "./domain/errors.ts";

/**
 * Says whether the audit log of a data folder is the one that was written. Changes nothing; a server may write the log meanwhile.
 * @param afterPlace looks only at what comes after this entry; 0 for all
 * @throws StartupError when there is no log to look at, InvalidInput when it has no such entry, StorageUnavailable when it cannot be read
 */
export async function verifyAuditLog(
  { dataDir, secretKey, catalogueServer }: Pick<ServerConfig, "dataDir" | "secretKey" | "catalogueServer">,
  afterPlace: number,
): Promise<AuditVerdict> {
  const file = join(dataDir, CATALOGUE_FILE);
  const path = catalogueServer ? "The database of KILOWATCH_CATALOGUE_URL" : file;
  if (!catalogueServer && !existsSync(file)) {
    throw new StartupError(`There is no ${path}: name the folder that the server keeps its data in with --data-dir.`);
  }
  const sealing = openFormerSealing(dataDir, secretKey);
  const database = catalogueServer ? connectPostgres(catalogueServer) : connectSqliteToRead(file);
  try {
    if (!(await hasAuditLog(database))) {
      throw new StartupError(`${path} has no audit log yet: it begins when this version's server starts.`);
    }
    return await verifyAudit(database, new HeadFile(join(dataDir, AUDIT_HEAD_FILE), sealing), afterPlace);
  } catch (error) {
    if (!(error instanceof Error && "errcode" in error)) throw error;
    throw new StorageUnavailable(`${path} cannot be read (${error.message}).`, 0, { cause: error });
  } finally {
    await database.destroy();
  }
}

async function hasAuditLog(database: CatalogueDatabase): Promise<boolean> {
  const tables = await database.introspection.getTables();
  return tables.some(({ name }) => name === "audit_entry");
}
