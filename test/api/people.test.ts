import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ADMIN, type ApiServer, startApiServer } from "./api-server.ts";

let server: ApiServer;
let admin: Record<string, string>;

beforeEach(async () => {
  server = await startApiServer();
  admin = await server.signInAsAdmin();
});

afterEach(() => server.close());

type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

async function call(method: Method, path: string, headers: Record<string, string>, payload?: object) {
  const body = payload === undefined ? {} : { payload };
  return server.app.inject({ method, url: `/api/v1${path}`, headers, ...body });
}

async function made<T>(path: string, payload: object, headers = admin): Promise<T> {
  const answer = await call("POST", path, headers, payload);
  expect(answer.statusCode, `${path}: ${answer.body}`).toBe(201);
  return answer.json<T>();
}

const newSite = (name = "Calama") => made<{ id: string }>("/sites", { name, timezone: "America/Santiago" });

interface MadeDevice {
  readonly id: string;
  readonly metrics: readonly { readonly id: string; readonly name: string }[];
}

const newDevice = (siteId: string, names: readonly string[] = ["active_power"]) =>
  made<MadeDevice>(`/sites/${siteId}/devices`, {
    name: "Inverter 1",
    kind: "inverter",
    serialNumber: "SN1",
    metrics: names.map((name) => ({ name, unit: "W" })),
  });

async function signedIn(email: string): Promise<{ id: string; bearer: Record<string, string> }> {
  const { id } = await made<{ id: string }>("/users", { email, name: "Vera", password: ADMIN.password });
  return { id, bearer: await bearerOf(email, ADMIN.password) };
}

async function bearerOf(email: string, password: string): Promise<Record<string, string>> {
  const login = await call("POST", "/auth/login", {}, { email, password });
  expect(login.statusCode, login.body).toBe(200);
  return { authorization: `Bearer ${login.json<{ accessToken: string }>().accessToken}` };
}

