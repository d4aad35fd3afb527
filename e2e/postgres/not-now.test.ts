import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { inverter, SITE } from "../../src/catalogue/contract-scene.ts";
import { type CatalogueDatabase, openCatalogueDatabase } from "../../src/catalogue/database.ts";
import { Devices } from "../../src/catalogue/devices.ts";
import { SeriesDirectory } from "../../src/catalogue/directory.ts";
import {
  CONNECT_MS_MAX,
  CONNECTIONS_MAX,
  LOCK_MS_MAX,
  STATEMENT_MS_MAX,
} from "../../src/catalogue/postgres/settings.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { Conflict, InvalidInput } from "../../src/domain/errors.ts";
import { ACTIVE_POWER, ONLINE } from "../../src/domain/metric.ts";
import { mayMount, smallDisk } from "../crash/small-disk.ts";
import { expectUnavailable, FaultScene } from "./fault-scene.ts";

const scene = new FaultScene();

describe("a database that cannot take it now", () => {
  test("as it is read-only", async () => {
    await scene.server.sql(`ALTER DATABASE ${scene.name} SET default_transaction_read_only = on`);
    const standby = await openCatalogueDatabase(scene.address);
    await expectUnavailable(
      standby
        .insertInto("own_secret")
        .values({ name: "a", sealed: Buffer.of(1) })
        .execute(),
      /25006/,
    );
    await standby.destroy();
  });

  test("as it has too many connections", async () => {
    await scene.catalogue.close();
    const pool = await openCatalogueDatabase(scene.address);
    await scene.server.sql(`ALTER DATABASE ${scene.name} CONNECTION LIMIT 0`);
    await scene.server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${scene.name}'`);
    await expectUnavailable(pool.selectFrom("site").selectAll().execute(), /53300|57P01/);
    await expectUnavailable(pool.selectFrom("site").selectAll().execute(), /53300/);
    await scene.server.sql(`ALTER DATABASE ${scene.name} CONNECTION LIMIT -1`);
    expect(await pool.selectFrom("site").selectAll().execute()).toEqual([]);
    await pool.destroy();
    await scene.reopen();
  });

  test("as somebody else has locked it for longer than a call waits", async () => {
    const other = await openCatalogueDatabase(scene.address);
    await other.transaction().execute(async (transaction) => {
      await sql`lock table site in access exclusive mode`.execute(transaction);
      const beganMs = performance.now();
      await expectUnavailable(scene.catalogue.sites.create(SITE), /55P03/);
      expect(performance.now() - beganMs).toBeGreaterThan(LOCK_MS_MAX - 100);
    });
    await other.destroy();
    await scene.catalogue.sites.create(SITE);
    expect(await scene.sitesStored()).toHaveLength(1);
  });

  test("as all connections are taken for longer than a call waits", async () => {
    const pool = await openCatalogueDatabase(scene.address);
    let letGo: () => void = () => {};
    const held = new Promise<void>((done) => {
      letGo = done;
    });
    let taken = 0;
    const takers = Array.from({ length: CONNECTIONS_MAX }, () =>
      pool.connection().execute(async (connection) => {
        await sql`select 1`.execute(connection);
        taken++;
        await held;
      }),
    );
    await expect.poll(() => taken).toBe(CONNECTIONS_MAX);
    const beganMs = performance.now();
    await expectUnavailable(pool.selectFrom("site").selectAll().execute(), /./);
    expect(performance.now() - beganMs).toBeGreaterThan(CONNECT_MS_MAX - 100);
    letGo();
    await Promise.all(takers);
    expect(await pool.selectFrom("site").selectAll().execute()).toEqual([]);
    await pool.destroy();
  });

  test("as a statement takes too long", async () => {
    const database = await openCatalogueDatabase(scene.address);
    await expectUnavailable(sql`select pg_sleep(${STATEMENT_MS_MAX / 1_000 + 3})`.execute(database), /57014/);
    await database.destroy();
  });

  test("as two transactions wait for each other", async () => {
    const database = await openCatalogueDatabase(scene.address);
    await database
      .insertInto("own_secret")
      .values(["a", "b"].map((each) => ({ name: each, sealed: Buffer.of(0) })))
      .execute();
    let first: () => void = () => {};
    const bothHave = new Promise<void>((done) => {
      first = done;
    });
    let have = 0;
    const cross = (one: string, other: string) =>
      database.transaction().execute(async (transaction) => {
        const write = (which: string) =>
          transaction
            .updateTable("own_secret")
            .set({ sealed: Buffer.of(1) })
            .where("name", "=", which)
            .execute();
        await write(one);
        if (++have === 2) first();
        await bothHave;
        await write(other);
      });
    const [one, other] = await Promise.allSettled([cross("a", "b"), cross("b", "a")]);
    const lost = [one, other].filter((each) => each.status === "rejected");
    expect(lost).toHaveLength(1);
    await expectUnavailable(Promise.reject(lost[0]?.reason as Error), /40P01/);
    await database.destroy();
  });

  test.runIf(mayMount)("as its disk is full, and takes it when there is room", async () => {
    using disk = smallDisk();
    const space = join(disk.path, "space");
    mkdirSync(space);
    for (const each of [disk.path, space]) scene.server.own(each);
    await scene.server.sql(`CREATE TABLESPACE small LOCATION '${space}'`);
    const full = await scene.server.makeDatabase("TABLESPACE small");
    const database = await openCatalogueDatabase(scene.server.addressOf({ database: full }));
    const site = await openSite(database);
    const devices = new Devices(database, new SeriesDirectory(), systemClock);
    const many = Array.from({ length: 2_000 }, (_, index) => inverter(site, `SN-${index}`));
    disk.fill(64 * 1024);
    await expectUnavailable(devices.createAll(many, [ACTIVE_POWER]), /53100/);
    expect(await devices.all()).toEqual([]);
    disk.makeRoom();
    expect(await devices.createAll(many, [ACTIVE_POWER])).toHaveLength(2_000);
    await database.destroy();
    await scene.server.dropDatabase(full);
    await scene.server.sql("DROP TABLESPACE small");
  });
});

