import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StorageUnavailable } from "../../src/domain/errors.ts";
import { ACTIVE_POWER } from "../../src/domain/metric.ts";
import { REFUSALS_RECORDED_PER_MINUTE } from "../../src/server/refusal-budget.ts";
import { ADMIN, type ApiServer, startApiServer } from "./api-server.ts";

let server: ApiServer;
let admin: { authorization: string };
beforeEach(async () => {
  server = await startApiServer();
  admin = await server.signInAsAdmin();
});
afterEach(() => server.close());

type Headers = Record<string, string>;
type Method = "GET" | "POST" | "PUT" | "DELETE" | "HEAD";
const ask = (method: Method, url: string, headers: Headers = {}, payload?: object | string) =>
  server.app.inject({ method, url: `/api/v1${url}`, headers, ...(payload !== undefined && { payload }) });

interface Entry {
  readonly place: number;
  readonly time: string;
  readonly actor: { readonly kind: string; readonly id: string | null; readonly name: string | null };
  readonly action: string;
  readonly object: { readonly kind: string; readonly id: string | null } | null;
  readonly outcome: number;
  readonly detail: Record<string, unknown>;
  readonly hash: string;
}
interface EntryPage {
  readonly items: readonly Entry[];
  readonly nextCursor: string | null;
}

/** The newest first. */
async function entries(query = ""): Promise<readonly Entry[]> {
  const answer = await ask("GET", `/audit${query}`, admin);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<EntryPage>().items;
}

/** What the last request left in the log; fails when that is not one entry. */
async function oneEntryOf(act: () => Promise<unknown>): Promise<Entry> {
  const before = (await entries()).length;
  await act();
  const after = await entries();
  expect(after).toHaveLength(before + 1);
  return after[0] as Entry;
}

const SITE = { name: "Calama", timezone: "America/Santiago" };
const MISSING = "01900000-0000-7000-8000-000000000000";

function adminActor(): Entry["actor"] {
  const user = server.catalogue.users.findAdmin();
  return { kind: "user", id: user?.id ?? "", name: ADMIN.email };
}

async function keyWith(scopes: readonly string[]): Promise<{ id: string; key: string; headers: Headers }> {
  const made = (await ask("POST", "/api-keys", admin, { name: "logger", scopes })).json<{ id: string; key: string }>();
  return { ...made, headers: { authorization: `Bearer ${made.key}` } };
}

async function metricOf(siteId: string) {
  const inverter = { siteId, name: "INV", kind: "inverter", serialNumber: null } as const;
  const [device] = await server.catalogue.devices.createAll(
    [{ ...inverter, manufacturer: null, model: null, ratedPowerW: null, connectionId: null }],
    [ACTIVE_POWER],
  );
  const owner = server.catalogue.directory.ofDevice(device?.id ?? "", ACTIVE_POWER.name);
  if (!owner) throw new Error("the metric is missing");
  return owner;
}

