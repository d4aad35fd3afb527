import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ApiKey, INGEST_SETTINGS_DEFAULT } from "../domain/api-key.ts";
import { NotFound } from "../domain/errors.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { type NewApiKey, USE_WRITTEN_EVERY_MS } from "./api-keys.ts";
import { type Catalogue, openCatalogue } from "./catalogue.ts";
import { first } from "./migrations/001-first.ts";
import { Sealing } from "./sealing.ts";

let folder: string;
let catalogue: Catalogue;
const clock = new VirtualClock();
const path = () => join(folder, "catalogue.db");
const open = () => openCatalogue(path(), new Sealing(Buffer.alloc(32, 3)), clock);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-keys-"));
  catalogue = await open();
});
afterEach(async () => {
  await catalogue.close();
  rmSync(folder, { recursive: true });
});

const READER: NewApiKey = {
  name: "reader",
  scopes: ["read"],
  siteIds: null,
  expiresAtMs: null,
  ingest: INGEST_SETTINGS_DEFAULT,
};

function stored(): Record<string, unknown>[] {
  const sqlite = new DatabaseSync(path(), { readOnly: true });
  const rows = sqlite.prepare("SELECT * FROM api_key").all();
  sqlite.close();
  return rows;
}

describe("API keys", () => {
  test("are kept as hashes: the file lets nobody in", async () => {
    const { key, text } = await catalogue.apiKeys.create(READER);
    const [row] = stored();
    const secret = text.slice(text.lastIndexOf("_", text.length - 40) + 1);
    expect(text).toBe(`kw_${key.prefix}_${text.slice(-43)}`);
    expect(JSON.stringify(row)).not.toContain(text.slice(-43));
    expect(JSON.stringify(row)).not.toContain(secret.slice(0, 20));
    expect(row).toMatchObject({ prefix: key.prefix, scopes: '["read"]' });
  });

  test("a use is written at most once a minute, and at the end", async () => {
    const { key, text } = await catalogue.apiKeys.create(READER);
    const usedAtMs = () => stored()[0]?.["last_used_at_ms"];
    catalogue.apiKeys.verify(text);
    expect(usedAtMs()).toBeNull();
    await clock.advance(USE_WRITTEN_EVERY_MS);
    catalogue.apiKeys.verify(text);
    const firstUseMs = clock.nowMs();
    await expect.poll(usedAtMs).toBe(firstUseMs);
    await clock.advance(USE_WRITTEN_EVERY_MS - 1);
    catalogue.apiKeys.verify(text);
    expect((await catalogue.apiKeys.list({ limit: 1 })).items[0]?.lastUsedAtMs).toBe(clock.nowMs());
    expect(usedAtMs()).toBe(firstUseMs);
    await catalogue.close();
    expect(usedAtMs()).toBe(clock.nowMs());
    catalogue = await open();
    expect(catalogue.apiKeys.verify(text)).toEqual(key);
  });

  test("a revoked key is gone after a restart, too, and those who hold it are told", async () => {
    const { key, text } = await catalogue.apiKeys.create(READER);
    const told: string[] = [];
    catalogue.apiKeys.onRevoked((id) => told.push(id));
    const revoking = catalogue.apiKeys.revoke(key.id);
    expect(catalogue.apiKeys.verify(text)).toBeNull();
    expect(catalogue.apiKeys.isLive(key)).toBe(false);
    await revoking;
    expect(told).toEqual([key.id]);
    await expect(catalogue.apiKeys.revoke(key.id)).rejects.toThrow(NotFound);
    await catalogue.close();
    catalogue = await open();
    expect(catalogue.apiKeys.verify(text)).toBeNull();
  });

  test("page in order of creation", async () => {
    const made: ApiKey[] = [];
    for (let index = 0; index < 5; index++) made.push((await catalogue.apiKeys.create(READER)).key);
    const one = await catalogue.apiKeys.list({ limit: 3 });
    const two = await catalogue.apiKeys.list({ limit: 3, cursor: one.nextCursor ?? "" });
    expect([...one.items, ...two.items].map(({ id }) => id)).toEqual(made.map(({ id }) => id));
    expect(two.nextCursor).toBeNull();
  });
});

test("what version 001 took through the open data API stays where it is, and counts", async () => {
  await catalogue.close();
  rmSync(path());
  const { Kysely, SqliteDialect } = await import("kysely");
  const sqlite = new DatabaseSync(path());
  const old = new Kysely<unknown>({
    dialect: new SqliteDialect({
      database: {
        close: () => sqlite.close(),
        prepare(text) {
          const statement = sqlite.prepare(text);
          type Values = Parameters<typeof statement.all>;
          return {
            reader: statement.columns().length > 0,
            all: (values) => statement.all(...(values as Values)),
            run: (values) => statement.run(...(values as Values)),
            iterate: (values) => statement.iterate(...(values as Values)),
          };
        },
      },
    }),
  });
  const { Migrator } = await import("kysely/migration");
  const migrator = new Migrator({ db: old, provider: { getMigrations: async () => ({ "001-first": first }) } });
  expect((await migrator.migrateToLatest()).error).toBeUndefined();
  sqlite.exec(`
    INSERT INTO site (id, name, timezone, created_at_ms) VALUES ('s', 'Pushed data', 'UTC', 0);
    INSERT INTO device (id, site_id, name, kind, serial_number, created_at_ms) VALUES
      ('d', 's', 'Renamed by a person', 'other', 'kilowatch:data-api', 0), ('e', 's', 'Data API', 'other', 'mine', 0);
    INSERT INTO series (metric_id) VALUES ('m'), ('n');
    INSERT INTO metric (id, device_id, name, unit, kind, series, created_at_ms) VALUES
      ('m', 'd', 'Voltage', '1', 'gauge', 1, 0), ('n', 'e', 'Voltage', '1', 'gauge', 2, 0);
  `);
  await old.destroy();
  catalogue = await open();
  expect(catalogue.directory.pushedAs('[null,"Data API"]').map(({ id }) => id)).toEqual(["d"]);
  expect(await catalogue.enrolment.metricsOf("open")).toBe(1);
});
