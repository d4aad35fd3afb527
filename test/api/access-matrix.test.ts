import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Permission } from "../../src/access/permissions.ts";
import { ADMIN, type ApiServer, startApiServer } from "./api-server.ts";

/*
 * Every route × every kind of actor × their own, another's and no object. What is expected is written down here once more,
 * in other words than the server's, so that a mistake must be made twice.
 */

const ACTORS = [
  "nobody",
  "viewer",
  "technician",
  "admin",
  "viewer elsewhere",
  "technician elsewhere",
  "revoked key",
  "expired token",
  "ingest key",
  "read key",
] as const;
type ActorName = (typeof ACTORS)[number];
const TARGETS = ["own", "foreign", "missing"] as const;
type TargetName = (typeof TARGETS)[number];

const NO_ID = "01900000-0000-7000-8000-000000000000";
const READ: readonly Permission[] = ["site:read", "device:read", "metric:read"];
const WORK: readonly Permission[] = [
  "device:create",
  "device:update",
  "device:delete",
  "metric:create",
  "metric:update",
  "metric:delete",
];
const BY_KEY: Partial<Record<ActorName, readonly Permission[]>> = {
  "ingest key": ["data:push"],
  "read key": [...READ, "data:read"],
};

interface Place {
  readonly siteId: string;
  deviceId: string;
  metricId: string;
}

let server: ApiServer;
let own: Place;
let foreign: Place;
const credentials = new Map<ActorName, Record<string, string>>();
const subscriptionIds = new Map<ActorName, string>();
let admin: Record<string, string>;
let personId: string;
let count = 0;

async function call(method: string, url: string, headers: Record<string, string>, payload?: object) {
  const body = payload === undefined ? {} : { payload };
  return server.app.inject({ method: method as "GET", url, headers, ...body });
}

async function made<T>(url: string, payload: object): Promise<T> {
  const answer = await call("POST", `/api/v1${url}`, admin, payload);
  expect(answer.statusCode, `${url}: ${answer.body}`).toBe(201);
  return answer.json<T>();
}

async function deviceAt(siteId: string): Promise<Omit<Place, "siteId">> {
  const metrics = ["active_power", "voltage"].map((name) => ({ name, unit: "W" }));
  const name = `Meter ${count++}`;
  const device = await made<{ id: string; metrics: { id: string }[] }>(`/sites/${siteId}/devices`, {
    name,
    kind: "meter",
    metrics,
  });
  return { deviceId: device.id, metricId: device.metrics[0]?.id ?? "" };
}

async function placeNamed(name: string): Promise<Place> {
  const { id: siteId } = await made<{ id: string }>("/sites", { name, timezone: "UTC" });
  return { siteId, ...(await deviceAt(siteId)) };
}

async function person(role: string | null, siteId: string): Promise<{ id: string; bearer: Record<string, string> }> {
  const email = `person${count++}@example.org`;
  const { id } = await made<{ id: string }>("/users", { email, name: "Somebody", password: ADMIN.password });
  if (role !== null) await call("PUT", `/api/v1/sites/${siteId}/members/${id}`, admin, { role });
  const login = await call("POST", "/api/v1/auth/login", {}, { email, password: ADMIN.password });
  return { id, bearer: { authorization: `Bearer ${login.json<{ accessToken: string }>().accessToken}` } };
}

async function keyWith(scope: string): Promise<{ id: string; bearer: Record<string, string> }> {
  const key = await made<{ id: string; key: string }>("/api-keys", { name: scope, scopes: [scope] });
  return { id: key.id, bearer: { authorization: `Bearer ${key.key}` } };
}

beforeAll(async () => {
  server = await startApiServer();
  admin = await server.signInAsAdmin();
  [own, foreign] = [await placeNamed("Own"), await placeNamed("Foreign")];
  const expired = await person("technician", own.siteId);
  server.clock.jumpWall(900_000);
  const login = await call("POST", "/api/v1/auth/login", {}, { email: ADMIN.email, password: ADMIN.password });
  admin = { authorization: `Bearer ${login.json<{ accessToken: string }>().accessToken}` };
  const revoked = await keyWith("manage");
  await call("DELETE", `/api/v1/api-keys/${revoked.id}`, admin);
  credentials.set("nobody", {});
  credentials.set("viewer", (await person("viewer", own.siteId)).bearer);
  credentials.set("technician", (await person("technician", own.siteId)).bearer);
  credentials.set("admin", admin);
  credentials.set("viewer elsewhere", (await person("viewer", foreign.siteId)).bearer);
  credentials.set("technician elsewhere", (await person("technician", foreign.siteId)).bearer);
  credentials.set("revoked key", revoked.bearer);
  credentials.set("expired token", expired.bearer);
  credentials.set("ingest key", (await keyWith("ingest")).bearer);
  credentials.set("read key", (await keyWith("read")).bearer);
  personId = (await person(null, own.siteId)).id;
  for (const actor of ["viewer", "technician", "admin", "viewer elsewhere", "technician elsewhere"] as const) {
    const metricId = actor.endsWith("elsewhere") ? foreign.metricId : own.metricId;
    const body = { name: "Mine", metricIds: [metricId] };
    const answer = await call("POST", "/api/v1/subscriptions", credentials.get(actor) ?? {}, body);
    subscriptionIds.set(actor, answer.json<{ id: string }>().id);
  }
}, 60_000);