describe("people", () => {
  test("see their sites and no others, as what they are there, from one moment to the next", async () => {
    const [calama, almeria] = [await newSite(), await newSite("Almería")];
    const vera = await signedIn("vera@example.org");
    const sites = async () =>
      (await call("GET", "/sites", vera.bearer)).json<{ items: { id: string }[] }>().items.map(({ id }) => id);
    expect(await sites()).toEqual([]);
    await call("PUT", `/sites/${calama.id}/members/${vera.id}`, admin, { role: "viewer" });
    expect(await sites()).toEqual([calama.id]);
    const device = { name: "Meter", kind: "meter", metrics: [{ name: "active_power", unit: "W" }] };
    expect((await call("POST", `/sites/${calama.id}/devices`, vera.bearer, device)).statusCode).toBe(403);
    await call("PUT", `/sites/${calama.id}/members/${vera.id}`, admin, { role: "technician" });
    expect((await call("POST", `/sites/${calama.id}/devices`, vera.bearer, device)).statusCode).toBe(201);
    expect((await call("POST", `/sites/${almeria.id}/devices`, vera.bearer, device)).statusCode).toBe(404);
    const me = (await call("GET", "/me", vera.bearer)).json<{ role: string; sites: object[] }>();
    expect([me.role, me.sites]).toEqual(["viewer", [{ siteId: calama.id, role: "technician" }]]);
    const fleet = (await call("GET", "/fleet", vera.bearer)).json<{ sites: { id: string }[] }>();
    expect(fleet.sites.map(({ id }) => id)).toEqual([calama.id]);
    await call("DELETE", `/sites/${calama.id}/members/${vera.id}`, admin);
    expect(await sites()).toEqual([]);
  });

  test("who signs out, changes the password or is deleted is out at once, with every token", async () => {
    const vera = await signedIn("vera@example.org");
    expect((await call("POST", "/auth/logout", vera.bearer)).statusCode).toBe(204);
    expect((await call("GET", "/me", vera.bearer)).statusCode).toBe(401);
    const again = await bearerOf("vera@example.org", ADMIN.password);
    await call("PATCH", `/users/${vera.id}`, admin, { password: "another long password" });
    expect((await call("GET", "/me", again)).statusCode).toBe(401);
    const third = await bearerOf("vera@example.org", "another long password");
    expect((await call("GET", "/me", third)).statusCode).toBe(200);
    expect((await call("DELETE", `/users/${vera.id}`, admin)).statusCode).toBe(204);
    expect((await call("GET", "/me", third)).statusCode).toBe(401);
  });

  test("and metrics are listed by pages", async () => {
    const site = await newSite();
    const device = await newDevice(site.id, ["a", "b", "c"]);
    for (const name of ["v", "w", "x"]) {
      const { id } = await signedIn(`${name}@example.org`);
      await call("PUT", `/sites/${site.id}/members/${id}`, admin, { role: "viewer" });
    }
    for (const [path, idOf] of [
      [`/sites/${site.id}/members`, "userId"],
      [`/devices/${device.id}/metrics`, "id"],
      ["/users", "id"],
    ] as const) {
      const seen: unknown[] = [];
      let cursor = "";
      do {
        const answer = await call("GET", `${path}?limit=2${cursor}`, admin);
        const page = answer.json<{ items: Record<string, string>[]; nextCursor: string | null }>();
        expect(page.items.length, answer.body).toBeLessThanOrEqual(2);
        seen.push(...page.items.map((item) => item[idOf]));
        cursor = page.nextCursor === null ? "" : `&cursor=${page.nextCursor}`;
      } while (cursor !== "");
      expect(new Set(seen).size, path).toBe(path === "/users" ? 4 : 3);
      expect(seen).toHaveLength(new Set(seen).size);
      expect((await call("GET", `${path}?limit=501`, admin)).statusCode).toBe(422);
    }
  });

  test("the last administrator stays one (CVE-2026-22640)", async () => {
    const [me] = (await call("GET", "/users", admin)).json<{ items: { id: string }[] }>().items;
    expect((await call("DELETE", `/users/${me?.id}`, admin)).statusCode).toBe(409);
    expect((await call("PATCH", `/users/${me?.id}`, admin, { isAdmin: false })).statusCode).toBe(409);
    expect((await call("GET", "/me", admin)).json<{ role: string }>().role).toBe("admin");
  });

  test("whoever signs in while the password is changed is not in with the former one", async () => {
    const { id } = await signedIn("vera@example.org");
    const login = call("POST", "/auth/login", {}, { email: "vera@example.org", password: ADMIN.password });
    // By then the password is being looked at, which takes far longer than the change.
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    await server.catalogue.users.update(id, { passwordHash: "another" }, null);
    await server.catalogue.sessions.endAllOf(id);
    const { accessToken } = (await login).json<{ accessToken?: string }>();
    const bearer = { authorization: `Bearer ${accessToken}` };
    expect((await call("GET", "/me", bearer)).statusCode).toBe(401);
  });

  test("no answer holds a password or its hash", async () => {
    const created = await call("POST", "/users", admin, {
      email: "v@example.org",
      name: "V",
      password: ADMIN.password,
    });
    const listed = await call("GET", "/users", admin);
    for (const { body } of [created, listed]) expect(body).not.toMatch(/argon2|password|correct horse/i);
  });
});

