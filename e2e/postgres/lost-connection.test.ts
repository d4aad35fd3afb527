import { describe, expect, test } from "vitest";
import type { Catalogue } from "../../src/catalogue/catalogue.ts";
import { inverter, SITE } from "../../src/catalogue/contract-scene.ts";
import { openCatalogueDatabase } from "../../src/catalogue/database.ts";
import { SILENCE_MS_MAX, STATEMENT_MS_MAX } from "../../src/catalogue/postgres/settings.ts";
import { INGEST_SETTINGS_DEFAULT } from "../../src/domain/api-key.ts";
import { ONLINE } from "../../src/domain/metric.ts";
import { CuttingProxy } from "./cutting-proxy.ts";
import { expectUnavailable, FaultScene } from "./fault-scene.ts";

const scene = new FaultScene();

describe("a database that goes away", () => {
  test.each(["SIGINT", "SIGQUIT"] as const)("is there again after %s for the next call", async (how) => {
    const before = await scene.catalogue.sites.create(SITE);
    await Promise.all([
      scene.catalogue.sites.get(before.id),
      scene.catalogue.sites.get(before.id),
      scene.catalogue.sites.list({ limit: 1 }, null),
    ]);
    await scene.server.restart(how);
    const after = await scene.catalogue.sites.create(SITE);
    expect(await scene.sitesStored()).toEqual([before.id, after.id]);
  });

  test("is told as such while it is down, and nothing is made known that was not stored", async () => {
    const site = await scene.catalogue.sites.create(SITE);
    await scene.server.stop("SIGINT");
    await expectUnavailable(scene.catalogue.sites.get(site.id), /\(ECONNREFUSED\)\.$/);
    await expectUnavailable(scene.catalogue.devices.createAll([inverter(site.id, "A")], [ONLINE]), /ECONNREFUSED/);
    await expectUnavailable(scene.catalogue.users.createFirstAdmin("a@example.org", "A", "hash"), /ECONNREFUSED/);
    expect([...scene.catalogue.directory.all()]).toEqual([]);
    await scene.server.run();
    await scene.catalogue.devices.createAll([inverter(site.id, "A")], [ONLINE]);
    expect([...scene.catalogue.directory.all()]).toHaveLength(1);
  });

  test("within a transaction takes it back as a whole", async () => {
    const database = await openCatalogueDatabase(scene.address);
    const writing = database.transaction().execute(async (transaction) => {
      await transaction
        .insertInto("own_secret")
        .values({ name: "a", sealed: Buffer.of(1) })
        .execute();
      // Between two statements, when nobody waits for an answer.
      await scene.server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${scene.name}'`);
      await transaction
        .insertInto("own_secret")
        .values({ name: "b", sealed: Buffer.of(1) })
        .execute();
    });
    await expectUnavailable(writing, /does not take it now/);
    expect(await database.selectFrom("own_secret").selectAll().execute()).toEqual([]);
    await database.destroy();
  });

  test("does not keep a server from stopping whose keys were used", async () => {
    const stopping = await scene.open();
    const { text } = await stopping.apiKeys.create({
      name: "reader",
      scopes: ["read"],
      siteIds: null,
      expiresAtMs: null,
      ingest: INGEST_SETTINGS_DEFAULT,
    });
    stopping.apiKeys.verify(text);
    await scene.server.stop("SIGQUIT");
    await stopping.close();
    await scene.server.run();
  });

  test("or hangs: the call is given up, the connection too, and the catalogue can be closed", async () => {
    const hanging = await scene.open();
    await hanging.sites.list({ limit: 1 }, null);
    scene.server.pause();
    try {
      const beganMs = performance.now();
      await expectUnavailable(hanging.sites.list({ limit: 1 }, null), /./);
      expect(performance.now() - beganMs).toBeLessThan(STATEMENT_MS_MAX + SILENCE_MS_MAX + 2_000);
      await expectUnavailable(hanging.sites.list({ limit: 1 }, null), /./);
      await hanging.close();
    } finally {
      scene.server.resume();
    }
    expect((await scene.catalogue.sites.list({ limit: 1 }, null)).items).toEqual([]);
  });

  test("or hangs with one connection: the next call does not wait for that one", async () => {
    await scene.catalogue.sites.list({ limit: 1 }, null);
    const thaw = await scene.server.freezeConnections(scene.name);
    try {
      await expectUnavailable(scene.catalogue.sites.list({ limit: 1 }, null), /./);
      const beganMs = performance.now();
      expect((await scene.catalogue.sites.list({ limit: 1 }, null)).items).toEqual([]);
      expect(performance.now() - beganMs).toBeLessThan(STATEMENT_MS_MAX);
    } finally {
      thaw();
    }
  });
});

describe("a connection that is cut at a commit", () => {
  const writes: Record<string, (through: Catalogue) => Promise<unknown>> = {
    "of a transaction": (through) =>
      through.enrolment.enrol("open", { sites: [{ ...SITE, id: "s", createdAtMs: 0 }], devices: [], metrics: [] }),
    "of a statement alone": (through) => through.sites.create(SITE),
  };

  test.each(Object.keys(writes))("before the server hears it: nothing was stored (%s)", async (which) => {
    await using proxy = await CuttingProxy.start(scene.server.port);
    const through = await scene.open({ ...scene.address, port: proxy.port });
    proxy.arm("before the commit");
    await expectUnavailable(writes[which]?.(through) ?? Promise.resolve(), /does not take it now/);
    expect(proxy.isArmed).toBe(false);
    expect(await scene.sitesStored()).toEqual([]);
    await writes[which]?.(through);
    expect(await scene.sitesStored()).toHaveLength(1);
    await through.close();
  });

  test.each(Object.keys(writes))("before its answer comes: it was stored, and that is said (%s)", async (which) => {
    await using proxy = await CuttingProxy.start(scene.server.port);
    const through = await scene.open({ ...scene.address, port: proxy.port });
    proxy.arm("before its answer");
    await writes[which]?.(through);
    expect(proxy.isArmed).toBe(false);
    expect(await scene.sitesStored()).toHaveLength(1);
    await through.close();
  });

  test("and a server that does not come back: that it is not known is said", async () => {
    await using proxy = await CuttingProxy.start(scene.server.port);
    const through = await scene.open({ ...scene.address, port: proxy.port });
    proxy.arm("before its answer", { isLast: true });
    const writing = through.sites.create(SITE);
    await expectUnavailable(writing, /whether it did is not known: look before you ask again\.$/);
    await through.close();
  });
});