afterAll(() => server.close());

/** The path of a route with ids in it. */
async function pathOf(method: string, url: string, actor: ActorName, target: TargetName): Promise<string> {
  const place = target === "own" ? own : foreign;
  const id = (known: string): string => (target === "missing" ? NO_ID : known);
  // What may be deleted is made for it.
  if (method === "DELETE" && /\/(devices|metrics)\//.test(url)) Object.assign(place, await deviceAt(place.siteId));
  if (method === "DELETE" && url.endsWith("/:userId")) {
    await call("PUT", `/api/v1/sites/${place.siteId}/members/${personId}`, admin, { role: "viewer" });
  }
  const object = url.split("/")[3];
  const subscription = subscriptionIds.get(target === "own" ? actor : actor === "admin" ? "viewer" : "admin") ?? NO_ID;
  const objectId: Record<string, string> = {
    sites: place.siteId,
    devices: place.deviceId,
    metrics: place.metricId,
    subscriptions: subscription,
    users: method === "DELETE" ? (await person(null, own.siteId)).id : personId,
    "api-keys": method === "DELETE" ? (await keyWith("read")).id : NO_ID,
  };
  return url
    .replace(":siteId", id(place.siteId))
    .replace(":userId", personId)
    .replace(":id", id(objectId[object ?? ""] ?? NO_ID));
}

/** "in": the request is looked at, whatever then comes of it. */
function expected(actor: ActorName, permission: Permission, about: string, target: TargetName): 401 | 403 | 404 | "in" {
  if (actor === "revoked key" || actor === "expired token") return 401;
  if (permission === "public") return "in";
  if (actor === "nobody") return 401;
  const isOfObject = about === "object";
  const isMissing = isOfObject && target === "missing";
  if (actor === "admin") return isMissing ? 404 : "in";
  const scopes = BY_KEY[actor];
  if (scopes) return scopes.includes(permission) ? (isMissing ? 404 : "in") : 403;
  if (about === "installation") return 403;
  if (about === "reach") return [...READ, "subscription:own"].includes(permission) ? "in" : 403;
  const isTheirs = target === (actor.endsWith("elsewhere") ? "foreign" : "own");
  if (!isTheirs) return 404;
  const may = actor.startsWith("technician") ? [...READ, ...WORK] : READ;
  return may.includes(permission) ? "in" : 403;
}

const headersOf = (headers: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "date" && !name.startsWith("ratelimit")));

describe("the access matrix", () => {
  test("holds for every route, actor and object", async () => {
    const wrong: string[] = [];
    let cells = 0;
    const routes = server.app.declaredRoutes.filter(
      // Signing out ends what the next cell would use; it has tests of its own. HEAD answers as GET does.
      ({ method, url }) => method !== "HEAD" && !url.endsWith("/auth/logout"),
    );
    expect(routes.length).toBeGreaterThan(50);
    for (const { method, url, permission, about } of routes) {
      const kind = typeof about === "string" ? about : "object";
      // A stream does not end; its head says all that matters here.
      const asked = url.endsWith("/stream") ? "HEAD" : method;
      for (const actor of ACTORS) {
        const seen = new Map<TargetName, string>();
        for (const target of kind === "object" ? TARGETS : (["own"] as const)) {
          cells++;
          const path = await pathOf(method, url, actor, target);
          const body = method === "GET" || method === "DELETE" ? undefined : {};
          const answer = await call(asked, path, credentials.get(actor) ?? {}, body);
          const { statusCode } = answer;
          const want = expected(actor, permission, kind, target);
          const isIn = ![401, 403, ...(kind === "object" ? [404] : [])].includes(statusCode) && statusCode < 500;
          const isRight = want === "in" ? isIn || (permission === "public" && statusCode < 500) : statusCode === want;
          if (!isRight) wrong.push(`${actor}: ${method} ${url} (${target}) answered ${statusCode}, not ${want}`);
          seen.set(target, JSON.stringify([statusCode, answer.body, headersOf(answer.headers)]));
          const theirs = actor.endsWith("elsewhere") ? "foreign" : "own";
          if (want === 404 && target !== theirs && target !== "missing") {
            const missing = await call(
              asked,
              await pathOf(method, url, actor, "missing"),
              credentials.get(actor) ?? {},
              body,
            );
            if (JSON.stringify([missing.statusCode, missing.body, headersOf(missing.headers)]) !== seen.get(target)) {
              wrong.push(`${actor}: ${method} ${url} tells another's object from none`);
            }
          }
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(cells).toBeGreaterThan(1_000);
  }, 120_000);

  test("another's subscription is as if it were not there", async () => {
    for (const actor of ["viewer", "technician", "admin"] as const) {
      const other = subscriptionIds.get(actor === "admin" ? "viewer" : "admin") ?? "";
      for (const method of ["GET", "PATCH", "DELETE"] as const) {
        const ask = async (id: string) => {
          const answer = await call(
            method,
            `/api/v1/subscriptions/${id}`,
            credentials.get(actor) ?? {},
            method === "PATCH" ? { name: "Theirs" } : undefined,
          );
          return [answer.statusCode, answer.body, headersOf(answer.headers)];
        };
        expect(await ask(other)).toEqual(await ask(NO_ID));
        expect((await ask(other))[0]).toBe(404);
      }
    }
  });
});
