import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { columnTypesOf } from "./column-types.ts";

/** API keys; who created a pushed series; by which name a pushed device is known to its sender. */
export const apiKeys: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    const types = columnTypesOf(database);
    await database.schema
      .createTable("api_key")
      .addColumn("id", types.text, (column) => column.primaryKey())
      .addColumn("name", types.text, (column) => column.notNull())
      .addColumn("prefix", types.text, (column) => column.notNull().unique())
      .addColumn("secret_hash", types.text, (column) => column.notNull())
      .addColumn("scopes", types.text, (column) => column.notNull())
      .addColumn("site_ids", types.text)
      .addColumn("ingest", types.text, (column) => column.notNull())
      .addColumn("created_at_ms", types.integer, (column) => column.notNull())
      .addColumn("expires_at_ms", types.integer)
      .addColumn("last_used_at_ms", types.integer)
      .execute();

    await database.schema.alterTable("metric").addColumn("source", types.text).execute();
    await database.schema.createIndex("metric_by_source").on("metric").column("source").execute();
    await database.schema.alterTable("device").addColumn("pushed_as", types.text).execute();

    // What version 001 took through the open data API belongs to that source from now on.
    await sql`UPDATE device SET pushed_as = '[null,"Data API"]'
      WHERE serial_number = 'kilowatch:data-api' AND connection_id IS NULL`.execute(database);
    await sql`UPDATE metric SET source = 'open'
      WHERE device_id IN (SELECT id FROM device WHERE pushed_as IS NOT NULL)`.execute(database);
  },
};
