import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inverter } from "../../src/catalogue/contract-scene.ts";
import { ACTIVE_POWER, ONLINE } from "../../src/domain/metric.ts";
import { QUALITY, ReadingColumnsBuilder } from "../../src/domain/reading.ts";
import { ADMIN, type ApiServer, startApiServer } from "./api-server.ts";

const MISSING_ID = "01900000-0000-7000-8000-000000000000";

let server: ApiServer;
let admin: { authorization: string };
beforeEach(async () => {
  server = await startApiServer();
  admin = await server.signInAsAdmin();
});
afterEach(() => server.close());

const get = (url: string, headers: Record<string, string> = admin) =>
  server.app.inject({ method: "GET", url: `/api/v1${url}`, headers });
const post = (url: string, payload: object, headers: Record<string, string> = admin) =>
  server.app.inject({ method: "POST", url: `/api/v1${url}`, payload, headers });

/** A site with two inverters, `SN-1` and `SN-2`. */
async function plant() {
  const site = await server.catalogue.sites.create({
    name: "Sevilla",
    timezone: "Europe/Madrid",
    latitude: null,
    longitude: null,
    peakPowerW: null,
  });
  const devices = await server.catalogue.devices.createAll(
    ["SN-1", "SN-2"].map((serialNumber) => ({
      siteId: site.id,
      name: serialNumber,
      kind: "inverter" as const,
      serialNumber,
      manufacturer: null,
      model: null,
      ratedPowerW: 5_000,
      connectionId: null,
    })),
    [ACTIVE_POWER, ONLINE],
  );
  return { site, devices };
}

async function store(...readings: [deviceId: string, metric: string, timeMs: number, value: number][]): Promise<void> {
  const builder = new ReadingColumnsBuilder();
  for (const [deviceId, metric, timeMs, value] of readings) {
    builder.push(server.catalogue.directory.ofDevice(deviceId, metric)?.series ?? 0, timeMs, value, QUALITY.good);
  }
  await server.pipeline.accept(builder.finish());
}

describe("the fleet", () => {
  test("sums what is online now, and counts what is not", async () => {
    const { site, devices } = await plant();
    const [one, two] = devices.map(({ id }) => id) as [string, string];
    const nowMs = server.clock.nowMs();
    await store(
      [one, "active_power", nowMs, 3_000],
      [one, "online", nowMs, 1],
      [two, "active_power", nowMs, 900],
      [two, "online", nowMs, 0],
    );
    expect((await get("/fleet")).json()).toMatchObject({
      activePowerW: 3_000,
      ratedPowerW: 10_000,
      devices: { total: 2, online: 1, offline: 1, unknown: 0 },
      sites: [{ id: site.id, name: "Sevilla", activePowerW: 3_000, devices: { total: 2, online: 1 } }],
      connections: [],
    });
  });

  test("does not show a stale value as live", async () => {
    const { devices } = await plant();
    const id = devices[0]?.id ?? "";
    const nowMs = server.clock.nowMs();
    await store([id, "active_power", nowMs, 3_000], [id, "online", nowMs, 1]);
    await server.clock.advance(180_000);
    expect((await get("/fleet")).json()).toMatchObject({ activePowerW: 3_000, devices: { online: 1 } });
    await server.clock.advance(1);
    expect((await get("/fleet")).json()).toMatchObject({ activePowerW: 0, devices: { online: 0, unknown: 2 } });
    expect((await get("/fleet/devices")).json()).toMatchObject({
      items: [{ status: "unknown", activePowerW: 3_000 }, {}],
    });
  });

  test("adds up only what is online and fresh", async () => {
    const { devices } = await plant();
    const [one, two] = devices.map(({ id }) => id) as [string, string];
    const nowMs = server.clock.nowMs();
    await store(
      [one, "online", nowMs, 1],
      [one, "active_power", nowMs - 48 * 3_600_000, 5_000],
      [two, "online", nowMs, 0],
      [two, "active_power", nowMs, 3_000],
    );
    expect((await get("/fleet")).json()).toMatchObject({ activePowerW: 0, devices: { online: 1, offline: 1 } });
  });

  test("takes a device of which nobody says whether it is online for online while its readings are fresh", async () => {
    const { site } = await plant();
    const [pushes] = await server.catalogue.devices.createAll([inverter(site.id, "pushes")], [ACTIVE_POWER]);
    const id = pushes?.id ?? "";
    const nowMs = server.clock.nowMs();
    await store([id, "active_power", nowMs, 700]);
    expect((await get("/fleet")).json()).toMatchObject({ activePowerW: 700, devices: { online: 1, unknown: 2 } });
    expect((await get(`/devices/${id}`)).json()).toMatchObject({
      status: "online",
      statusAt: new Date(nowMs).toISOString(),
    });
    await server.clock.advance(180_001);
    expect((await get("/fleet")).json()).toMatchObject({ activePowerW: 0, devices: { online: 0, unknown: 3 } });
  });

  test("adds up power in W whatever unit each device tells it in", async () => {
    const { site } = await plant();
    for (const [name, unit, value] of [
      ["kilo", "kW", 2.5],
      ["share", "%", 40],
    ] as const) {
      const metric = { ...ACTIVE_POWER, unit };
      const [device] = await server.catalogue.devices.createAll([inverter(site.id, name)], [metric]);
      await store([device?.id ?? "", "active_power", server.clock.nowMs(), value]);
    }
    expect((await get("/fleet")).json()).toMatchObject({ activePowerW: 2_500 });
    const { items } = (await get("/fleet/devices?limit=10")).json<{ items: { name: string }[] }>();
    expect(items.find(({ name }) => name === "kilo")).toMatchObject({ activePowerW: 2_500, activePowerUnitW: 1_000 });
    expect(items.find(({ name }) => name === "share")).toMatchObject({ activePowerW: null, activePowerMetricId: null });
  });

  test("does not take a reading from the future for live after the clock was set back", async () => {
    const { devices } = await plant();
    const id = devices[0]?.id ?? "";
    await store([id, "online", server.clock.nowMs(), 1]);
    server.clock.jumpWall(-600_000);
    expect((await get("/fleet")).json()).toMatchObject({ devices: { online: 0, unknown: 2 } });
  });
});

