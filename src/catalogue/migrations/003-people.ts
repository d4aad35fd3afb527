import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { columnTypesOf } from "./column-types.ts";

/** Who may do what on which site; sets of metrics that people read together; versions of what people change; what a deleted metric was. */
export const people: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    const types = columnTypesOf(database);
    await database.schema
      .createTable("membership")
      .addColumn("user_id", types.text, (column) => column.notNull().references("user.id").onDelete("cascade"))
      .addColumn("site_id", types.text, (column) => column.notNull().references("site.id").onDelete("cascade"))
      .addColumn("role", types.text, (column) => column.notNull())
      .addPrimaryKeyConstraint("membership_once", ["user_id", "site_id"])
      .execute();

    await database.schema
      .createTable("subscription")
      .addColumn("id", types.text, (column) => column.primaryKey())
      .addColumn("owner_id", types.text, (column) => column.notNull())
      .addColumn("name", types.text, (column) => column.notNull())
      .addColumn("metric_ids", types.text, (column) => column.notNull())
      .addColumn("created_at_ms", types.integer, (column) => column.notNull())
      .addColumn("version", types.integer, (column) => column.notNull())
      .execute();
    await database.schema.createIndex("subscription_by_owner").on("subscription").columns(["owner_id", "id"]).execute();

    await database.schema
      .createTable("answered_request")
      .addColumn("owner_id", types.text, (column) => column.notNull())
      .addColumn("key", types.text, (column) => column.notNull())
      .addColumn("fingerprint", types.text, (column) => column.notNull())
      .addColumn("answer", types.text, (column) => column.notNull())
      .addColumn("answered_at_ms", types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint("answered_once", ["owner_id", "key"])
      .execute();

    await database.schema
      .createTable("former_unit")
      .addColumn("device_id", types.text, (column) => column.notNull().references("device.id").onDelete("cascade"))
      .addColumn("serial_number", types.text, (column) => column.notNull())
      .addColumn("manufacturer", types.text)
      .addColumn("model", types.text)
      .addColumn("until_ms", types.integer, (column) => column.notNull())
      .execute();
    await database.schema.createIndex("former_unit_by_device").on("former_unit").column("device_id").execute();

    // Only of a series whose metric was deleted: its readings are kept for as long as others of the kind.
    await database.schema.alterTable("series").addColumn("ended_kind", types.text).execute();

    for (const table of ["site", "device", "metric", "user"]) {
      await database.schema
        .alterTable(table)
        .addColumn("version", types.integer, (column) => column.notNull().defaultTo(1))
        .execute();
    }
  },
};
