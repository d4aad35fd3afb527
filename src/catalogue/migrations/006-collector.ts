import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { columnTypesOf } from "./column-types.ts";

/** What the collector keeps: budgets and their leases, the coverage ledger, imports of history, what vendors list, quality events. */
export const collector: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    const types = columnTypesOf(database);
    await database.schema.alterTable("connection").addColumn("paused_at_ms", types.integer).execute();
    await database.schema
      .alterTable("connection")
      .addColumn("lane_shares", types.text, (column) => column.notNull().defaultTo("{}"))
      .execute();
    await database.schema
      .alterTable("connection")
      .addColumn("version", types.integer, (column) => column.notNull().defaultTo(1))
      .execute();

    await database.schema
      .createTable("vendor_budget")
      .addColumn("account", types.text, (column) => column.primaryKey())
      .addColumn("holder", types.text, (column) => column.notNull())
      .addColumn("token", types.integer, (column) => column.notNull())
      .addColumn("beat", types.integer, (column) => column.notNull())
      .addColumn("beaten_at_ms", types.integer, (column) => column.notNull())
      .addColumn("spending", types.text, (column) => column.notNull())
      .execute();
    await database.schema
      .createTable("budget_use")
      .addColumn("account", types.text, (column) => column.notNull())
      .addColumn("hour_ms", types.integer, (column) => column.notNull())
      .addColumn("connection_id", types.text, (column) => column.notNull())
      .addColumn("lane", types.text, (column) => column.notNull())
      .addColumn("requests", types.integer, (column) => column.notNull())
      .addColumn("refusals", types.integer, (column) => column.notNull())
      .addPrimaryKeyConstraint("budget_use_once", ["account", "hour_ms", "connection_id", "lane"])
      .execute();

    await database.schema
      .createTable("coverage_segment")
      .addColumn("series", types.integer, (column) => column.notNull())
      .addColumn("month", types.integer, (column) => column.notNull())
      .addColumn("runs", types.blob, (column) => column.notNull())
      .addPrimaryKeyConstraint("coverage_segment_once", ["series", "month"])
      .execute();
    await database.schema
      .createTable("coverage_tail")
      .addColumn("block", types.integer, (column) => column.primaryKey())
      .addColumn("runs", types.blob, (column) => column.notNull())
      .execute();

    await database.schema
      .createTable("backfill_job")
      .addColumn("id", types.text, (column) => column.primaryKey())
      .addColumn("connection_id", types.text, (column) =>
        column.notNull().references("connection.id").onDelete("cascade"),
      )
      .addColumn("from_ms", types.integer, (column) => column.notNull())
      .addColumn("to_ms", types.integer, (column) => column.notNull())
      .addColumn("device_ids", types.text)
      .addColumn("state", types.text, (column) => column.notNull())
      .addColumn("message", types.text)
      .addColumn("requests", types.integer, (column) => column.notNull())
      .addColumn("readings", types.integer, (column) => column.notNull())
      .addColumn("created_at_ms", types.integer, (column) => column.notNull())
      .addColumn("ended_at_ms", types.integer)
      .addColumn("version", types.integer, (column) => column.notNull())
      .execute();
    await database.schema
      .createIndex("backfill_job_by_connection")
      .on("backfill_job")
      .column("connection_id")
      .execute();
    await database.schema
      .createTable("restatement")
      .addColumn("series", types.integer, (column) => column.notNull())
      .addColumn("time_ms", types.integer, (column) => column.notNull())
      .addColumn("found_at_ms", types.integer, (column) => column.notNull())
      .addColumn("former_value", types.real, (column) => column.notNull())
      .addColumn("former_received_at_ms", types.integer, (column) => column.notNull())
      .addColumn("value", types.real, (column) => column.notNull())
      .addPrimaryKeyConstraint("restatement_once", ["series", "time_ms", "found_at_ms"])
      .execute();

    await database.schema
      .createTable("listed_device")
      .addColumn("connection_id", types.text, (column) =>
        column.notNull().references("connection.id").onDelete("cascade"),
      )
      .addColumn("serial_number", types.text, (column) => column.notNull())
      .addColumn("description", types.text, (column) => column.notNull())
      .addColumn("former_name", types.text)
      .addColumn("first_seen_ms", types.integer, (column) => column.notNull())
      .addColumn("last_seen_ms", types.integer, (column) => column.notNull())
      .addColumn("gone_at_ms", types.integer)
      .addPrimaryKeyConstraint("listed_device_once", ["connection_id", "serial_number"])
      .execute();

    await database.schema
      .createTable("quality_event")
      .addColumn("id", types.text, (column) => column.primaryKey())
      .addColumn("device_id", types.text, (column) => column.notNull().references("device.id").onDelete("cascade"))
      .addColumn("metric_id", types.text)
      .addColumn("rule", types.text, (column) => column.notNull())
      .addColumn("from_ms", types.integer, (column) => column.notNull())
      .addColumn("to_ms", types.integer)
      .addColumn("evidence", types.text, (column) => column.notNull())
      .addColumn("found_at_ms", types.integer, (column) => column.notNull())
      .execute();
    await database.schema
      .createIndex("quality_event_by_device")
      .on("quality_event")
      .columns(["device_id", "id"])
      .execute();
  },
};
