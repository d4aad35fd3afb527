import type { Kysely } from "kysely";
import type { PostgresAddress } from "./postgres/address.ts";
import { openPostgres } from "./postgres/open.ts";
import type { Schema } from "./schema.ts";
import { openSqlite } from "./sqlite.ts";

export type CatalogueDatabase = Kysely<Schema>;

/** Where a catalogue is: the path of an SQLite file, or a database on a PostgreSQL server. */
export type CataloguePlace = string | PostgresAddress;

/**
 * Opens a catalogue's database, makes what is not there, and brings it to the newest schema.
 * @throws StartupError when it cannot be opened or reached, is damaged, or was written by a newer version.
 */
export function openCatalogueDatabase(place: CataloguePlace): Promise<CatalogueDatabase> {
  return typeof place === "string" ? openSqlite(place) : openPostgres(place);
}
