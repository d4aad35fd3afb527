import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Who may do what on which site; sets of metrics that people read together; versions of what people change; what a deleted metric was. */
export const people: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .createTable("membership")
      .addColumn("user_id", "text", (column) => column.notNull().references("user.id").onDelete("cascade"))
      .addColumn("site_id", "text", (column) => column.notNull().references("site.id").onDelete("cascade"))
      .addColumn("role", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("membership_once", ["user_id", "site_id"])
      .execute();

    await database.schema
      .createTable("subscription")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("owner_id", "text", (column) => column.notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("metric_ids", "text", (column) => column.notNull())
      .addColumn("created_at_ms", "bigint", (column) => column.notNull())
      .addColumn("version", "integer", (column) => column.notNull())
      .execute();
    await database.schema.createIndex("subscription_by_owner").on("subscription").columns(["owner_id", "id"]).execute();

    await database.schema
      .createTable("answered_request")
      .addColumn("owner_id", "text", (column) => column.notNull())
      .addColumn("key", "text", (column) => column.notNull())
      .addColumn("fingerprint", "text", (column) => column.notNull())
      .addColumn("answer", "text", (column) => column.notNull())
      .addColumn("answered_at_ms", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("answered_once", ["owner_id", "key"])
      .execute();

    await database.schema
      .createTable("former_unit")
      .addColumn("device_id", "text", (column) => column.notNull().references("device.id").onDelete("cascade"))
      .addColumn("serial_number", "text", (column) => column.notNull())
      .addColumn("manufacturer", "text")
      .addColumn("model", "text")
      .addColumn("until_ms", "bigint", (column) => column.notNull())
      .execute();
    await database.schema.createIndex("former_unit_by_device").on("former_unit").column("device_id").execute();

    // Only of a series whose metric was deleted: its readings are kept for as long as others of the kind.
    await database.schema.alterTable("series").addColumn("ended_kind", "text").execute();

    for (const table of ["site", "device", "metric", "user"]) {
      await database.schema
        .alterTable(table)
        .addColumn("version", "integer", (column) => column.notNull().defaultTo(1))
        .execute();
    }
  },
};