describe("a change is recorded", () => {
  test("with who, what, on which object, when, and how it ended", async () => {
    let siteId = "";
    const made = await oneEntryOf(async () => {
      siteId = (await ask("POST", "/sites", admin, SITE)).json<{ id: string }>().id;
    });
    expect(made).toEqual({
      place: 1,
      time: new Date(server.clock.nowMs()).toISOString(),
      actor: adminActor(),
      action: "site.create",
      object: { kind: "site", id: siteId },
      outcome: 201,
      detail: { name: "Calama" },
      hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });

    let keyId = "";
    const key = await oneEntryOf(async () => {
      keyId = (await keyWith(["read"])).id;
    });
    expect(key).toMatchObject({ action: "api-key.create", object: { kind: "api-key", id: keyId }, outcome: 201 });
    const revoked = await oneEntryOf(() => ask("DELETE", `/api-keys/${keyId}`, admin));
    expect(revoked).toMatchObject({ action: "api-key.revoke", object: { id: keyId }, outcome: 204 });

    const { metricId } = await metricOf(siteId);
    const deleted = await oneEntryOf(() =>
      ask("DELETE", `/metrics/${metricId}/readings?from=2026-01-01T00:00:00Z`, admin),
    );
    expect(deleted).toMatchObject({
      action: "readings.delete",
      object: { kind: "metric", id: metricId },
      outcome: 202,
    });
    expect(deleted.detail).toEqual({ from: "2026-01-01T00:00:00.000Z", to: null });
  });

  test("when it was refused or failed, too", async () => {
    const wrong = await oneEntryOf(() => ask("POST", "/sites", admin, { ...SITE, secretField: "hunter2" }));
    expect(wrong).toMatchObject({ action: "site.create", outcome: 422, object: { id: null }, detail: {} });
    const missing = await oneEntryOf(() => ask("DELETE", `/api-keys/${MISSING}`, admin));
    expect(missing).toMatchObject({ action: "api-key.revoke", outcome: 404, object: { id: MISSING } });
    const nobody = await oneEntryOf(() => ask("POST", "/sites", {}, SITE));
    expect(nobody).toMatchObject({ actor: { kind: "nobody", id: null, name: null }, outcome: 401 });
    const foreign = await oneEntryOf(() => ask("POST", "/sites", { ...admin, origin: "http://evil.example" }, SITE));
    expect(foreign).toMatchObject({ action: "site.create", outcome: 403 });
    const bent = await oneEntryOf(() => ask("DELETE", "/api-keys/not-an-id-but-a-secret", admin));
    expect(bent).toMatchObject({ outcome: 422, object: { kind: "api-key", id: null } });
  });

  test("by a key under the key's name", async () => {
    const { id, headers } = await keyWith(["manage"]);
    const entry = await oneEntryOf(() => ask("POST", "/sites", headers, SITE));
    expect(entry.actor).toEqual({ kind: "key", id, name: "logger" });
  });

  test("before the answer goes out", async () => {
    const append = server.catalogue.audit.append.bind(server.catalogue.audit);
    let goOn = (): void => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    server.catalogue.audit.append = async (event) => {
      await held;
      return append(event);
    };
    let isAnswered = false;
    const asking = ask("POST", "/sites", admin, SITE).then(() => {
      isAnswered = true;
    });
    while ((await server.catalogue.sites.list({ limit: 1 }, null)).items.length === 0) await new Promise(setImmediate);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(isAnswered).toBe(false);
    goOn();
    await asking;
    expect((await entries())[0]).toMatchObject({ action: "site.create" });
  });
});

describe("signing in is recorded", () => {
  test("with the person, and with the address only when it is a person's", async () => {
    const userId = adminActor().id;
    const login = (email: string, password: string) => ask("POST", "/auth/login", {}, { email, password });
    const good = await oneEntryOf(() => login(ADMIN.email.toUpperCase(), ADMIN.password));
    expect(good).toMatchObject({ action: "session.sign-in", outcome: 200, actor: adminActor() });
    expect(good).toMatchObject({ object: { kind: "user", id: userId }, detail: { by: "password" } });

    const wrong = await oneEntryOf(() => login(ADMIN.email, "wrong horse battery"));
    expect(wrong).toMatchObject({ outcome: 401, actor: { kind: "nobody", id: null, name: null } });
    expect(wrong).toMatchObject({ object: { kind: "user", id: userId }, detail: { email: ADMIN.email } });

    const unknown = await oneEntryOf(() => login("correct horse battery", "x"));
    expect(unknown).toMatchObject({ outcome: 401, object: { kind: "user", id: null }, detail: { by: "password" } });
    expect(JSON.stringify(unknown)).not.toContain("horse");
  });

  test("by link, as the first administrator, and signing out", async () => {
    const code = server.code.issue();
    const linked = await ask("POST", "/auth/link", {}, { code });
    const cookie = String(linked.headers["set-cookie"]).split(";", 1)[0] ?? "";
    expect((await entries())[0]).toMatchObject({ action: "session.sign-in", actor: adminActor(), outcome: 200 });
    const out = await oneEntryOf(() => ask("POST", "/auth/logout", { cookie }));
    expect(out).toMatchObject({ action: "session.sign-out", actor: adminActor(), outcome: 204 });
    const again = await oneEntryOf(() => ask("POST", "/auth/link", {}, { code }));
    expect(again).toMatchObject({ action: "session.sign-in", actor: { kind: "nobody" }, outcome: 401 });

    await server.close();
    server = await startApiServer();
    const first = await ask("POST", "/setup", {}, { code: server.code.issue(), ...ADMIN });
    admin = { authorization: `Bearer ${first.json<{ accessToken: string }>().accessToken}` };
    const userId = adminActor().id;
    expect((await entries())[0]).toMatchObject({
      action: "user.create",
      object: { kind: "user", id: userId },
      outcome: 201,
    });
  });
});

