import { describe, expect, test } from "vitest";
import { Conflict, InvalidInput, NotFound } from "../domain/errors.ts";
import { ACTIVE_POWER, ONLINE } from "../domain/metric.ts";
import type { ContractDatabase } from "./contract.ts";
import { CONNECTION, inverter, Scene, SITE } from "./contract-scene.ts";
import { METRICS_PER_READ } from "./devices.ts";
import { refusingDoubles } from "./integrity.ts";
import { SERIES_MAX } from "./metric-rows.ts";

/** What the repositories of sites, devices, metrics, connections, people and secrets do. */
export function repositoriesContract(name: string, make: () => Promise<ContractDatabase>): void {
  describe(`${name}: the catalogue`, () => {
    const scene = new Scene(make);

    test("keeps sites, devices and metrics over a restart, and the directory with them", async () => {
      const { sites, devices } = scene.catalogue;
      const site = await sites.create(SITE);
      const created = await devices.createAll([inverter(site.id, "A"), inverter(site.id, "B")], [ACTIVE_POWER, ONLINE]);
      const [a] = created;
      const again = await scene.reopen();
      expect(await again.sites.get(site.id)).toEqual(site);
      expect((await again.devices.list({ limit: 10 }, new Set([site.id]))).items).toEqual(created);
      const owner = again.directory.ofDevice(a?.id ?? "", "active_power");
      expect(owner).toMatchObject({ deviceId: a?.id, siteId: site.id, unit: "W", kind: "gauge" });
      expect(again.directory.bySeries(owner?.series ?? 0)).toEqual(owner);
      expect(again.directory.byMetric(owner?.metricId ?? "")).toEqual(owner);
    });

    test("gives every metric a series number of its own, and none twice", async () => {
      const { sites, devices, directory } = scene.catalogue;
      const site = await sites.create(SITE);
      const created = await devices.createAll([inverter(site.id, "A"), inverter(site.id, "B")], [ACTIVE_POWER, ONLINE]);
      const series = created.flatMap(({ id }) => directory.allOfDevice(id).map((owner) => owner.series));
      expect(new Set(series).size).toBe(4);
      const last = Math.max(...series);
      await scene.past(async (database) => {
        await database.deleteFrom("metric").where("series", "=", last).execute();
        await database.deleteFrom("series").where("number", "=", last).execute();
      });
      await devices.createAll([inverter(site.id, "C")], [ONLINE]);
      expect(Math.max(...Array.from(directory.all(), (owner) => owner.series))).toBeGreaterThan(last);
    });

    test("gives out the last series number there is, and then says so", async () => {
      const { sites, devices, directory } = scene.catalogue;
      const site = await sites.create(SITE);
      const [device] = await devices.createAll([inverter(site.id, "A")], [ONLINE]);
      const id = device?.id ?? "";
      await scene.past((database) => scene.database.numberSeriesFrom(database, SERIES_MAX));
      const [metric] = await scene.catalogue.metrics.add(id, [ACTIVE_POWER]);
      expect(metric?.series).toBe(4_294_967_295);
      await expect(scene.catalogue.metrics.add(id, [{ ...ONLINE, name: "more" }])).rejects.toThrow(Conflict);
      expect(directory.allOfDevice(id)).toHaveLength(2);
      expect((await scene.reopen()).directory.allOfDevice(id)).toHaveLength(2);
    });

    test("knows the metrics in the order in which they came, also when their rows were written since", async () => {
      const { sites, devices } = scene.catalogue;
      const site = await sites.create(SITE);
      await devices.createAll([inverter(site.id, "A"), inverter(site.id, "B")], [ACTIVE_POWER, ONLINE]);
      const before = Array.from(scene.catalogue.directory.all(), ({ series }) => series);
      await scene.past((database) =>
        database.updateTable("metric").set({ unit: "kW" }).where("series", "=", 1).execute(),
      );
      expect(Array.from((await scene.reopen()).directory.all(), ({ series }) => series)).toEqual(before);
    });

    test("creates all devices of a call or none", async () => {
      const { sites, devices, connections, directory } = scene.catalogue;
      const site = await sites.create(SITE);
      const connection = await connections.create(CONNECTION, { token: "t" });
      await devices.createAll([inverter(site.id, "A", connection.id)], [ONLINE]);
      const again = [inverter(site.id, "B", connection.id), inverter(site.id, "A", connection.id)];
      await expect(devices.createAll(again, [ONLINE])).rejects.toThrow(
        new Conflict("There is a serial number A already."),
      );
      expect(await devices.ofConnection(connection.id)).toHaveLength(1);
      expect([...directory.all()]).toHaveLength(1);
    });

    test("takes devices without a serial number, and the same one under two connections", async () => {
      const { sites, devices, connections } = scene.catalogue;
      const site = await sites.create(SITE);
      const one = await connections.create(CONNECTION, {}, [inverter(site.id, "A"), inverter(site.id, null)]);
      await connections.create(CONNECTION, {}, [inverter(site.id, "A"), inverter(site.id, null)]);
      await devices.createAll([inverter(site.id, null, one.id), inverter(site.id, "A"), inverter(site.id, "A")], []);
      const all = await devices.all();
      expect(all).toHaveLength(7);
      const members = all.map(({ id, siteId, kind, ratedPowerW, connectionId }) => ({
        id,
        siteId,
        kind,
        ratedPowerW,
        connectionId,
      }));
      expect(new Set(await devices.members())).toEqual(new Set(members));
    });

    test("adds a metric once", async () => {
      const { sites, devices, directory } = scene.catalogue;
      const site = await sites.create(SITE);
      const [device] = await devices.createAll([inverter(site.id, "A")], [ONLINE]);
      const id = device?.id ?? "";
      await scene.catalogue.metrics.add(id, [ACTIVE_POWER]);
      await expect(scene.catalogue.metrics.add(id, [ACTIVE_POWER])).rejects.toThrow(Conflict);
      expect(directory.allOfDevice(id)).toHaveLength(2);
    });

    test("takes no device of a site that is not there, and none of a call with one", async () => {
      const { sites, devices } = scene.catalogue;
      const site = await sites.create(SITE);
      const nowhere = inverter("00000000-0000-7000-8000-000000000000", "B");
      await expect(devices.createAll([inverter(site.id, "A"), nowhere], [ONLINE])).rejects.toThrow();
      expect(await devices.all()).toEqual([]);
    });

    test("pages through every item once", async () => {
      const { sites, devices } = scene.catalogue;
      const site = await sites.create(SITE);
      const serials = Array.from({ length: 23 }, (_, index) => `SN-${index}`);
      await devices.createAll(
        serials.map((serial) => inverter(site.id, serial)),
        [ONLINE],
      );
      const seen: (string | null)[] = [];
      let cursor: string | undefined;
      do {
        const page = await devices.list({ limit: 10, cursor }, null);
        seen.push(...page.items.map((device) => device.serialNumber));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen).toEqual(serials);
      await expect(devices.list({ limit: 10, cursor: "nonsense" }, null)).rejects.toThrow(InvalidInput);
    });

    test("does not know what is not there", async () => {
      const { sites, connections } = scene.catalogue;
      await expect(sites.get("00000000-0000-7000-8000-000000000000")).rejects.toThrow(NotFound);
      await expect(connections.credential("x")).rejects.toThrow(NotFound);
      await expect(connections.moveTo("x", "http://localhost")).rejects.toThrow(NotFound);
      expect(await sites.findByName("nowhere")).toBeUndefined();
    });

    test("finds the oldest of two sites with a name", async () => {
      const { sites } = scene.catalogue;
      const [oldest] = [await sites.create(SITE), await sites.create(SITE)];
      await scene.past((database) =>
        database.updateTable("site").set({ peak_power_w: 1 }).where("id", "=", oldest.id).execute(),
      );
      expect((await sites.findByName(SITE.name))?.id).toBe(oldest.id);
    });

    test("moves a connection, and finds its credential there", async () => {
      const { connections } = scene.catalogue;
      const { id } = await connections.create(CONNECTION, { token: "t" });
      await connections.moveTo(id, "http://localhost:4000");
      expect((await connections.list())[0]).toMatchObject({ id, baseUrl: "http://localhost:4000" });
      expect(await connections.credential(id)).toEqual({ token: "t" });
    });

    test("takes more calls at once than it has connections", async () => {
      const { sites, devices } = scene.catalogue;
      const site = await sites.create(SITE);
      const serials = Array.from({ length: 60 }, (_, index) => `SN-${index}`);
      await Promise.all(
        serials.map((serial) => devices.createAll([inverter(site.id, serial)], [ACTIVE_POWER, ONLINE])),
      );
      expect((await devices.all()).map(({ serialNumber }) => serialNumber).sort()).toEqual(serials.sort());
      expect(new Set(Array.from(scene.catalogue.directory.all(), ({ series }) => series)).size).toBe(120);
    });

    test("takes a fleet that a push source brings, counts its metrics as a number, and knows them all after a restart", async () => {
      const { sites, enrolment, directory } = scene.catalogue;
      const site = await sites.create(SITE);
      // Two metrics each: more than are read at once at a start.
      const devices = Array.from({ length: METRICS_PER_READ / 2 + 1 }, (_, index) => ({
        ...inverter(site.id, null),
        id: `00000000-0000-7000-8000-${String(index).padStart(12, "0")}`,
        createdAtMs: 0,
        pushedAs: JSON.stringify([null, `${index}`]),
      }));
      const metrics = devices.flatMap(({ id }) =>
        [ACTIVE_POWER, ONLINE].map((metric) => ({ ...metric, deviceId: id })),
      );
      await enrolment.enrol("open", { sites: [], devices, metrics });
      expect(await enrolment.metricsOf("open")).toBe(METRICS_PER_READ + 2);
      expect(await enrolment.metricsOf("nobody")).toBe(0);
      const known = Array.from(directory.all(), ({ series, metricId }) => [series, metricId]);
      expect(Array.from((await scene.reopen()).directory.all(), ({ series, metricId }) => [series, metricId])).toEqual(
        known,
      );
    });

    test("refuses a double of a primary key as it does one of a unique column", async () => {
      const row = { name: "key", sealed: Buffer.of(1) };
      await scene.past(async (database) => {
        const insert = () =>
          refusingDoubles("secret of that name", () => database.insertInto("own_secret").values(row).execute());
        await insert();
        await expect(insert()).rejects.toThrow(new Conflict("There is a secret of that name already."));
      });
    });
  });

  describe(`${name}: secrets at rest`, () => {
    const scene = new Scene(make);

    test("are sealed in the database, and open again after a restart", async () => {
      const token = "a-very-secret-token";
      const { id } = await scene.catalogue.connections.create(CONNECTION, { token });
      expect(await scene.catalogue.connections.credential(id)).toEqual({ token });
      const [row] = await scene.past((database) => database.selectFrom("connection").selectAll().execute());
      expect(row?.credential_sealed).toBeInstanceOf(Uint8Array);
      expect(Buffer.from(row?.credential_sealed ?? []).toString("latin1")).not.toContain(token);
      expect(await (await scene.reopen()).connections.credential(id)).toEqual({ token });
    });

    test("are made once", async () => {
      const { ownSecrets } = scene.catalogue;
      const made = await Promise.all(["a", "b"].map((value) => ownSecrets.getOrMake("key", async () => value)));
      expect(new Set(made).size).toBe(1);
      expect(await ownSecrets.getOrMake("key", async () => "c")).toBe(made[0]);
    });
  });
}