describe("a change", () => {
  test("is made from the version that was read, or not at all", async () => {
    const site = await newSite();
    const read = await call("GET", `/sites/${site.id}`, admin);
    const etag = String(read.headers.etag);
    const changed = await call("PATCH", `/sites/${site.id}`, { ...admin, "if-match": etag }, { name: "Calama II" });
    expect([changed.statusCode, changed.headers.etag]).toEqual([200, '"v2"']);
    const late = await call("PATCH", `/sites/${site.id}`, { ...admin, "if-match": etag }, { name: "Calama III" });
    expect(late.statusCode).toBe(412);
    const foreign = await call("PATCH", `/sites/${site.id}`, { ...admin, "if-match": '"abc"' }, { name: "Calama IV" });
    expect(foreign.statusCode).toBe(412);
    expect((await call("GET", `/sites/${site.id}`, admin)).json<{ name: string }>().name).toBe("Calama II");
    expect((await call("PATCH", `/sites/${site.id}`, { ...admin, "if-match": "*" }, { name: "Any" })).statusCode).toBe(
      200,
    );
    expect((await call("PATCH", `/sites/${site.id}`, admin, { nmae: "x" })).statusCode).toBe(422);
  });

  test("of a serial number is a swap: the metric and its readings go on", async () => {
    const site = await newSite();
    const device = await newDevice(site.id);
    const metricId = device.metrics[0]?.id ?? "";
    const reading = { metricId, time: "2026-01-01T00:00:00Z", value: 5 };
    const key = await made<{ key: string }>("/api-keys", { name: "push", scopes: ["ingest"] });
    const pusher = { authorization: `Bearer ${key.key}` };
    expect((await call("POST", "/readings", pusher, { readings: [reading] })).statusCode).toBe(200);
    const swapped = await call("PATCH", `/devices/${device.id}`, admin, { serialNumber: "SN2", model: "X2" });
    expect(swapped.json()).toMatchObject({ id: device.id, serialNumber: "SN2", model: "X2" });
    expect((await call("GET", `/metrics/${metricId}/latest`, admin)).json<{ value: number }>().value).toBe(5);
    const former = (await call("GET", `/devices/${device.id}/former-units`, admin)).json<{ items: object[] }>().items;
    const until = new Date(server.clock.nowMs()).toISOString();
    expect(former).toEqual([{ serialNumber: "SN1", manufacturer: null, model: null, until }]);
    await call("PATCH", `/devices/${device.id}`, admin, { name: "Renamed", serialNumber: "SN2" });
    const again = await call("GET", `/devices/${device.id}/former-units`, admin);
    expect(again.json<{ items: object[] }>().items).toHaveLength(1);
  });
});

describe("deleting", () => {
  test("a device takes its metrics, keeps their readings for retention, and is known to nobody afterwards", async () => {
    const site = await newSite();
    const device = await newDevice(site.id, ["active_power", "voltage"]);
    const series = server.catalogue.directory.byMetric(device.metrics[0]?.id ?? "")?.series ?? 0;
    expect((await call("DELETE", `/sites/${site.id}`, admin)).statusCode).toBe(409);
    const gone = await call("DELETE", `/devices/${device.id}`, admin);
    expect(gone.json()).toMatchObject({ id: device.id, metrics: 2, readings: "kept" });
    for (const path of [
      `/devices/${device.id}`,
      `/metrics/${device.metrics[0]?.id}`,
      `/metrics/${device.metrics[1]?.id}`,
    ]) {
      expect((await call("GET", path, admin)).statusCode, path).toBe(404);
    }
    expect(server.catalogue.directory.kindOf(series)).toBe("gauge");
    expect([...server.catalogue.directory.seriesOf("gauge")]).toContain(series);
    expect((await call("DELETE", `/sites/${site.id}`, admin)).statusCode).toBe(204);
  });

  test("a device begins with one metric at least, and with so many at most", async () => {
    const site = await newSite();
    const status = async (metrics: number) => {
      const names = Array.from({ length: metrics }, (_, index) => ({ name: `m${index}`, unit: "1", kind: "gauge" }));
      const device = { name: "D", kind: "other", metrics: names };
      return (await call("POST", `/sites/${site.id}/devices`, admin, device)).statusCode;
    };
    expect([await status(0), await status(1_001), await status(1_000)]).toEqual([422, 422, 201]);
  });

  test("a device's last metric is refused", async () => {
    const device = await newDevice((await newSite()).id, ["active_power", "voltage"]);
    const [first, second] = device.metrics;
    expect((await call("DELETE", `/metrics/${first?.id}`, admin)).statusCode).toBe(204);
    expect((await call("DELETE", `/metrics/${second?.id}`, admin)).statusCode).toBe(409);
  });

  test("a pushed metric makes the next reading of that name a new one", async () => {
    const key = await made<{ key: string }>("/api-keys", { name: "push", scopes: ["ingest"] });
    const pusher = { authorization: `Bearer ${key.key}`, "content-type": "text/plain" };
    const push = (name: string) =>
      server.app.inject({ method: "POST", url: "/data", headers: pusher, payload: `1760000000 ${name} 5` });
    expect((await push("Voltage")).statusCode).toBe(200);
    expect((await push("Current")).statusCode).toBe(200);
    const [owner] = [...server.catalogue.directory.all()].filter(({ metricName }) => metricName === "Voltage");
    expect((await call("DELETE", `/metrics/${owner?.metricId}`, admin)).statusCode).toBe(204);
    expect((await push("Voltage")).statusCode).toBe(200);
    const [again] = [...server.catalogue.directory.all()].filter(({ metricName }) => metricName === "Voltage");
    expect(again?.series).toBeGreaterThan(owner?.series ?? Infinity);
  });
});