describe("objects", () => {
  test("are shown with units, times and latest values", async () => {
    const { site, devices } = await plant();
    const id = devices[0]?.id ?? "";
    await store([id, "active_power", Date.UTC(2026, 5, 21, 9, 59), 3_000.5]);
    const device = (await get(`/devices/${id}`)).json<{ metrics: { id: string; name: string; latest: unknown }[] }>();
    expect(device).toMatchObject({
      siteId: site.id,
      kind: "inverter",
      serialNumber: "SN-1",
      status: "unknown",
      statusAt: null,
    });
    const power = device.metrics.find(({ name }) => name === "active_power");
    const latest = {
      value: 3_000.5,
      unit: "W",
      time: "2026-06-21T09:59:00.000Z",
      receivedAt: "2026-06-21T10:00:00.000Z",
      quality: "good",
    };
    expect(power?.latest).toEqual(latest);
    expect((await get(`/metrics/${power?.id}/latest`)).json()).toEqual(latest);
    expect((await get(`/sites/${site.id}/latest`)).json<{ items: unknown[] }>().items).toHaveLength(4);
    expect((await get(`/sites/${site.id}/devices?limit=1`)).json()).toMatchObject({
      items: [{ id }],
      nextCursor: expect.any(String) as string,
    });
  });

  test("a late reading never replaces a newer latest value", async () => {
    const { devices } = await plant();
    const id = devices[0]?.id ?? "";
    await store([id, "active_power", 2_000, 2]);
    await store([id, "active_power", 1_000, 1]);
    expect((await get("/fleet/devices")).json()).toMatchObject({ items: [{ activePowerW: 2 }, {}] });
  });

  test.each([
    "/sites/ID",
    "/sites/ID/devices",
    "/sites/ID/latest",
    "/sites/ID/stream",
    "/devices/ID",
    "/metrics/ID",
    "/metrics/ID/latest",
  ])("that are not there are a 404 problem: %s", async (url) => {
    const answer = await get(url.replace("ID", MISSING_ID));
    expect(answer.statusCode).toBe(404);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ status: 404, title: "Not found" });
  });
});

describe("signing in", () => {
  test("with a password gives a bearer token and a cookie; signing out ends the session", async () => {
    const answer = await post("/auth/login", { email: "ADA@example.org", password: ADMIN.password }, {});
    expect(answer.json()).toMatchObject({ expiresInS: 900, user: { email: ADMIN.email, name: "Ada" } });
    const cookie = String(answer.headers["set-cookie"]).split(";")[0] ?? "";
    expect((await get("/me", { cookie })).json()).toMatchObject({ role: "admin", user: { email: ADMIN.email } });
    expect((await post("/auth/logout", {}, { cookie })).statusCode).toBe(204);
    expect((await get("/me", { cookie })).statusCode).toBe(401);
  });

  test("fails alike for a wrong password and an unknown address", async () => {
    const wrong = await post("/auth/login", { email: ADMIN.email, password: "nope" }, {});
    const unknown = await post("/auth/login", { email: "bob@example.org", password: "nope" }, {});
    expect(wrong.statusCode).toBe(401);
    expect(unknown.body).toBe(wrong.body);
  });

  test("the printed link works once", async () => {
    const code = server.code.issue();
    expect((await post("/auth/link", { code: "wrong" }, {})).statusCode).toBe(401);
    expect((await post("/auth/link", { code }, {})).statusCode).toBe(200);
    expect((await post("/auth/link", { code }, {})).statusCode).toBe(401);
  });

  test("a bearer token ends after 15 minutes, and a made-up one never works", async () => {
    expect((await get("/me")).statusCode).toBe(200);
    server.clock.jumpWall(899_000);
    expect((await get("/me")).statusCode).toBe(200);
    server.clock.jumpWall(2_000);
    expect((await get("/me")).statusCode).toBe(401);
    expect((await get("/me", { authorization: "Bearer e30.e30.e30" })).statusCode).toBe(401);
  });

  test("there is one first administrator", async () => {
    expect((await get("/setup", {})).json()).toEqual({ needsAdmin: false });
    const again = await post(
      "/setup",
      { code: server.code.issue(), email: "b@example.org", name: "B", password: "123456789012" },
      {},
    );
    expect(again.statusCode).toBe(409);
  });

  test("the first administrator's form names the field that is wrong", async () => {
    const answer = await post("/setup", { code: "x", email: "nobody", name: " ", password: "short" }, {});
    expect(answer.statusCode).toBe(422);
    const { errors } = answer.json<{ errors: { path: string; message: string }[] }>();
    expect(errors.map(({ path }) => path).sort()).toEqual(["email", "name", "password"]);
  });
});

