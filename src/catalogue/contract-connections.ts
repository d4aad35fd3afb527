import { describe, expect, test } from "vitest";
import { Conflict, NotFound } from "../domain/errors.ts";
import type { ListedDevice } from "../domain/listed-device.ts";
import { ACTIVE_POWER, ONLINE } from "../domain/metric.ts";
import { ChangedMeanwhile } from "./changed.ts";
import type { ContractDatabase } from "./contract.ts";
import { CONNECTION, inverter, Scene, SITE } from "./contract-scene.ts";

const NOWHERE = "00000000-0000-7000-8000-000000000000";

/** What vendor accounts and the lists of their devices do. */
export function connectionsContract(name: string, make: () => Promise<ContractDatabase>): void {
  describe(`${name}: connections`, () => {
    const scene = new Scene(make);

    test("begin at version 1, polled, with no bounds, and are paged", async () => {
      const { connections } = scene.catalogue;
      const created = [];
      for (let number = 0; number < 5; number++) created.push(await connections.create(CONNECTION, {}));
      expect(created[0]).toMatchObject({ pausedAtMs: null, laneShares: {}, version: 1 });
      expect(await connections.get(created[2]?.id ?? "")).toEqual(created[2]);
      const first = await connections.page({ limit: 3 });
      const second = await connections.page({ limit: 3, cursor: first.nextCursor ?? undefined });
      expect([...first.items, ...second.items]).toEqual(created);
      expect(second.nextCursor).toBeNull();
    });

    test("change what a patch names, from the version that it was made from", async () => {
      const { connections } = scene.catalogue;
      const created = await connections.create({ ...CONNECTION, laneShares: { repair: 0.5 } }, { token: "t" });
      const laneShares = { history: 0.25 };
      const changed = await connections.update(created.id, { pollIntervalMs: 5_000, laneShares }, 1);
      expect(changed).toEqual({ ...created, pollIntervalMs: 5_000, laneShares, version: 2 });
      await expect(connections.update(created.id, { name: "Late" }, 1)).rejects.toThrow(ChangedMeanwhile);
      await expect(connections.update(NOWHERE, { name: "None" }, null)).rejects.toThrow(NotFound);
      expect(await (await scene.reopen()).connections.get(created.id)).toEqual(changed);
    });

    test("pause and resume, and doing either again changes nothing", async () => {
      const { connections } = scene.catalogue;
      const { id } = await connections.create(CONNECTION, {});
      const paused = await connections.pause(id);
      expect(paused).toMatchObject({ pausedAtMs: scene.clock.nowMs(), version: 2 });
      scene.clock.jumpWall(60_000);
      expect(await connections.pause(id)).toEqual(paused);
      const resumed = await connections.resume(id);
      expect(resumed).toMatchObject({ pausedAtMs: null, version: 3 });
      expect(await connections.resume(id)).toEqual(resumed);
      await expect(connections.pause(NOWHERE)).rejects.toThrow(NotFound);
      await expect(connections.resume(NOWHERE)).rejects.toThrow(NotFound);
    });

    test("take another credential, sealed as the first was", async () => {
      const { connections } = scene.catalogue;
      const { id } = await connections.create(CONNECTION, { token: "the first" });
      expect(await connections.replaceCredential(id, { token: "the-second-token" })).toMatchObject({ version: 2 });
      expect(await connections.credential(id)).toEqual({ token: "the-second-token" });
      const [row] = await scene.past((database) => database.selectFrom("connection").selectAll().execute());
      expect(Buffer.from(row?.credential_sealed ?? []).toString("latin1")).not.toContain("the-second-token");
      await expect(connections.replaceCredential(NOWHERE, {})).rejects.toThrow(NotFound);
    });

    test("leave their devices where they are when they are removed, unless these are to go too", async () => {
      const { connections, devices, sites, directory } = scene.catalogue;
      const site = await sites.create(SITE);
      const connect = (serials: readonly string[]) =>
        connections.create(
          CONNECTION,
          {},
          serials.map((serial) => inverter(site.id, serial)),
          [ACTIVE_POWER, ONLINE],
        );
      const kept = await connect(["A", "B"]);
      const ended = await connect(["A", "C"]);
      const [deviceKept] = await devices.ofConnection(kept.id);
      const [deviceEnded] = await devices.ofConnection(ended.id);
      const series = directory.ofDevice(deviceEnded?.id ?? "", "online")?.series ?? 0;

      await connections.remove(kept.id, "keep");
      expect(await devices.get(deviceKept?.id ?? "")).toEqual({ ...deviceKept, connectionId: null });
      expect(directory.device(deviceKept?.id ?? "")?.connectionId).toBeNull();
      await connections.remove(ended.id, "delete");
      await expect(devices.get(deviceEnded?.id ?? "")).rejects.toThrow(NotFound);
      expect(directory.device(deviceEnded?.id ?? "")).toBeUndefined();
      expect(directory.deviceOfSite(site.id, "C")).toBeUndefined();
      expect(directory.deviceOfSite(site.id, "A")?.id).toBe(deviceKept?.id);
      expect(directory.kindOf(series)).toBe("state");

      expect(await connections.list()).toEqual([]);
      await expect(connections.remove(kept.id, "keep")).rejects.toThrow(NotFound);
      const again = await scene.reopen();
      expect((await again.devices.all()).map(({ serialNumber }) => serialNumber)).toEqual(["A", "B"]);
      expect(again.directory.kindOf(series)).toBe("state");
      expect(Array.from(again.directory.all(), ({ deviceId }) => deviceId)).not.toContain(deviceEnded?.id);
    });
  });

  describe(`${name}: what vendors list`, () => {
    const scene = new Scene(make);
    const listed = (serialNumber: string, goneAtMs: number | null = null): ListedDevice => ({
      device: {
        serialNumber,
        name: `Signal ${serialNumber}`,
        kind: "sensor",
        model: null,
        site: "Hydro",
        timezone: null,
        metrics: [ACTIVE_POWER],
      },
      formerName: null,
      firstSeenMs: 1,
      lastSeenMs: 2,
      goneAtMs,
    });

    test("is kept by connection, each list in the place of the one before, and goes with its connection", async () => {
      const { connections, listedDevices } = scene.catalogue;
      const [one, other] = [await connections.create(CONNECTION, {}), await connections.create(CONNECTION, {})];
      expect(await listedDevices.of(one.id)).toEqual([]);
      await listedDevices.replace(one.id, [listed("b"), listed("B"), listed("a", 3)]);
      await listedDevices.replace(other.id, [listed("x")]);
      expect((await listedDevices.of(one.id)).map(({ device }) => device.serialNumber)).toEqual(["B", "a", "b"]);
      await listedDevices.replace(one.id, [listed("a")]);
      expect(await (await scene.reopen()).listedDevices.of(one.id)).toEqual([listed("a")]);
      await scene.catalogue.connections.remove(one.id, "keep");
      expect(await scene.catalogue.listedDevices.of(one.id)).toEqual([]);
      expect(await scene.catalogue.listedDevices.of(other.id)).toHaveLength(1);
      await expect(scene.catalogue.listedDevices.replace(one.id, [listed("a")])).rejects.toThrow(NotFound);
    });

    test("can be picked with metrics of each device's own, all or none", async () => {
      const { connections, devices, directory, sites } = scene.catalogue;
      const site = await sites.create(SITE);
      const { id } = await connections.create(CONNECTION, {});
      const picked = [inverter(site.id, "A", id), inverter(site.id, "B", id)];
      const created = await devices.createAll(picked, ({ serialNumber }) => [
        serialNumber === "A" ? ACTIVE_POWER : ONLINE,
      ]);
      const names = created.map((device) => directory.allOfDevice(device.id).map(({ metricName }) => metricName));
      expect(names).toEqual([["active_power"], ["online"]]);
      const again = [inverter(site.id, "C", id), inverter(site.id, "B", id)];
      await expect(devices.createAll(again, () => [ONLINE])).rejects.toThrow(Conflict);
      expect(await devices.ofConnection(id)).toHaveLength(2);
    });
  });
}
