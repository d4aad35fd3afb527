import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { Conflict } from "../domain/errors.ts";
import { ACTIVE_POWER, ONLINE } from "../domain/metric.ts";
import type { ContractDatabase } from "./contract.ts";
import { CONNECTION, inverter, Scene, SITE } from "./contract-scene.ts";
import { MIGRATIONS } from "./migrations/migrate.ts";

const SERVERS = 6;

/** What holds when several servers use one database at once. */
export function serversContract(name: string, make: () => Promise<ContractDatabase>): void {
  describe(`${name}: several servers`, () => {
    const scene = new Scene(make, { isOpen: false });

    async function withServers<T>(work: (servers: Awaited<ReturnType<Scene["open"]>>[]) => Promise<T>): Promise<T> {
      const opening = await Promise.allSettled(Array.from({ length: SERVERS }, () => scene.open()));
      const servers = opening.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
      try {
        expect(opening.filter((each) => each.status === "rejected")).toEqual([]);
        return await work(servers);
      } finally {
        await Promise.all(servers.map((server) => server.close()));
      }
    }

    test("that start at once migrate an empty database once", async () => {
      await withServers(async ([one, other]) => {
        const site = await one?.sites.create(SITE);
        expect(await other?.sites.get(site?.id ?? "")).toEqual(site);
      });
      const { rows } = await scene.past((database) =>
        sql<{ name: string }>`select name from kysely_migration order by name`.execute(database),
      );
      expect(rows.map((row) => row.name)).toEqual(Object.keys(MIGRATIONS));
    });

    test("make one first administrator", async () => {
      await withServers(async (servers) => {
        const attempts = await Promise.allSettled(
          servers.map(({ users }, index) => users.createFirstAdmin(`${index}@example.org`, "A", "hash")),
        );
        expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
        for (const each of attempts) if (each.status === "rejected") expect(each.reason).toBeInstanceOf(Conflict);
      });
      expect(await scene.past((database) => database.selectFrom("user").selectAll().execute())).toHaveLength(1);
    });

    test("make a secret of their own once", async () => {
      await withServers(async (servers) => {
        const made = await Promise.all(
          servers.map(({ ownSecrets }, index) => ownSecrets.getOrMake("key", async () => `${index}`)),
        );
        expect(new Set(made).size).toBe(1);
      });
    });

    test("make one data key, and open what each of them seals", async () => {
      await withServers(async (servers) => {
        const made = await Promise.all(
          servers.map(({ connections }, index) => connections.create(CONNECTION, { token: `${index}` })),
        );
        for (const { connections } of servers) {
          const tokens = await Promise.all(made.map(async ({ id }) => (await connections.credential(id))["token"]));
          expect(tokens).toEqual(servers.map((_, index) => `${index}`));
        }
      });
      const dataKeys = await scene.past((database) => database.selectFrom("sealing_key").select("number").execute());
      expect(dataKeys).toEqual([{ number: 1 }]);
    });

    test("give out no series number twice", async () => {
      await withServers(async (servers) => {
        const site = await servers[0]?.sites.create(SITE);
        const devices = await Promise.all(
          servers.map((server) => server.devices.createAll([inverter(site?.id ?? "", null)], [ACTIVE_POWER, ONLINE])),
        );
        const series = devices.flatMap(([device], index) =>
          (servers[index]?.directory.allOfDevice(device?.id ?? "") ?? []).map((owner) => owner.series),
        );
        expect(new Set(series).size).toBe(SERVERS * 2);
      });
    });
  });
}
