import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** The audit log: who did what to which object. */
export const audit: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .createTable("audit_entry")
      .addColumn("place", "integer", (column) => column.primaryKey())
      .addColumn("at_ms", "bigint", (column) => column.notNull())
      .addColumn("actor_kind", "text", (column) => column.notNull())
      .addColumn("actor_id", "text")
      .addColumn("actor_name", "text")
      .addColumn("action", "text", (column) => column.notNull())
      .addColumn("object_kind", "text")
      .addColumn("object_id", "text")
      .addColumn("outcome", "integer", (column) => column.notNull())
      .addColumn("detail", "text", (column) => column.notNull())
      .addColumn("previous_hash", "text", (column) => column.notNull())
      .addColumn("hash", "text", (column) => column.notNull())
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
