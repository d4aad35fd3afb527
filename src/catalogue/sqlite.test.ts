import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { catalogueContract } from "./contract.ts";
import { migrateTo } from "./contract-migrations.ts";
import { connectSqlite } from "./sqlite.ts";

catalogueContract("SQLite", {
  isShared: false,
  make: async () => {
    const home = mkdtempSync(join(tmpdir(), "kilowatch-contract-"));
    const place = join(home, "catalogue.db");
    return {
      place,
      connect: () => connectSqlite(place),
      numberSeriesFrom: (database, series) =>
        sql`UPDATE sqlite_sequence SET seq = ${series - 1} WHERE name = 'series'`.execute(database),
      remove: async () => rmSync(home, { recursive: true }),
    };
  },
});

/** What versions 001 and 002 made on SQLite when they were released, in the order in which they made it. */
const RELEASED = `
CREATE TABLE "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null)
CREATE TABLE "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null)
CREATE TABLE "site" ("id" text primary key, "name" text not null, "timezone" text not null, "latitude" real, "longitude" real, "peak_power_w" real, "created_at_ms" integer not null)
CREATE TABLE "connection" ("id" text primary key, "name" text not null, "vendor" text not null, "base_url" text not null, "credential_sealed" blob not null, "poll_interval_ms" integer not null, "created_at_ms" integer not null)
CREATE TABLE "device" ("id" text primary key, "site_id" text not null references "site" ("id"), "name" text not null, "kind" text not null, "serial_number" text, "manufacturer" text, "model" text, "rated_power_w" real, "connection_id" text references "connection" ("id"), "created_at_ms" integer not null, "pushed_as" text, constraint "device_serial_once_per_connection" unique ("connection_id", "serial_number"))
CREATE INDEX "device_by_site" on "device" ("site_id", "id")
CREATE TABLE "series" ("number" integer primary key autoincrement, "metric_id" text not null unique)
CREATE TABLE sqlite_sequence(name,seq)
CREATE TABLE "metric" ("id" text primary key, "device_id" text not null references "device" ("id"), "name" text not null, "unit" text not null, "kind" text not null, "series" integer not null unique references "series" ("number"), "created_at_ms" integer not null, "source" text, constraint "metric_name_once_per_device" unique ("device_id", "name"))
CREATE TABLE "user" ("id" text primary key, "email" text not null unique, "name" text not null, "password_hash" text not null, "is_admin" integer not null check (is_admin in (0, 1)), "created_at_ms" integer not null)
CREATE TABLE "session" ("token_hash" text primary key, "user_id" text not null references "user" ("id") on delete cascade, "created_at_ms" integer not null, "expires_at_ms" integer not null)
CREATE TABLE "own_secret" ("name" text primary key, "sealed" blob not null)
CREATE TABLE "api_key" ("id" text primary key, "name" text not null, "prefix" text not null unique, "secret_hash" text not null, "scopes" text not null, "site_ids" text, "ingest" text not null, "created_at_ms" integer not null, "expires_at_ms" integer, "last_used_at_ms" integer)
CREATE INDEX "metric_by_source" on "metric" ("source")
`;

test("the migrations that were released make the same SQLite schema for ever", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kilowatch-schema-"));
  const database = connectSqlite(join(folder, "catalogue.db"));
  await migrateTo(database, "002-api-keys");
  const { rows } = await sql<{ sql: string }>`
    SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid`.execute(database);
  await database.destroy();
  rmSync(folder, { recursive: true });
  expect(rows.map((row) => row.sql).join("\n")).toBe(RELEASED.trim());
});