describe("of what changes nothing", () => {
  test("an export and the refusal of somebody known are recorded, and nothing else", async () => {
    const site = (await ask("POST", "/sites", admin, SITE)).json<{ id: string }>();
    const { metricId } = await metricOf(site.id);
    const { headers, id } = await keyWith(["ingest"]);
    const exported = await oneEntryOf(() => ask("GET", `/readings?siteId=${site.id}&from=2026-01-01T00:00:00Z`, admin));
    expect(exported).toMatchObject({ action: "readings.export", object: { kind: "site", id: site.id }, outcome: 200 });
    expect(exported.detail).toEqual({ from: "2026-01-01T00:00:00.000Z", to: null, format: "csv" });

    const refused = await oneEntryOf(() => ask("GET", `/metrics/${metricId}`, headers));
    expect(refused).toMatchObject({
      actor: { kind: "key", id, name: "logger" },
      action: "GET /api/v1/metrics/:id",
      object: { kind: "route", id: metricId },
      outcome: 403,
    });

    const before = (await entries()).length;
    await ask("HEAD", `/readings?siteId=${site.id}`, admin);
    for (const url of ["/sites", "/fleet", "/me", "/audit", `/metrics/${metricId}/latest`, "/api-keys"]) {
      expect((await ask("GET", url, admin)).statusCode, url).toBe(200);
    }
    expect((await ask("GET", "/sites")).statusCode).toBe(401);
    const readings = { readings: [{ metricId, time: 1_000, value: 1 }] };
    expect((await ask("POST", "/readings", headers, readings)).statusCode).toBe(200);
    expect((await server.app.inject({ method: "POST", url: "/data", headers, payload: "1 a 1" })).statusCode).toBe(200);
    expect(await entries()).toHaveLength(before);
  });

  test("a refused push is recorded", async () => {
    const { headers } = await keyWith(["read"]);
    const refused = await oneEntryOf(() =>
      server.app.inject({ method: "POST", url: "/api/v2/write", headers, payload: "p,host=h value=1" }),
    );
    expect(refused).toMatchObject({ action: "POST /api/v2/write", outcome: 403 });
  });
});

test("who is refused without end fills a few lines a minute, and the rest is counted", async () => {
  const { headers, id } = await keyWith(["read"]);
  const times = REFUSALS_RECORDED_PER_MINUTE + 5;
  for (let time = 0; time < times; time++) await ask("POST", "/sites", headers, SITE);
  const ofKey = `?actorId=${id}&limit=500`;
  expect(await entries(ofKey)).toHaveLength(REFUSALS_RECORDED_PER_MINUTE);
  expect((await ask("POST", "/sites", admin, SITE)).statusCode).toBe(201);
  await server.clock.advance(60_000);
  await ask("POST", "/sites", headers, SITE);
  const later = await entries(ofKey);
  expect(later).toHaveLength(REFUSALS_RECORDED_PER_MINUTE + 1);
  expect(later[0]?.detail).toEqual({ leftOutBefore: 5 });
});