describe("connections", () => {
  const body = (siteId: string) => ({
    name: "Fleet",
    vendor: "energygrid",
    baseUrl: "http://127.0.0.1:9",
    credential: { token: "very-secret-token" },
    siteId,
    serialNumbers: ["A", "B", "A"],
  });

  test("are created with their devices and polled; the credential is never shown", async () => {
    const { site } = await plant();
    const created = await post("/connections", body(site.id));
    expect(created.statusCode).toBe(201);
    expect(created.json()).toMatchObject({
      vendor: "energygrid",
      devices: 2,
      state: "starting",
      pollIntervalMs: 60_000,
    });
    const listed = await get("/connections");
    expect(listed.json<{ items: unknown[] }>().items).toHaveLength(1);
    expect(created.body + listed.body).not.toContain("very-secret-token");
  });

  test.each([
    ["an unknown vendor", { vendor: "acme" }, "vendor"],
    [
      "a vendor whose devices differ",
      { vendor: "powerp", credential: { clientId: "demo", clientSecret: "very-secret-token" } },
      "vendor",
    ],
    ["a credential of another shape", { credential: { key: "very-secret-token" } }, "credential.token"],
    ["an address that is none", { baseUrl: "ftp://x" }, "baseUrl"],
    ["an address with a query", { baseUrl: "http://127.0.0.1:9/?a=1" }, "baseUrl"],
    ["an address with a password", { baseUrl: "http://user:very-secret-token@127.0.0.1:9/" }, "baseUrl"],
    ["devices that stand nowhere", { siteId: undefined }, "siteId"],
    ["an unknown field", { colour: "red" }, ""],
  ])("refuse %s, naming the field and no secret", async (_case, change, path) => {
    const { site } = await plant();
    const answer = await post("/connections", { ...body(site.id), ...change });
    expect(answer.statusCode).toBe(422);
    expect(answer.json<{ errors: { path: string }[] }>().errors.map((error) => error.path)).toContain(path);
    expect(answer.body).not.toContain("very-secret-token");
    expect(await server.catalogue.connections.list()).toEqual([]);
    expect((await server.catalogue.devices.all()).length).toBe(2);
  });

  test("count their devices as live for as long as a sweep at the vendor's limit takes", async () => {
    const { site } = await plant();
    const serialNumbers = Array.from({ length: 3_000 }, (_, index) => `SN-${index}`);
    expect((await post("/connections", { ...body(site.id), serialNumbers })).statusCode).toBe(201);
    const device = (await get("/fleet/devices?limit=3")).json<{ items: { name: string; staleAfterMs: number }[] }>()
      .items[2];
    expect(device).toMatchObject({ name: "SN-0", staleAfterMs: 900_000 });
  });
});

describe("every route", () => {
  test("is described, and closed to nobody-in-particular unless it is public", async () => {
    const document = server.app.swagger() as { openapi: string; paths: Record<string, Record<string, unknown>> };
    expect(document.openapi).toBe("3.1.0");
    const open: string[] = [];
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of Object.keys(methods)) {
        const url = path.replaceAll(/\{\w+\}/g, MISSING_ID);
        const { statusCode } = await server.app.inject({ method: method.toUpperCase() as "GET", url });
        if (statusCode !== 401) open.push(`${method.toUpperCase()} ${path}`);
      }
    }
    expect(open.sort()).toEqual([
      "GET /api/v1/setup",
      "GET /healthz",
      "GET /readyz",
      "POST /api/v1/auth/link",
      "POST /api/v1/auth/login",
      "POST /api/v1/auth/logout",
      "POST /api/v1/setup",
    ]);
  });

  test("without a permission is refused when it is declared", () => {
    expect(() => server.app.get("/forgotten", () => "")).toThrow();
  });

  test("refuses a change that another site's page asks for", async () => {
    const headers = { ...admin, origin: "https://evil.example", host: "kilowatch.example" };
    expect((await post("/sites", { name: "x", timezone: "UTC" }, headers)).statusCode).toBe(403);
    const own = { ...admin, origin: "https://kilowatch.example", host: "kilowatch.example" };
    expect((await post("/sites", { name: "x", timezone: "UTC" }, own)).statusCode).toBe(201);
  });

  test("answers what cannot be read with a problem", async () => {
    const answer = await server.app.inject({
      method: "POST",
      url: "/api/v1/sites",
      headers: { ...admin, "content-type": "application/json" },
      payload: "{",
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ status: 400, title: "The request cannot be read" });
  });
});
