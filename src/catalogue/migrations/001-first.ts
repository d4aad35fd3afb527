import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Sites, devices, metrics with their series numbers, connections, users and sessions. */
export const first: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .createTable("site")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("timezone", "text", (column) => column.notNull())
      .addColumn("latitude", "real")
      .addColumn("longitude", "real")
      .addColumn("peak_power_w", "real")
      .addColumn("created_at_ms", "integer", (column) => column.notNull())
      .execute();

    await database.schema
      .createTable("connection")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("vendor", "text", (column) => column.notNull())
      .addColumn("base_url", "text", (column) => column.notNull())
      .addColumn("credential_sealed", "blob", (column) => column.notNull())
      .addColumn("poll_interval_ms", "integer", (column) => column.notNull())
      .addColumn("created_at_ms", "integer", (column) => column.notNull())
      .execute();

    await database.schema
      .createTable("device")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("site_id", "text", (column) => column.notNull().references("site.id"))
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("serial_number", "text")
      .addColumn("manufacturer", "text")
      .addColumn("model", "text")
      .addColumn("rated_power_w", "real")
      .addColumn("connection_id", "text", (column) => column.references("connection.id"))
      .addColumn("created_at_ms", "integer", (column) => column.notNull())
      .addUniqueConstraint("device_serial_once_per_connection", ["connection_id", "serial_number"])
      .execute();
    await database.schema.createIndex("device_by_site").on("device").columns(["site_id", "id"]).execute();

    await database.schema
      .createTable("series")
      .addColumn("number", "integer", (column) => column.primaryKey().autoIncrement())
      .addColumn("metric_id", "text", (column) => column.notNull().unique())
      .execute();

    await database.schema
      .createTable("metric")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("device_id", "text", (column) => column.notNull().references("device.id"))
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("unit", "text", (column) => column.notNull())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("series", "integer", (column) => column.notNull().unique().references("series.number"))
      .addColumn("created_at_ms", "integer", (column) => column.notNull())
      .addUniqueConstraint("metric_name_once_per_device", ["device_id", "name"])
      .execute();

    await database.schema
      .createTable("user")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("email", "text", (column) => column.notNull().unique())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("password_hash", "text", (column) => column.notNull())
      .addColumn("is_admin", "integer", (column) => column.notNull().check(sql`is_admin in (0, 1)`))
      .addColumn("created_at_ms", "integer", (column) => column.notNull())
      .execute();

    await database.schema
      .createTable("session")
      .addColumn("token_hash", "text", (column) => column.primaryKey())
      .addColumn("user_id", "text", (column) => column.notNull().references("user.id").onDelete("cascade"))
      .addColumn("created_at_ms", "integer", (column) => column.notNull())
      .addColumn("expires_at_ms", "integer", (column) => column.notNull())
      .execute();

    await database.schema
      .createTable("own_secret")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("sealed", "blob", (column) => column.notNull())
      .execute();
  },
};
