import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Conflict, NotFound } from "../domain/errors.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { type Catalogue, openCatalogue } from "./catalogue.ts";
import { ChangedMeanwhile } from "./changed.ts";
import { openSealing } from "./sealing.ts";
import { SESSIONS_PER_USER_MAX } from "./session-rows.ts";

let folder: string;
let catalogue: Catalogue;
const clock = new VirtualClock();
const open = () => openCatalogue(join(folder, "catalogue.db"), openSealing(folder, null), clock);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-people-"));
  catalogue = await open();
});

afterEach(async () => {
  await catalogue.close();
  rmSync(folder, { recursive: true });
});

const SITE = { name: "Calama", timezone: "America/Santiago", latitude: null, longitude: null, peakPowerW: null };

test("there is one first administrator", async () => {
  const attempts = await Promise.allSettled(
    ["A@example.org", "b@example.org"].map((email) => catalogue.users.createFirstAdmin(email, "A", "hash")),
  );
  expect(attempts.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(catalogue.users.hasAdmin()).toBe(true);
});

test("are found by e-mail whatever its case, also after a restart", async () => {
  const user = await catalogue.users.createFirstAdmin("Ada@Example.org", "Ada", "hash");
  expect(catalogue.users.findByEmail("ADA@example.ORG")?.user).toEqual(user);
  await catalogue.close();
  catalogue = await open();
  expect(catalogue.users.findByEmail("ADA@example.ORG")?.user).toEqual(user);
  expect(catalogue.users.findByEmail("ada@example.com")).toBeUndefined();
});

test("change only from what was read, and keep an administrator", async () => {
  const { users } = catalogue;
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
  const { users } = catalogue;
  const ada = await users.createFirstAdmin("ada@example.org", "Ada", "hash");
  const bob = await users.create({ email: "bob@example.org", name: "Bob", isAdmin: true, passwordHash: "hash" });
  const demoted = await Promise.allSettled([ada, bob].map(({ id }) => users.update(id, { isAdmin: false }, null)));
  expect(demoted.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(users.hasAdmin()).toBe(true);
});

test("a session is somebody's until it ends, over a restart; one more than the most ends the oldest", async () => {
  const { id } = await catalogue.users.createFirstAdmin("ada@example.org", "Ada", "hash");
  await catalogue.sessions.begin("h1", id, clock.nowMs() + 1_000);
  await catalogue.close();
  catalogue = await open();
  expect(catalogue.sessions.userOf("h1")).toBe(id);
  clock.jumpWall(999);
  expect(catalogue.sessions.userOf("h1")).toBe(id);
  clock.jumpWall(1);
  expect(catalogue.sessions.userOf("h1")).toBeUndefined();
  for (let count = 0; count <= SESSIONS_PER_USER_MAX; count++) {
    await catalogue.sessions.begin(`s${count}`, id, clock.nowMs() + 1_000);
  }
  expect(catalogue.sessions.userOf("s0")).toBeUndefined();
  expect(catalogue.sessions.userOf("s1")).toBe(id);
  await catalogue.sessions.endAllOf(id);
  expect(catalogue.sessions.userOf(`s${SESSIONS_PER_USER_MAX}`)).toBeUndefined();
});

test("sessions that have ended are swept when the next one begins", async () => {
  const { id } = await catalogue.users.createFirstAdmin("ada@example.org", "Ada", "hash");
  await catalogue.sessions.begin("ends", id, clock.nowMs() + 1_000);
  await catalogue.sessions.begin("stays", id, clock.nowMs() + 1_001);
  await clock.advance(1_000);
  await catalogue.sessions.begin("begins", id, clock.nowMs() + 1_000);
  const file = new DatabaseSync(join(folder, "catalogue.db"), { readOnly: true });
  const rows = file.prepare("SELECT token_hash FROM session ORDER BY token_hash").all();
  file.close();
  expect(rows.map((row) => row["token_hash"])).toEqual(["begins", "stays"]);
});

test("are what they are on a site until they are taken off it, and go with it and with themselves", async () => {
  const site = await catalogue.sites.create(SITE);
  const user = await catalogue.users.create({ email: "v@example.org", name: "V", isAdmin: false, passwordHash: "h" });
  await catalogue.memberships.put({ userId: user.id, siteId: site.id, role: "viewer" });
  const before = catalogue.memberships.of(user.id);
  await catalogue.memberships.put({ userId: user.id, siteId: site.id, role: "technician" });
  expect([before.get(site.id), catalogue.memberships.of(user.id).get(site.id)]).toEqual(["viewer", "technician"]);
  await catalogue.close();
  catalogue = await open();
  expect(catalogue.memberships.ofSite(site.id)).toEqual([{ userId: user.id, siteId: site.id, role: "technician" }]);
  await catalogue.memberships.remove(user.id, site.id);
  expect(catalogue.memberships.of(user.id).size).toBe(0);
  await expect(catalogue.memberships.remove(user.id, site.id)).rejects.toThrow(NotFound);
});
