import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { columnTypesOf } from "./column-types.ts";

/** Sites, devices, metrics with their series numbers, connections, users and sessions. */
export const first: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    const types = columnTypesOf(database);
    await database.schema
      .createTable("site")
      .addColumn("id", types.text, (column) => column.primaryKey())
      .addColumn("name", types.text, (column) => column.notNull())
      .addColumn("timezone", types.text, (column) => column.notNull())
      .addColumn("latitude", types.real)
      .addColumn("longitude", types.real)
      .addColumn("peak_power_w", types.real)
      .addColumn("created_at_ms", types.integer, (column) => column.notNull())
      .execute();

    await database.schema
      .createTable("connection")
      .addColumn("id", types.text, (column) => column.primaryKey())
      .addColumn("name", types.text, (column) => column.notNull())
      .addColumn("vendor", types.text, (column) => column.notNull())
      .addColumn("base_url", types.text, (column) => column.notNull())
      .addColumn("credential_sealed", types.blob, (column) => column.notNull())
      .addColumn("poll_interval_ms", types.integer, (column) => column.notNull())
      .addColumn("created_at_ms", types.integer, (column) => column.notNull())
      .execute();

    await database.schema
      .createTable("device")
      .addColumn("id", types.text, (column) => column.primaryKey())
      .addColumn("site_id", types.text, (column) => column.notNull().references("site.id"))
      .addColumn("name", types.text, (column) => column.notNull())
      .addColumn("kind", types.text, (column) => column.notNull())
      .addColumn("serial_number", types.text)
      .addColumn("manufacturer", types.text)
      .addColumn("model", types.text)
      .addColumn("rated_power_w", types.real)
      .addColumn("connection_id", types.text, (column) => column.references("connection.id"))
      .addColumn("created_at_ms", types.integer, (column) => column.notNull())
      .addUniqueConstraint("device_serial_once_per_connection", ["connection_id", "serial_number"])
      .execute();
    await database.schema.createIndex("device_by_site").on("device").columns(["site_id", "id"]).execute();

    await database.schema
      .createTable("series")
      .addColumn("number", types.integer, types.numbered)
      .addColumn("metric_id", types.text, (column) => column.notNull().unique())
      .execute();

    await database.schema
      .createTable("metric")
      .addColumn("id", types.text, (column) => column.primaryKey())
      .addColumn("device_id", types.text, (column) => column.notNull().references("device.id"))
      .addColumn("name", types.text, (column) => column.notNull())
      .addColumn("unit", types.text, (column) => column.notNull())
      .addColumn("kind", types.text, (column) => column.notNull())
      .addColumn("series", types.integer, (column) => column.notNull().unique().references("series.number"))
      .addColumn("created_at_ms", types.integer, (column) => column.notNull())
      .addUniqueConstraint("metric_name_once_per_device", ["device_id", "name"])
      .execute();

    await database.schema
      .createTable("user")
      .addColumn("id", types.text, (column) => column.primaryKey())
      .addColumn("email", types.text, (column) => column.notNull().unique())
      .addColumn("name", types.text, (column) => column.notNull())
      .addColumn("password_hash", types.text, (column) => column.notNull())
      .addColumn("is_admin", types.integer, (column) => column.notNull().check(sql`is_admin in (0, 1)`))
      .addColumn("created_at_ms", types.integer, (column) => column.notNull())
      .execute();

    await database.schema
      .createTable("session")
      .addColumn("token_hash", types.text, (column) => column.primaryKey())
      .addColumn("user_id", types.text, (column) => column.notNull().references("user.id").onDelete("cascade"))
      .addColumn("created_at_ms", types.integer, (column) => column.notNull())
      .addColumn("expires_at_ms", types.integer, (column) => column.notNull())
      .execute();

    await database.schema
      .createTable("own_secret")
      .addColumn("name", types.text, (column) => column.primaryKey())
      .addColumn("sealed", types.blob, (column) => column.notNull())
      .execute();
  },
};
