import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ApiKeyScope } from "../../src/domain/api-key.ts";
import { ACTIVE_POWER } from "../../src/domain/metric.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

let server: ApiServer;
let admin: { authorization: string };
beforeEach(async () => {
  server = await startApiServer();
  admin = await server.signInAsAdmin();
});
afterEach(() => server.close());

type Headers = Record<string, string>;
const ask = (method: "GET" | "POST" | "DELETE", url: string, headers: Headers, payload?: object | string) =>
  server.app.inject({ method, url, headers, ...(payload !== undefined && { payload }) });

interface MadeKey {
  readonly id: string;
  readonly prefix: string;
  readonly key: string;
}

async function makeKey(wanted: { scopes: readonly ApiKeyScope[]; [field: string]: unknown }): Promise<MadeKey> {
  const answer = await ask("POST", "/api/v1/api-keys", admin, { name: "logger", ...wanted });
  expect(answer.statusCode, answer.body).toBe(201);
  return answer.json<MadeKey>();
}

const bearer = ({ key }: MadeKey): Headers => ({ authorization: `Bearer ${key}` });

async function inverterAt(name: string) {
  const site = await server.catalogue.sites.create({
    name,
    timezone: "UTC",
    latitude: null,
    longitude: null,
    peakPowerW: null,
  });
  const inverter = { siteId: site.id, name: `INV ${name}`, kind: "inverter", serialNumber: null } as const;
  const [device] = await server.catalogue.devices.createAll(
    [{ ...inverter, manufacturer: null, model: null, ratedPowerW: null, connectionId: null }],
    [ACTIVE_POWER],
  );
  const owner = server.catalogue.directory.ofDevice(device?.id ?? "", ACTIVE_POWER.name);
  if (!owner) throw new Error("the metric is missing");
  return owner;
}