describe("what senders know something by", () => {
  const textPusher = async () => {
    const key = await made<{ key: string }>("/api-keys", { name: "push", scopes: ["ingest"] });
    const headers = { authorization: `Bearer ${key.key}`, "content-type": "text/plain" };
    return async (name: string) => {
      const answer = await server.app.inject({
        method: "POST",
        url: "/data",
        headers,
        payload: `1760000000 ${name} 5`,
      });
      expect(answer.statusCode, answer.body).toBe(200);
      return [...server.catalogue.directory.all()].find(({ metricName }) => metricName === name);
    };
  };

  test("stays a renamed device's, and is nobody's once it is deleted", async () => {
    const push = await textPusher();
    const before = await push("Voltage");
    await call("PATCH", `/devices/${before?.deviceId}`, admin, { name: "Renamed" });
    expect((await push("Current"))?.deviceId).toBe(before?.deviceId);
    expect((await call("DELETE", `/devices/${before?.deviceId}`, admin)).statusCode).toBe(200);
    const after = await push("Voltage");
    expect(after?.deviceId).not.toBe(before?.deviceId);
    expect(after?.series).toBeGreaterThan(before?.series ?? Infinity);
  });

  test("of two sites that are called alike means the older, whatever was changed of it", async () => {
    const [older, younger] = [await newSite("Twin"), await newSite("Twin")];
    await call("PATCH", `/sites/${older.id}`, admin, { timezone: "Europe/Madrid" });
    expect(server.catalogue.directory.sitesNamed("Twin")).toEqual([older.id, younger.id]);
    await call("PATCH", `/sites/${older.id}`, admin, { name: "Single" });
    await call("PATCH", `/sites/${older.id}`, admin, { name: "Twin" });
    expect(server.catalogue.directory.sitesNamed("Twin")).toEqual([older.id, younger.id]);
  });
});

describe("a request with an Idempotency-Key", () => {
  test("is carried out once, also when it comes twice at once, and answered the same", async () => {
    const site = { name: "Once", timezone: "UTC" };
    const headers = { ...admin, "idempotency-key": "abc-1" };
    const answers = await Promise.all([1, 2].map(() => call("POST", "/sites", headers, site)));
    const later = await call("POST", "/sites", headers, site);
    expect(new Set([...answers, later].map(({ statusCode, body }) => `${statusCode} ${body}`)).size).toBe(1);
    expect(later.headers["idempotency-replayed"]).toBe("true");
    expect((await call("GET", "/sites", admin)).json<{ items: object[] }>().items).toHaveLength(1);
    expect((await call("POST", "/sites", headers, { ...site, name: "Other" })).statusCode).toBe(422);
    server.clock.jumpWall(24 * 3_600_000);
    const fresh = await bearerOf(ADMIN.email, ADMIN.password);
    expect((await call("POST", "/sites", { ...fresh, "idempotency-key": "abc-1" }, site)).statusCode).toBe(201);
    expect((await call("GET", "/sites", fresh)).json<{ items: object[] }>().items).toHaveLength(2);
  });

  test("takes a key of 1 to 200 visible characters", async () => {
    const site = { name: "Once", timezone: "UTC" };
    const status = async (key: string) =>
      (await call("POST", "/sites", { ...admin, "idempotency-key": key }, site)).statusCode;
    expect([await status("k"), await status("k".repeat(200))]).toEqual([201, 201]);
    expect([await status(""), await status("k".repeat(201)), await status("a b"), await status("ä")]).toEqual([
      422, 422, 422, 422,
    ]);
  });

  test("that failed is tried again", async () => {
    const user = { email: ADMIN.email, name: "Ada", password: ADMIN.password };
    const headers = { ...admin, "idempotency-key": "abc-2" };
    expect((await call("POST", "/users", headers, user)).statusCode).toBe(409);
    expect((await call("POST", "/users", headers, { ...user, email: "b@example.org" })).statusCode).toBe(201);
  });
});
