import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { columnTypesOf } from "./column-types.ts";

/** The audit log: who did what to which object. */
export const audit: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    const types = columnTypesOf(database);
    await database.schema
      .createTable("audit_entry")
      .addColumn("place", types.integer, (column) => column.primaryKey())
      .addColumn("at_ms", types.integer, (column) => column.notNull())
      .addColumn("actor_kind", types.text, (column) => column.notNull())
      .addColumn("actor_id", types.text)
      .addColumn("actor_name", types.text)
      .addColumn("action", types.text, (column) => column.notNull())
      .addColumn("object_kind", types.text)
      .addColumn("object_id", types.text)
      .addColumn("outcome", types.integer, (column) => column.notNull())
      .addColumn("detail", types.text, (column) => column.notNull())
      .addColumn("previous_hash", types.text, (column) => column.notNull())
      .addColumn("hash", types.text, (column) => column.notNull())
      .execute();
    for (const column of ["actor_id", "object_id", "at_ms"] as const) {
      await database.schema
        .createIndex(`audit_entry_by_${column}`)
        .on("audit_entry")
        .columns([column, "place"])
        .execute();
    }
  },
};
