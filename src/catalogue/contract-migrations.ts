import { type Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import { describe, expect, test } from "vitest";
import { StartupError } from "../domain/errors.ts";
import type { ContractDatabase } from "./contract.ts";
import { Scene, SITE } from "./contract-scene.ts";
import { MIGRATIONS } from "./migrations/migrate.ts";
import type { Schema } from "./schema.ts";

const VERSIONS = Object.keys(MIGRATIONS);

/** Makes a database as that version left it. */
export async function migrateTo(database: Kysely<Schema>, version: string): Promise<void> {
  const known = VERSIONS.slice(0, VERSIONS.indexOf(version) + 1);
  const migrations = Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => known.includes(name)));
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  expect(error).toBeUndefined();
}

/** What the first version could hold, and every later one can: a pushed device and one that is only called alike. */
const WRITTEN_BY_FIRST = [
  `INSERT INTO site (id, name, timezone, created_at_ms) VALUES ('s', 'Pushed data', 'UTC', 0)`,
  `INSERT INTO device (id, site_id, name, kind, serial_number, created_at_ms) VALUES
    ('d', 's', 'Renamed by a person', 'other', 'kilowatch:data-api', 0), ('e', 's', 'Data API', 'other', 'mine', 0)`,
  `INSERT INTO series (metric_id) VALUES ('m'), ('n')`,
  `INSERT INTO metric (id, device_id, name, unit, kind, series, created_at_ms) VALUES
    ('m', 'd', 'Voltage', '1', 'gauge', 1, 0), ('n', 'e', 'Voltage', '1', 'gauge', 2, 0)`,
];

/** How a database of an earlier version, or of a later one, is opened. */
export function migrationsContract(name: string, make: () => Promise<ContractDatabase>): void {
  describe(`${name}: migrations`, () => {
    const scene = new Scene(make, { isOpen: false });

    async function leaveAs(version: string): Promise<void> {
      await scene.past(async (database) => {
        await migrateTo(database, version);
        for (const statement of WRITTEN_BY_FIRST) await sql.raw(statement).execute(database);
      });
    }

    test.each(VERSIONS)("bring what version %s left to this one", async (version) => {
      await leaveAs(version);
      const { sites, devices, directory } = await scene.reopen();
      expect((await sites.get("s")).name).toBe("Pushed data");
      expect((await devices.all()).map(({ id }) => id)).toEqual(["d", "e"]);
      expect(directory.ofDevice("e", "Voltage")?.series).toBe(2);
      const site = await sites.create(SITE);
      expect(await (await scene.reopen()).sites.get(site.id)).toEqual(site);
    });

    test("leave what version 001 took through the open data API where it is, and count it", async () => {
      await leaveAs("001-first");
      const { directory, enrolment } = await scene.reopen();
      expect(directory.pushedAs('[null,"Data API"]').map(({ id }) => id)).toEqual(["d"]);
      expect(await enrolment.metricsOf("open")).toBe(1);
    });

    test("refuse a database that a newer version wrote, and do nothing to it", async () => {
      await scene.reopen();
      await scene.close();
      const later = { name: "999-later", timestamp: "2030-01-01" };
      await scene.past((database) =>
        sql`insert into kysely_migration values (${later.name}, ${later.timestamp})`.execute(database),
      );
      await expect(scene.open()).rejects.toThrow(StartupError);
      await expect(scene.open()).rejects.toThrow(/was written by a newer Kilowatch \(it knows "999-later"\)/);
      await scene.past((database) => sql`delete from kysely_migration where name = ${later.name}`.execute(database));
      await scene.reopen();
    });
  });
}
