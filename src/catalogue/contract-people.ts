import { describe, expect, test } from "vitest";
import { Conflict, InvalidInput, NotFound } from "../domain/errors.ts";
import { ACTIVE_POWER, ONLINE } from "../domain/metric.ts";
import { ANSWER_KEPT_MS } from "./answered-requests.ts";
import { ChangedMeanwhile } from "./changed.ts";
import type { ContractDatabase } from "./contract.ts";
import { inverter, Scene, SITE } from "./contract-scene.ts";
import { SESSIONS_PER_USER_MAX } from "./session-rows.ts";

/** What holds of people, of what they are and of what they make and change, on any database. */
export function peopleContract(name: string, make: () => Promise<ContractDatabase>): void {
  describe(`${name}: people`, () => {
    const scene = new Scene(make);

    test("there is one first administrator", async () => {
      const { users } = scene.catalogue;
      const attempts = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) => users.createFirstAdmin(`${index}@example.org`, "A", "hash")),
      );
      expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(attempts.every((each) => each.status === "fulfilled" || each.reason instanceof Conflict)).toBe(true);
      expect(users.hasAdmin()).toBe(true);
      expect(await scene.past((database) => database.selectFrom("user").selectAll().execute())).toHaveLength(1);
    });

    test("lose their sessions, roles and subscriptions with their account", async () => {
      const { users, sessions, memberships, subscriptions, sites } = scene.catalogue;
      await users.createFirstAdmin("a@example.org", "Ada", "hash");
      const { id } = await users.create({ email: "v@example.org", name: "V", isAdmin: false, passwordHash: "h" });
      const site = await sites.create(SITE);
      await sessions.begin("h1", id, scene.clock.nowMs() + 1_000);
      await memberships.put({ userId: id, siteId: site.id, role: "viewer" });
      await subscriptions.create(id, { name: "Mine", metricIds: ["m"] });
      await users.delete(id);
      await scene.past(async (database) => {
        expect(await database.selectFrom("session").selectAll().execute()).toEqual([]);
        expect(await database.selectFrom("membership").selectAll().execute()).toEqual([]);
        expect(await database.selectFrom("subscription").selectAll().execute()).toEqual([]);
      });
    });

    test("keep their sets of metrics, each its owner's, and change them from what they read", async () => {
      const { subscriptions } = scene.catalogue;
      const { id } = await subscriptions.create("ada", { name: "Mine", metricIds: ["m1", "m2"] });
      await subscriptions.create("bob", { name: "His", metricIds: ["m1"] });
      expect((await subscriptions.list("ada", { limit: 10 })).items.map(({ name }) => name)).toEqual(["Mine"]);
      await expect(subscriptions.get("bob", id)).rejects.toThrow(NotFound);
      expect((await subscriptions.update("ada", id, { metricIds: ["m2"] }, 1)).item).toMatchObject({
        name: "Mine",
        metricIds: ["m2"],
      });
      await expect(subscriptions.update("ada", id, { name: "Late" }, 1)).rejects.toThrow(ChangedMeanwhile);
      await expect(subscriptions.delete("bob", id)).rejects.toThrow(NotFound);
      await subscriptions.delete("ada", id);
      await expect(subscriptions.get("ada", id)).rejects.toThrow(NotFound);
    });

    test("have a repeated request answered as before, for a day", async () => {
      const { answeredRequests } = scene.catalogue;
      let deeds = 0;
      const ask = (fingerprint = "f") =>
        answeredRequests.once({ ownerId: "ada", key: "k", fingerprint }, () => Promise.resolve({ deed: ++deeds }));
      expect(await ask()).toEqual({ answer: { deed: 1 }, isRepeated: false });
      expect(await ask()).toEqual({ answer: { deed: 1 }, isRepeated: true });
      await expect(ask("other")).rejects.toThrow(InvalidInput);
      scene.clock.jumpWall(ANSWER_KEPT_MS);
      expect(await ask("other")).toEqual({ answer: { deed: 2 }, isRepeated: false });
    });

    test("delete what they made: a device with its metrics, whose series are remembered; no site with devices", async () => {
      const { devices, directory, metrics, sites } = scene.catalogue;
      const site = await sites.create(SITE);
      const [device] = await devices.createAll([inverter(site.id, "A")], [ACTIVE_POWER, ONLINE]);
      const [first, second] = directory.allOfDevice(device?.id ?? "");
      await metrics.delete(first?.metricId ?? "");
      await expect(metrics.delete(second?.metricId ?? "")).rejects.toThrow(Conflict);
      await expect(sites.delete(site.id)).rejects.toThrow(Conflict);
      await devices.update(device?.id ?? "", { serialNumber: "B" }, null);
      expect(await devices.formerUnits(device?.id ?? "")).toMatchObject([{ serialNumber: "A" }]);
      await devices.delete(device?.id ?? "");
      await expect(devices.get(device?.id ?? "")).rejects.toThrow(NotFound);
      const again = (await scene.reopen()).directory;
      expect([again.kindOf(first?.series ?? 0), again.kindOf(second?.series ?? 0)]).toEqual([
        first?.kind,
        second?.kind,
      ]);
      expect(again.hasSeries(first?.series ?? 0)).toBe(false);
      await scene.catalogue.sites.delete(site.id);
    });

    test("and what belongs to something that was deleted meanwhile is refused, and not there", async () => {
      const { devices, memberships, metrics, sessions, sites, users } = scene.catalogue;
      const site = await sites.create(SITE);
      const [device] = await devices.createAll([inverter(site.id, "A")], [ACTIVE_POWER]);
      const { id: userId } = await users.create({
        email: "v@example.org",
        name: "V",
        isAdmin: false,
        passwordHash: "h",
      });
      // Past the repositories: they have looked, and find it gone when they write.
      await scene.past(async (database) => {
        for (const table of ["metric", "device", "site", "user"] as const) await database.deleteFrom(table).execute();
      });
      await expect(metrics.add(device?.id ?? "", [ONLINE])).rejects.toThrow(NotFound);
      await expect(devices.createAll([inverter(site.id, "B")], [])).rejects.toThrow(NotFound);
      await expect(memberships.put({ userId, siteId: site.id, role: "viewer" })).rejects.toThrow(NotFound);
      await expect(sessions.begin("h", userId, scene.clock.nowMs() + 1_000)).rejects.toThrow(NotFound);
      expect([memberships.of(userId).size, sessions.userOf("h")]).toEqual([0, undefined]);
    });

    test("are found by e-mail whatever its case, also after a restart", async () => {
      const user = await scene.catalogue.users.createFirstAdmin("Ada@Example.org", "Ada", "hash");
      expect(scene.catalogue.users.findByEmail("ADA@example.ORG")?.user).toEqual(user);
      await scene.reopen();
      expect(scene.catalogue.users.findByEmail("ADA@example.ORG")?.user).toEqual(user);
      expect(scene.catalogue.users.findByEmail("ada@example.com")).toBeUndefined();
    });

    test("change only from what was read, and keep an administrator", async () => {
      const { users } = scene.catalogue;
      const ada = await users.createFirstAdmin("ada@example.org", "Ada", "hash");
      const bob = await users.create({ email: "Bob@example.org", name: "Bob", isAdmin: false, passwordHash: "hash" });
      const { version } = users.get(bob.id);
      expect((await users.update(bob.id, { email: "ROB@example.org" }, version)).item.email).toBe("rob@example.org");
      await expect(users.update(bob.id, { name: "Robert" }, version)).rejects.toThrow(ChangedMeanwhile);
      expect([users.findByEmail("bob@example.org"), users.findByEmail("rob@example.org")?.user.id]).toEqual([
        undefined,
        bob.id,
      ]);
      await expect(users.update(bob.id, { email: "ADA@example.org" }, null)).rejects.toThrow(Conflict);
      await expect(users.update(ada.id, { isAdmin: false }, null)).rejects.toThrow(Conflict);
      await expect(users.delete(ada.id)).rejects.toThrow(Conflict);
      await users.update(bob.id, { isAdmin: true }, null);
      await users.delete(ada.id);
      await expect(users.delete(bob.id)).rejects.toThrow(Conflict);
    });

    test("two administrators who demote each other leave one", async () => {
      const { users } = scene.catalogue;
      const ada = await users.createFirstAdmin("ada@example.org", "Ada", "hash");
      const bob = await users.create({ email: "bob@example.org", name: "Bob", isAdmin: true, passwordHash: "hash" });
      const demoted = await Promise.allSettled([ada, bob].map(({ id }) => users.update(id, { isAdmin: false }, null)));
      expect(demoted.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      expect(users.hasAdmin()).toBe(true);
    });

    test("a session is somebody's until it ends, over a restart; one more than the most ends the oldest", async () => {
      const { id } = await scene.catalogue.users.createFirstAdmin("ada@example.org", "Ada", "hash");
      await scene.catalogue.sessions.begin("h1", id, scene.clock.nowMs() + 1_000);
      await scene.reopen();
      expect(scene.catalogue.sessions.userOf("h1")).toBe(id);
      scene.clock.jumpWall(999);
      expect(scene.catalogue.sessions.userOf("h1")).toBe(id);
      scene.clock.jumpWall(1);
      expect(scene.catalogue.sessions.userOf("h1")).toBeUndefined();
      for (let count = 0; count <= SESSIONS_PER_USER_MAX; count++) {
        await scene.catalogue.sessions.begin(`s${count}`, id, scene.clock.nowMs() + 1_000);
      }
      expect(scene.catalogue.sessions.userOf("s0")).toBeUndefined();
      expect(scene.catalogue.sessions.userOf("s1")).toBe(id);
      await scene.catalogue.sessions.endAllOf(id);
      expect(scene.catalogue.sessions.userOf(`s${SESSIONS_PER_USER_MAX}`)).toBeUndefined();
    });

    test("sessions that have ended are swept when the next one begins", async () => {
      const { id } = await scene.catalogue.users.createFirstAdmin("ada@example.org", "Ada", "hash");
      await scene.catalogue.sessions.begin("ends", id, scene.clock.nowMs() + 1_000);
      await scene.catalogue.sessions.begin("stays", id, scene.clock.nowMs() + 1_001);
      await scene.clock.advance(1_000);
      await scene.catalogue.sessions.begin("begins", id, scene.clock.nowMs() + 1_000);
      const left = await scene.past((database) => database.selectFrom("session").select("token_hash").execute());
      expect(left.map((row) => row.token_hash).sort()).toEqual(["begins", "stays"]);
    });

    test("are what they are on a site until they are taken off it, and go with it and with themselves", async () => {
      const site = await scene.catalogue.sites.create(SITE);
      const user = await scene.catalogue.users.create({
        email: "v@example.org",
        name: "V",
        isAdmin: false,
        passwordHash: "h",
      });
      await scene.catalogue.memberships.put({ userId: user.id, siteId: site.id, role: "viewer" });
      const before = scene.catalogue.memberships.of(user.id);
      await scene.catalogue.memberships.put({ userId: user.id, siteId: site.id, role: "technician" });
      expect([before.get(site.id), scene.catalogue.memberships.of(user.id).get(site.id)]).toEqual([
        "viewer",
        "technician",
      ]);
      await scene.reopen();
      expect(scene.catalogue.memberships.ofSite(site.id, { limit: 10 })).toMatchObject({
        items: [{ userId: user.id, siteId: site.id, role: "technician" }],
        nextCursor: null,
      });
      await scene.catalogue.memberships.remove(user.id, site.id);
      expect(scene.catalogue.memberships.of(user.id).size).toBe(0);
      await expect(scene.catalogue.memberships.remove(user.id, site.id)).rejects.toThrow(NotFound);
    });
  });
}
