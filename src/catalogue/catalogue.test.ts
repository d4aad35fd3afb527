import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Conflict, InvalidInput, NotFound, StartupError, StorageUnavailable } from "../domain/errors.ts";
import { ACTIVE_POWER, ONLINE } from "../domain/metric.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { type Catalogue, openCatalogue } from "./catalogue.ts";
import { openCatalogueDatabase } from "./database.ts";
import { Devices, type NewDevice } from "./devices.ts";
import { SeriesDirectory } from "./directory.ts";
import { openSealing, Sealing } from "./sealing.ts";

let folder: string;
let catalogue: Catalogue;
const clock = new VirtualClock();
const path = () => join(folder, "catalogue.db");
const open = () => openCatalogue(path(), openSealing(folder, null), clock);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-catalogue-"));
  catalogue = await open();
});

afterEach(async () => {
  await catalogue.close();
  rmSync(folder, { recursive: true });
});

const SITE = { name: "Calama", timezone: "America/Santiago", latitude: -22.5, longitude: -68.9, peakPowerW: 750_000 };
const CONNECTION = { name: "Fleet", vendor: "energygrid", baseUrl: "http://localhost:3000", pollIntervalMs: 60_000 };

function inverter(siteId: string, serialNumber: string, connectionId: string | null = null): NewDevice {
  return {
    siteId,
    name: serialNumber,
    kind: "inverter",
    serialNumber,
    manufacturer: null,
    model: null,
    ratedPowerW: 5_000,
    connectionId,
  };
}