describe("API keys", () => {
  test("are shown once, listed without their secret, and let in until they are revoked", async () => {
    const made = await makeKey({ scopes: ["read"], expiresAt: "2027-01-01T00:00:00Z" });
    expect(made.key).toMatch(new RegExp(`^kw_${made.prefix}_[\\w-]{43}$`));
    const list = await ask("GET", "/api/v1/api-keys", admin);
    expect(list.body).not.toContain(made.key.slice(-43));
    const { key: _, ...shown } = made;
    expect(list.json()).toEqual({ items: [shown], nextCursor: null });

    expect((await ask("GET", "/api/v1/sites", bearer(made))).statusCode).toBe(200);
    const used = (await ask("GET", "/api/v1/api-keys", admin)).json<{ items: { lastUsedAt: string }[] }>();
    expect(used.items[0]?.lastUsedAt).toBe(new Date(server.clock.nowMs()).toISOString());

    expect((await ask("DELETE", `/api/v1/api-keys/${made.id}`, admin)).statusCode).toBe(204);
    expect((await ask("GET", "/api/v1/sites", bearer(made))).statusCode).toBe(401);
    expect((await ask("DELETE", `/api/v1/api-keys/${made.id}`, admin)).statusCode).toBe(404);
  });

  test("end at their time", async () => {
    const expiresAt = new Date(server.clock.nowMs() + 1_000).toISOString();
    const made = await makeKey({ scopes: ["read"], expiresAt });
    await server.clock.advance(999);
    expect((await ask("GET", "/api/v1/sites", bearer(made))).statusCode).toBe(200);
    await server.clock.advance(1);
    expect((await ask("GET", "/api/v1/sites", bearer(made))).statusCode).toBe(401);
  });

  test("that are none are all refused alike", async () => {
    const { key } = await makeKey({ scopes: ["read"] });
    const last = key.endsWith("A") ? "B" : "A";
    const wrong = [`${key.slice(0, -1)}${last}`, `kw_000000000000_${key.slice(-43)}`, "kw_", "kw_x", `${key}x`];
    const answers = await Promise.all(
      wrong.map((text) => ask("GET", "/api/v1/sites", { authorization: `Bearer ${text}` })),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(wrong.map(() => 401));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  });

  test("are refused with what they cannot have", async () => {
    const refused: Record<string, object> = {
      "no scope": { scopes: [] },
      "an unknown scope": { scopes: ["write"] },
      "an end in the past": { scopes: ["read"], expiresAt: "2020-01-01T00:00:00Z" },
      "a site that is not there": { scopes: ["read"], siteIds: ["01900000-0000-7000-8000-000000000000"] },
      "no site at all": { scopes: ["read"], siteIds: [] },
      "a field that is not known": { scopes: ["read"], role: "admin" },
      "too many series": { scopes: ["ingest"], ingest: { seriesMax: 1_000_001 } },
      "a brace without its partner": { scopes: ["ingest"], ingest: { template: { device: "{host" } } },
    };
    for (const [what, wanted] of Object.entries(refused)) {
      const answer = await ask("POST", "/api/v1/api-keys", admin, { name: "logger", ...wanted });
      expect(answer.statusCode, what).toBe(422);
    }
    await makeKey({ scopes: ["ingest"], ingest: { seriesMax: 1_000_000 } });
  });

  test("make no keys, whatever their scopes", async () => {
    const made = await makeKey({ scopes: ["read", "ingest", "manage"] });
    expect((await ask("GET", "/api/v1/api-keys", bearer(made))).statusCode).toBe(403);
    expect((await ask("POST", "/api/v1/api-keys", bearer(made), { name: "x", scopes: ["read"] })).statusCode).toBe(403);
  });
});

describe("a scope", () => {
  const SITE = { name: "New", timezone: "UTC" };
  const asks = {
    push: (headers: Headers) => ask("POST", "/data", headers, "1 a 1"),
    readData: (headers: Headers) => ask("GET", "/data?from=1970-01-01&to=1970-01-02", headers),
    readSites: (headers: Headers) => ask("GET", "/api/v1/sites", headers),
    createSite: (headers: Headers) => ask("POST", "/api/v1/sites", headers, SITE),
    figures: (headers: Headers) => ask("GET", "/metrics", headers),
  };
  test.each([
    ["ingest", { push: 200, readData: 403, readSites: 403, createSite: 403, figures: 403 }],
    ["read", { push: 403, readData: 200, readSites: 200, createSite: 403, figures: 403 }],
    ["manage", { push: 403, readData: 200, readSites: 200, createSite: 201, figures: 200 }],
  ] as const)("%s allows what it says", async (scope, expected) => {
    const made = await makeKey({ scopes: [scope] });
    for (const [name, status] of Object.entries(expected)) {
      const answer = await asks[name as keyof typeof asks](bearer(made));
      expect(answer.statusCode, `${name}: ${answer.body}`).toBe(status);
    }
  });
});

describe("a key that is limited to a site", () => {
  test("reads that site, and does not learn whether there are others", async () => {
    const [own, other] = [await inverterAt("own"), await inverterAt("other")];
    const made = await makeKey({ scopes: ["read", "manage"], siteIds: [own.siteId] });
    const statusOf = async (url: string) => (await ask("GET", `/api/v1${url}`, bearer(made))).statusCode;
    for (const path of ["", "/devices", "/latest"]) {
      expect(await statusOf(`/sites/${own.siteId}${path}`), path).toBe(200);
      expect(await statusOf(`/sites/${other.siteId}${path}`), path).toBe(404);
    }
    const series = "series?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&step=raw";
    for (const path of ["", "/latest", `/${series}`]) {
      expect(await statusOf(`/metrics/${own.metricId}${path}`), path).toBe(200);
      expect(await statusOf(`/metrics/${other.metricId}${path}`), path).toBe(404);
    }
    expect(await statusOf(`/devices/${own.deviceId}`)).toBe(200);
    const foreign = await ask("GET", `/api/v1/devices/${other.deviceId}`, bearer(made));
    const missing = await ask("GET", "/api/v1/devices/01900000-0000-7000-8000-000000000000", bearer(made));
    expect(foreign.statusCode).toBe(404);
    expect(foreign.body).toBe(missing.body);
    const listed = (await ask("GET", "/api/v1/sites", bearer(made))).json<{ items: { id: string }[] }>();
    expect(listed.items.map(({ id }) => id)).toEqual([own.siteId]);
    for (const url of ["/connections", "/api-keys", "/users"]) {
      expect(await statusOf(url), url).toBe(403);
    }
  });

  test("writes to that site alone", async () => {
    const [own, other] = [await inverterAt("own"), await inverterAt("other")];
    const made = await makeKey({ scopes: ["ingest"], siteIds: [own.siteId] });
    const json = (reading: object) =>
      ask("POST", "/api/v1/readings", bearer(made), { readings: [{ time: 1_000, value: 1, ...reading }] });
    expect((await json({ metricId: own.metricId })).statusCode).toBe(200);
    expect((await json({ deviceId: own.deviceId, name: "voltage" })).statusCode).toBe(200);
    const foreign = await json({ metricId: other.metricId });
    const missing = await json({ metricId: other.metricId.replace(/^.{4}/, "ffff") });
    expect(foreign.statusCode).toBe(422);
    expect(missing.body).toBe(foreign.body.replaceAll(other.metricId, other.metricId.replace(/^.{4}/, "ffff")));
    expect((await json({ deviceId: other.deviceId, name: "voltage" })).statusCode).toBe(422);

    const lines = (text: string) => ask("POST", "/api/v2/write", bearer(made), text);
    expect((await lines("p,site=other,host=h value=1")).statusCode).toBe(422);
    expect((await lines("p,site=nowhere,host=h value=1")).statusCode).toBe(422);
    expect((await lines("p,site=own,host=h value=1")).statusCode).toBe(204);
    expect((await lines("p,host=h2 value=1")).statusCode).toBe(204);
    expect((await ask("POST", "/data", bearer(made), "1 a 1")).statusCode).toBe(200);
    const devices = await server.catalogue.devices.list({ limit: 100 }, null);
    expect(devices.items.filter(({ siteId }) => siteId === own.siteId).map(({ name }) => name)).toEqual([
      "INV own",
      "h",
      "h2",
      "Data API",
    ]);
    expect((await server.catalogue.sites.list({ limit: 100 }, null)).items).toHaveLength(2);
  });
});

test("a key revoked while its body is under way stores nothing", async () => {
  const made = await makeKey({ scopes: ["ingest"] });
  const key = server.catalogue.apiKeys.verify(made.key);
  if (!key) throw new Error("the key is not known");
  const { PLAINTEXT } = await import("../../src/ingest/sources/protocols.ts");
  const intake = server.sources.of(key).begin(PLAINTEXT);
  const index = intake.table.internText("a");
  await ask("DELETE", `/api/v1/api-keys/${made.id}`, admin);
  const keyed = { length: 1, keys: Uint32Array.of(index), timesMs: Float64Array.of(0), values: Float64Array.of(1) };
  await expect(intake.accept(keyed, 6)).rejects.toThrow(/revoked/);
  expect(server.pipeline.counts.readings).toBe(0);
  expect(server.sources.size).toBe(0);
});

test("keys and their last use outlive a restart", async () => {
  const made = await makeKey({ scopes: ["ingest"], ingest: { seriesMax: 5 } });
  expect((await ask("POST", "/data", bearer(made), "1 a 1")).statusCode).toBe(200);
  await server.catalogue.apiKeys.close();
  const reopened = await server.reopenKeys();
  expect(reopened.verify(made.key)).toMatchObject({ id: made.id, scopes: ["ingest"], ingest: { seriesMax: 5 } });
  expect((await reopened.list({ limit: 1 })).items[0]?.lastUsedAtMs).toBe(server.clock.nowMs());
});