test("text that PostgreSQL cannot hold is a mistake of the sender, not of the storage", async () => {
  await expect(scene.catalogue.sites.create({ ...SITE, name: "a\0b" })).rejects.toThrow(InvalidInput);
  expect(await scene.sitesStored()).toEqual([]);
});

test("an error that is logged does not quote the row", async () => {
  const database = await openCatalogueDatabase(scene.address);
  const row = {
    id: "u",
    email: "a@example.org",
    name: "A",
    password_hash: "$argon2id$secret",
    is_admin: 2,
    created_at_ms: 0,
  };
  const error: unknown = await database
    .insertInto("user")
    .values(row)
    .execute()
    .catch((each: unknown) => each);
  expect(error).toMatchObject({ code: "23514" });
  expect(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain("argon2id");
  await database.destroy();
});

test("a refusal within a transaction takes it back, and the connection goes on", async () => {
  const { id } = await scene.catalogue.sites.create(SITE);
  const [device] = await scene.catalogue.devices.createAll([inverter(id, "A")], [ONLINE]);
  for (let time = 0; time < CONNECTIONS_MAX + 1; time++) {
    const adding = scene.catalogue.metrics.add(device?.id ?? "", [ACTIVE_POWER, ONLINE]);
    await expect(adding).rejects.toThrow(Conflict);
  }
  expect(await scene.server.sql("SELECT name FROM metric", scene.name)).toEqual([{ name: ONLINE.name }]);
});

async function openSite(database: CatalogueDatabase): Promise<string> {
  const row = {
    id: "s",
    name: "",
    timezone: "UTC",
    latitude: null,
    longitude: null,
    peak_power_w: null,
    created_at_ms: 0,
  };
  await database.insertInto("site").values(row).execute();
  return row.id;
}