describe("the catalogue", () => {
  test("keeps sites, devices and metrics over a restart, and the directory with them", async () => {
    const site = await catalogue.sites.create(SITE);
    const devices = await catalogue.devices.createAll(
      [inverter(site.id, "A"), inverter(site.id, "B")],
      [ACTIVE_POWER, ONLINE],
    );
    const [a] = devices;
    await catalogue.close();
    catalogue = await open();
    expect(await catalogue.sites.get(site.id)).toEqual(site);
    expect((await catalogue.devices.list({ limit: 10 }, site.id)).items).toEqual(devices);
    const owner = catalogue.directory.ofDevice(a?.id ?? "", "active_power");
    expect(owner).toMatchObject({ deviceId: a?.id, siteId: site.id, unit: "W", kind: "gauge" });
    expect(catalogue.directory.bySeries(owner?.series ?? 0)).toEqual(owner);
    expect(catalogue.directory.byMetric(owner?.metricId ?? "")).toEqual(owner);
  });

  test("gives every metric a series number of its own", async () => {
    const site = await catalogue.sites.create(SITE);
    const devices = await catalogue.devices.createAll(
      [inverter(site.id, "A"), inverter(site.id, "B")],
      [ACTIVE_POWER, ONLINE],
    );
    const series = devices.flatMap((device) => catalogue.directory.allOfDevice(device.id).map((owner) => owner.series));
    expect(new Set(series).size).toBe(4);
  });

  test("creates all devices of a call or none", async () => {
    const site = await catalogue.sites.create(SITE);
    const connection = await catalogue.connections.create(CONNECTION, { token: "t" });
    await catalogue.devices.createAll([inverter(site.id, "A", connection.id)], [ONLINE]);
    const again = [inverter(site.id, "B", connection.id), inverter(site.id, "A", connection.id)];
    await expect(catalogue.devices.createAll(again, [ONLINE])).rejects.toThrow(Conflict);
    expect(await catalogue.devices.ofConnection(connection.id)).toHaveLength(1);
  });

  test("adds a metric once", async () => {
    const site = await catalogue.sites.create(SITE);
    const [device] = await catalogue.devices.createAll([inverter(site.id, "A")], [ONLINE]);
    const id = device?.id ?? "";
    await catalogue.devices.addMetrics(id, [ACTIVE_POWER]);
    await expect(catalogue.devices.addMetrics(id, [ACTIVE_POWER])).rejects.toThrow(Conflict);
    expect(catalogue.directory.allOfDevice(id)).toHaveLength(2);
  });

  test("pages through every item once", async () => {
    const site = await catalogue.sites.create(SITE);
    const serials = Array.from({ length: 23 }, (_, index) => `SN-${index}`);
    await catalogue.devices.createAll(
      serials.map((serial) => inverter(site.id, serial)),
      [ONLINE],
    );
    const seen: (string | null)[] = [];
    let cursor: string | undefined;
    do {
      const page = await catalogue.devices.list({ limit: 10, cursor });
      seen.push(...page.items.map((device) => device.serialNumber));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(serials);
    await expect(catalogue.devices.list({ limit: 10, cursor: "nonsense" })).rejects.toThrow(InvalidInput);
  });

  test("does not know what is not there", async () => {
    await expect(catalogue.sites.get("00000000-0000-7000-8000-000000000000")).rejects.toThrow(NotFound);
    await expect(catalogue.connections.credential("x")).rejects.toThrow(NotFound);
  });
});

describe("people", () => {
  test("there is one first administrator", async () => {
    const attempts = await Promise.allSettled(
      ["A@example.org", "b@example.org"].map((email) => catalogue.users.createFirstAdmin(email, "A", "hash")),
    );
    expect(attempts.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await catalogue.users.hasAdmin()).toBe(true);
  });

  test("are found by e-mail whatever its case, and by a session until it ends", async () => {
    const user = await catalogue.users.createFirstAdmin("Ada@Example.org", "Ada", "hash");
    expect((await catalogue.users.findByEmail("ADA@example.ORG"))?.user).toEqual(user);
    await catalogue.users.createSession("h1", user.id, clock.nowMs() + 1_000);
    expect(await catalogue.users.findBySession("h1")).toEqual(user);
    clock.jumpWall(1_000);
    expect(await catalogue.users.findBySession("h1")).toBeUndefined();
  });
});

describe("sessions that have ended", () => {
  test("are swept when the next one begins", async () => {
    const user = await catalogue.users.createFirstAdmin("ada@example.org", "Ada", "hash");
    await catalogue.users.createSession("ends", user.id, clock.nowMs() + 1_000);
    await catalogue.users.createSession("stays", user.id, clock.nowMs() + 1_001);
    await clock.advance(1_000);
    await catalogue.users.createSession("begins", user.id, clock.nowMs() + 1_000);
    const rows = new DatabaseSync(path()).prepare("SELECT token_hash FROM session ORDER BY token_hash").all();
    expect(rows.map((row) => row["token_hash"])).toEqual(["begins", "stays"]);
  });
});

describe("secrets at rest", () => {
  test("are sealed in the file, and open again after a restart", async () => {
    const token = "a-very-secret-token";
    const { id } = await catalogue.connections.create(CONNECTION, { token });
    expect(await catalogue.connections.credential(id)).toEqual({ token });
    await catalogue.close();
    const raw = new DatabaseSync(path()).prepare("SELECT * FROM connection").all();
    expect(
      JSON.stringify(raw, (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
      ),
    ).not.toContain(token);
    catalogue = await open();
    expect(await catalogue.connections.credential(id)).toEqual({ token });
  });

  test("the key file is for its owner alone", () => {
    expect(statSync(join(folder, "secret.key")).mode & 0o777).toBe(0o600);
  });

  test("open neither with another key, nor elsewhere, nor changed", () => {
    const sealing = new Sealing(Buffer.alloc(32, 1));
    const sealed = sealing.seal("s", "connection:1");
    expect(sealing.open(sealed, "connection:1")).toBe("s");
    expect(() => sealing.open(sealed, "connection:2")).toThrow(StartupError);
    expect(() => new Sealing(Buffer.alloc(32, 2)).open(sealed, "connection:1")).toThrow(/KILOWATCH_SECRET_KEY/);
    for (let index = 0; index < sealed.length; index++) {
      const changed = Uint8Array.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => sealing.open(changed, "connection:1")).toThrow(StartupError);
    }
  });

  test("are made once", async () => {
    const made = await Promise.all(["a", "b"].map((value) => catalogue.ownSecrets.getOrMake("key", async () => value)));
    expect(new Set(made).size).toBe(1);
    expect(await catalogue.ownSecrets.getOrMake("key", async () => "c")).toBe(made[0]);
  });
});

test("a full disk is told as such, changes nothing, and is over when there is room", async () => {
  const site = await catalogue.sites.create(SITE);
  await catalogue.close();
  const raw = new DatabaseSync(path());
  const pages = Number(raw.prepare("PRAGMA page_count").get()?.["page_count"]);
  raw.close();
  const full = await openCatalogueDatabase(path());
  await sql`PRAGMA max_page_count = ${sql.lit(pages + 2)}`.execute(full);
  const devices = new Devices(full, new SeriesDirectory(), clock);
  const many = Array.from({ length: 500 }, (_, index) => inverter(site.id, `SN-${index}`));
  await expect(devices.createAll(many, [ACTIVE_POWER])).rejects.toThrow(StorageUnavailable);
  expect(await devices.all()).toEqual([]);
  await sql`PRAGMA max_page_count = 100000`.execute(full);
  expect(await devices.createAll(many, [ACTIVE_POWER])).toHaveLength(500);
  await full.destroy();
  catalogue = await open();
});

describe("a file that cannot be used stops the start in one line", () => {
  test("damaged", async () => {
    const damaged = join(folder, "damaged.db");
    writeFileSync(damaged, "this is not a database, and long enough to be looked at as one".repeat(20));
    const opening = openCatalogue(damaged, openSealing(folder, null), clock);
    await expect(opening).rejects.toThrow(StartupError);
    await expect(opening).rejects.toThrow(/damaged\.db cannot be opened .*Restore it from a backup/);
  });

  test("written by a newer version", async () => {
    await catalogue.close();
    const raw = new DatabaseSync(path());
    raw.exec("INSERT INTO kysely_migration (name, timestamp) VALUES ('999-later', '2030-01-01')");
    raw.close();
    await expect(open()).rejects.toThrow(/written by a newer Kilowatch \(it knows "999-later"\)/);
    const repaired = new DatabaseSync(path());
    repaired.exec("DELETE FROM kysely_migration WHERE name = '999-later'");
    repaired.close();
    catalogue = await open();
  });
});
