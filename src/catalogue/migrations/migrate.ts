import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { StartupError, StorageUnavailable } from "../../domain/errors.ts";
import type { Schema } from "../schema.ts";
import { first } from "./001-first.ts";
import { apiKeys } from "./002-api-keys.ts";
import { people } from "./003-people.ts";
import { audit } from "./004-audit.ts";
import { sealingKeys } from "./005-sealing-keys.ts";
import { collector } from "./006-collector.ts";

/** In order, for ever: a migration that has been released is never edited, only followed. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "001-first": first,
  "002-api-keys": apiKeys,
  "003-people": people,
  "004-audit": audit,
  "005-sealing-keys": sealingKeys,
  "006-collector": collector,
};

/** Brings a database of any earlier version to this one. @throws StartupError when that fails, or a newer version wrote it. */
export async function migrateToLatest(database: Kysely<Schema>, where: string): Promise<void> {
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof StorageUnavailable) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  const unknownMigration = /previously executed migration (\S+) is missing/.exec(reason)?.[1];
  throw new StartupError(
    unknownMigration
      ? `The catalogue ${where} was written by a newer Kilowatch (it knows "${unknownMigration}"): start that version, or restore a backup of this one.`
      : `The catalogue ${where} cannot be brought to this version's form (${reason}). Nothing was changed; restore a backup if it was edited by hand.`,
    { cause: error },
  );
}
