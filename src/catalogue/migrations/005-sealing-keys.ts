import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { columnTypesOf } from "./column-types.ts";

/** The keys that secrets are sealed with, wrapped with the installation's key. */
export const sealingKeys: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    const types = columnTypesOf(database);
    await database.schema
      .createTable("sealing_key")
      // Given by us: a key is wrapped for its number.
      .addColumn("number", types.integer, (column) => column.primaryKey())
      .addColumn("wrapped", types.blob, (column) => column.notNull())
      .addColumn("created_at_ms", types.integer, (column) => column.notNull())
      .execute();
  },
};