test("an administrator's changes are recorded however many they are", async () => {
  for (let time = 0; time < REFUSALS_RECORDED_PER_MINUTE + 5; time++) await ask("POST", "/sites", admin, SITE);
  expect(await entries("?limit=500")).toHaveLength(REFUSALS_RECORDED_PER_MINUTE + 5);
});

test("a change that cannot be written down has happened, is counted, and the log tells that it is not whole", async () => {
  const { audit } = server.catalogue;
  const append = audit.append.bind(audit);
  audit.append = () => Promise.reject(new StorageUnavailable("No room.", 5));
  for (const name of ["a", "b"]) expect((await ask("POST", "/sites", admin, { ...SITE, name })).statusCode).toBe(201);
  audit.append = append;
  const figures = await server.app.inject({ method: "GET", url: "/metrics", headers: admin });
  expect(figures.body).toContain("kilowatch_audit_entries_lost 2");
  await ask("POST", "/sites", admin, { ...SITE, name: "c" });
  const [newest, told] = await entries();
  expect(newest).toMatchObject({ action: "site.create", detail: { name: "c" } });
  expect(told).toMatchObject({ action: "audit.lost", actor: { kind: "server" }, detail: { entries: 2 } });
  expect(await entries()).toHaveLength(2);
});

describe("the log", () => {
  test("is for administrators, and for no key", async () => {
    expect((await ask("GET", "/audit")).statusCode).toBe(401);
    const { headers } = await keyWith(["read", "ingest", "manage"]);
    expect((await ask("GET", "/audit", headers)).statusCode).toBe(403);
  });

  test("has pages, and entries of an actor, an object and a time", async () => {
    const startMs = server.clock.nowMs();
    const { id, headers } = await keyWith(["manage"]);
    for (let count = 0; count < 4; count++) {
      await server.clock.advance(1_000);
      await ask("POST", "/sites", headers, SITE);
    }
    const seen: number[] = [];
    let cursor = "";
    do {
      const page = (await ask("GET", `/audit?limit=2${cursor}`, admin)).json<EntryPage>();
      seen.push(...page.items.map(({ place }) => place));
      cursor = page.nextCursor === null ? "" : `&cursor=${page.nextCursor}`;
    } while (cursor !== "");
    expect(seen).toEqual([5, 4, 3, 2, 1]);
    const placesOf = async (query: string) => (await entries(query)).map(({ place }) => place);
    expect(await placesOf(`?actorId=${id}`)).toEqual([5, 4, 3, 2]);
    expect(await placesOf(`?objectId=${id}`)).toEqual([1]);
    const [from, to] = [2_000, 4_000].map((ms) => new Date(startMs + ms).toISOString());
    expect(await placesOf(`?from=${from}&to=${to}`)).toEqual([4, 3]);
    expect(await placesOf("?action=site")).toEqual([5, 4, 3, 2]);
    expect(await placesOf("?action=api-key.create")).toEqual([1]);
    // Neither a part of a kind, nor of a deed.
    expect([await placesOf("?action=sit"), await placesOf("?action=site.creat")]).toEqual([[], []]);
    for (const query of [
      "?action=site%25",
      "?action=",
      "?cursor=x",
      "?limit=501",
      "?limit=0",
      "?actorId=x",
      "?who=me",
    ]) {
      expect((await ask("GET", `/audit${query}`, admin)).statusCode, query).toBe(422);
    }
  });
});

