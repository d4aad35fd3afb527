import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** API keys; who created a pushed series; by which name a pushed device is known to its sender. */
export const apiKeys: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await database.schema
      .createTable("api_key")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("prefix", "text", (column) => column.notNull().unique())
      .addColumn("secret_hash", "text", (column) => column.notNull())
      .addColumn("scopes", "text", (column) => column.notNull())
      .addColumn("site_ids", "text")
      .addColumn("ingest", "text", (column) => column.notNull())
      .addColumn("created_at_ms", "integer", (column) => column.notNull())
      .addColumn("expires_at_ms", "integer")
      .addColumn("last_used_at_ms", "integer")
      .execute();

    await database.schema.alterTable("metric").addColumn("source", "text").execute();
    await database.schema.createIndex("metric_by_source").on("metric").column("source").execute();
    await database.schema.alterTable("device").addColumn("pushed_as", "text").execute();

    // What version 001 took through the open data API belongs to that source from now on.
    await sql`UPDATE device SET pushed_as = '[null,"Data API"]'
      WHERE serial_number = 'kilowatch:data-api' AND connection_id IS NULL`.execute(database);
    await sql`UPDATE metric SET source = 'open'
      WHERE device_id IN (SELECT id FROM device WHERE pushed_as IS NOT NULL)`.execute(database);
  },
};