test("no secret gets into it, wherever it is sent", async () => {
  const { id: siteId } = (await ask("POST", "/sites", admin, SITE)).json<{ id: string }>();
  const account = { name: "Roof", vendor: "energygrid", baseUrl: "http://127.0.0.1:1", credential: { token: "a" } };
  const { id: connectionId } = (await ask("POST", "/connections", admin, account)).json<{ id: string }>();
  const secrets: string[] = [];
  const secret = fc
    .string({ unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789"), minLength: 16, maxLength: 16 })
    .map((text) => `S3CRET${text}`);
  await fc.assert(
    fc.asyncProperty(secret, async (text) => {
      secrets.push(text);
      const serialNumbers = [`SN-${secrets.length}`];
      const connection = { name: "Fleet", baseUrl: "http://127.0.0.1:1", siteId, serialNumbers };
      const credential = { token: text };
      const withPassword = `http://u:${text}@127.0.0.1:1`;
      const asks: [Method, string, Headers, object | string][] = [
        ["POST", "/auth/login", {}, { email: ADMIN.email, password: text }],
        ["POST", "/auth/login", {}, { email: text, password: ADMIN.password }],
        ["POST", "/auth/login", {}, { email: `${text}@example.org`, password: text, [text]: text }],
        ["POST", "/auth/login", { "content-type": "application/json" }, `{"email":"${text}",`],
        ["POST", "/auth/link", {}, { code: text }],
        ["POST", "/setup", {}, { code: text, email: `${text}@example.org`, name: text, password: text }],
        ["POST", "/sites", { authorization: `Bearer ${text}` }, SITE],
        ["POST", "/sites", { authorization: `Bearer kw_${text}` }, SITE],
        ["POST", "/sites", { ...admin, cookie: `session=${text}` }, { ...SITE, [text]: text }],
        ["POST", `/sites?token=${text}`, admin, SITE],
        ["POST", "/connections", admin, { ...connection, vendor: "energygrid", credential }],
        ["POST", "/connections", admin, { ...connection, vendor: "energygrid", credential, baseUrl: withPassword }],
        ["POST", "/connections", admin, { ...connection, vendor: text, credential: { [text]: text } }],
        ["POST", "/connections/test", admin, { vendor: text, baseUrl: withPassword, credential }],
        ["POST", `/connections/${connectionId}/test`, admin, { serialNumber: text, [text]: text }],
        ["PUT", `/connections/${connectionId}/credential?untested=true`, admin, { credential }],
        ["PUT", `/connections/${connectionId}/credential`, admin, { credential: { [text]: text } }],
        ["DELETE", `/api-keys/${text}`, admin, ""],
        ["GET", `/readings?siteId=${text}`, admin, ""],
        ["GET", `/readings?metricIds=${text}&token=${text}`, admin, ""],
      ];
      for (const [method, url, headers, payload] of asks) await ask(method, url, headers, payload);
      await server.clock.advance(60_000);
    }),
    { numRuns: 3 },
  );
  const { key, headers } = await keyWith(["read"]);
  await ask("POST", "/sites", headers, SITE);
  const signedIn = await ask("POST", "/auth/login", {}, { email: ADMIN.email, password: ADMIN.password });
  const { accessToken } = signedIn.json<{ accessToken: string }>();
  const cookie = /=([^;]+)/.exec(String(signedIn.headers["set-cookie"]))?.[1] ?? "";
  secrets.push(key, key.slice(-43), accessToken, cookie, ADMIN.password);
  expect(Math.min(...secrets.map((text) => text.length))).toBeGreaterThan(15);

  const rows = JSON.stringify(await entries("?limit=500"));
  expect(rows).toMatch(/"connection.create","object":{"kind":"connection","id":"[0-9a-f-]{36}"},"outcome":201/);
  expect(rows).toMatch(/"connection.rotate",.*"outcome":200/);
  expect(rows).toContain(adminActor().id);
  expect(secrets.filter((text) => rows.includes(text))).toEqual([]);
});

test("a route that changes something must have a name in it", async () => {
  const { AuditRecorder } = await import("../../src/server/audit-trail.ts");
  const { default: Fastify } = await import("fastify");
  const app = Fastify();
  await new AuditRecorder(server.catalogue.audit, server.clock, app.log).attach(app);
  const route = (method: Method, permission: "site:create" | "data:push") => () =>
    app.route({ method, url: "/x", config: { permission }, handler: () => null });
  expect(route("POST", "site:create")).toThrow(/POST \/x has no name in the audit log/);
  expect(route("GET", "site:create")).not.toThrow();
  expect(route("POST", "data:push")).not.toThrow();
  await app.close();
});
