import type { LightMyRequestResponse } from "fastify";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type ElecnovaSimulatorOptions, startElecnovaSimulator } from "../../simulators/elecnova/index.ts";
import { type EnergyGridSimulator, startEnergyGridSimulator } from "../../simulators/energygrid/index.ts";
import { startPowerPSimulator } from "../../simulators/powerp/index.ts";
import { besideSockets } from "../../src/collect/beside-sockets.fixture.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

/* Connections over the API, with the vendors' own simulators behind real sockets, all in one virtual time. */

interface Connection {
  readonly id: string;
  readonly state: string;
  readonly message: string | null;
  readonly devices: number;
  readonly requests: number;
}

let server: ApiServer;
let headers: { authorization: string };
let siteId: string;

beforeEach(async () => {
  server = await startApiServer();
  headers = await server.signInAsAdmin();
  // On a slow machine virtual time outlives an access token.
  const made = await call("POST", "/api-keys", { name: "Tests", scopes: ["read", "manage"] });
  headers = { authorization: `Bearer ${made.json<{ key: string }>().key}` };
  siteId = (await call("POST", "/sites", { name: "Roof", timezone: "UTC" })).json<{ id: string }>().id;
});
afterEach(() => server.close());

function call(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  payload?: object,
  more: Record<string, string> = {},
): Promise<LightMyRequestResponse> {
  const url = `/api/v1${path}`;
  const body = payload === undefined ? {} : { payload };
  return besideSockets(server.clock, server.app.inject({ method, url, headers: { ...headers, ...more }, ...body }));
}

async function startEnergyGrid(): Promise<EnergyGridSimulator> {
  const simulator = await startEnergyGridSimulator({ time: server.clock });
  onTestFinished(() => simulator.close());
  return simulator;
}

async function connected(vendor: string, baseUrl: string, credential: object, more: object = {}): Promise<string> {
  const answer = await call("POST", "/connections", { name: "Fleet", vendor, baseUrl, credential, ...more });
  expect(answer.statusCode, answer.body).toBe(201);
  return answer.json<Connection>().id;
}

async function look(id: string): Promise<Connection> {
  return (await call("GET", `/connections/${id}`)).json<Connection>();
}

async function becomes(id: string, state: string): Promise<void> {
  await expect.poll(async () => (await look(id)).state, { timeout: 20_000, interval: 1 }).toBe(state);
}

describe("a connection", () => {
  const devices = () => ({ siteId, serialNumbers: ["SN-000", "SN-001"], pollIntervalMs: 5_000 });

  test("is refused with a wrong token, and goes on with another as soon as that is there", async () => {
    const simulator = await startEnergyGrid();
    const id = await connected("energygrid", simulator.url, { token: "one-that-is-wrong" }, devices());
    await becomes(id, "refused");
    const rotated = await call("PUT", `/connections/${id}/credential`, { credential: { token: simulator.token } });
    expect(rotated.statusCode, rotated.body).toBe(200);
    expect(rotated.json()).toMatchObject({ connection: { id }, test: { ok: true } });
    expect(rotated.body).not.toContain(simulator.token);
    await becomes(id, "running");
    expect(Array.from(simulator.violations).filter(({ kind }) => kind === "rate")).toEqual([]);
  });

  test("keeps its credential when a test of the next one fails, unless it is to be stored untested", async () => {
    const simulator = await startEnergyGrid();
    const id = await connected("energygrid", simulator.url, { token: simulator.token }, devices());
    await becomes(id, "running");
    const put = (query: string) =>
      call("PUT", `/connections/${id}/credential${query}`, { credential: { token: "one-that-is-wrong" } });
    const refused = await put("");
    expect(refused.statusCode).toBe(409);
    expect(refused.body).toContain("(credential)");
    expect(refused.body).not.toContain("one-that-is-wrong");
    expect(await server.catalogue.connections.credential(id)).toEqual({ token: simulator.token });
    expect((await put("?untested=true")).json()).toMatchObject({ test: null });
    await becomes(id, "refused");
  });

  test("tells who spent what of its account, by hour and lane, also what two connections share", async () => {
    const simulator = await startEnergyGrid();
    const ids = [
      await connected("energygrid", simulator.url, { token: simulator.token }, devices()),
      await connected(
        "energygrid",
        simulator.url,
        { token: simulator.token },
        { ...devices(), serialNumbers: ["SN-002"] },
      ),
    ];
    for (const id of ids) await becomes(id, "running");
    const answer = (await call("GET", `/connections/${ids[0]}/budget`)).json<{
      isHeldHere: boolean;
      limits: object[];
      hours: { connectionId: string; lane: string; requests: number; refusals: number }[];
    }>();
    expect(answer).toMatchObject({ isHeldHere: true, limits: [{ requests: 1, perMs: 1_000 }] });
    expect(new Set(answer.hours.map(({ connectionId }) => connectionId))).toEqual(new Set(ids));
    const spent = answer.hours.reduce((sum, { requests }) => sum + requests, 0);
    expect(Math.abs(spent - simulator.counters.seen)).toBeLessThanOrEqual(1);
    expect(answer.hours.every(({ lane, refusals }) => lane === "live" && refusals === 0)).toBe(true);
    expect([...simulator.violations]).toEqual([]);
  });

  test.each([
    ["?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z", 200],
    ["?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00.001Z", 422],
    ["?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", 422],
  ])("answers %s of its budget with %d", async (query, status) => {
    const id = await connected("energygrid", "http://127.0.0.1:9", { token: "a-token-of-the-test" }, devices());
    expect((await call("GET", `/connections/${id}/budget${query}`)).statusCode).toBe(status);
  });

  test("asks nothing while it is paused, and says so", async () => {
    const simulator = await startEnergyGrid();
    const id = await connected("energygrid", simulator.url, { token: simulator.token }, devices());
    await becomes(id, "running");
    const paused = await call("POST", `/connections/${id}/pause`);
    expect(paused.json()).toMatchObject({ state: "paused", pausedAt: expect.any(String) as string, devices: 2 });
    expect((await call("POST", `/connections/${id}/pause`)).json()).toEqual(paused.json());
    const seen = simulator.counters.seen;
    await server.clock.advance(600_000);
    expect(simulator.counters.seen).toBe(seen);
    const health = (await call("GET", "/fleet")).json<{ connections: { state: string }[] }>().connections;
    expect(health).toMatchObject([{ state: "paused" }]);
    expect((await call("POST", `/connections/${id}/resume`)).json()).toMatchObject({ pausedAt: null });
    await becomes(id, "running");
  });

  test("is tested on the budget that its poller spends, which is never exceeded", async () => {
    const simulator = await startEnergyGrid();
    const id = await connected("energygrid", simulator.url, { token: simulator.token }, devices());
    const tests = await Promise.all(Array.from({ length: 5 }, () => call("POST", `/connections/${id}/test`, {})));
    for (const answer of tests) expect(answer.json()).toMatchObject({ ok: true, reason: null, requests: 1 });
    const unsaved = await call("POST", "/connections/test", {
      vendor: "energygrid",
      baseUrl: simulator.url,
      credential: { token: simulator.token },
      serialNumber: "SN-000",
    });
    expect(unsaved.json()).toMatchObject({ ok: true, requests: 1 });
    expect(Array.from(simulator.violations)).toEqual([]);
  });

  test("changes from the version that was read", async () => {
    const id = await connected("energygrid", "http://127.0.0.1:9", { token: "a-token-of-the-test" }, devices());
    const { etag = "" } = (await call("GET", `/connections/${id}`)).headers;
    const change = { name: "Renamed", pollIntervalMs: 30_000, laneShares: { repair: 0.5 } };
    const changed = await call("PATCH", `/connections/${id}`, change, { "if-match": String(etag) });
    expect(changed.json()).toMatchObject(change);
    const late = await call("PATCH", `/connections/${id}`, { name: "Late" }, { "if-match": String(etag) });
    expect(late.statusCode).toBe(412);
    expect((await call("PATCH", `/connections/${id}`, { baseUrl: "http://127.0.0.1:9/?a=1" })).statusCode).toBe(422);
    expect((await call("PATCH", `/connections/${id}`, { laneShares: { history: 1.1 } })).statusCode).toBe(422);
  });

  test("leaves its devices, or takes them along", async () => {
    const credential = { token: "a-token-of-the-test" };
    const [kept, ended] = [
      await connected("energygrid", "http://127.0.0.1:9", credential, devices()),
      await connected("energygrid", "http://127.0.0.1:9", credential, devices()),
    ];
    expect((await call("DELETE", `/connections/${kept}`)).json()).toEqual({ devicesKept: 2, devicesDeleted: 0 });
    const gone = await call("DELETE", `/connections/${ended}?devices=delete`);
    expect(gone.json()).toEqual({ devicesKept: 0, devicesDeleted: 2 });
    expect((await call("DELETE", `/connections/${kept}`)).statusCode).toBe(404);
    expect((await call("GET", "/connections")).json()).toEqual({ items: [], nextCursor: null });
    const left = (await call("GET", `/sites/${siteId}/devices`)).json<{ items: { connectionId: string | null }[] }>();
    expect(left.items.map(({ connectionId }) => connectionId)).toEqual([null, null]);
  });

  test("is one of a list that is paged", async () => {
    const ids: string[] = [];
    for (let number = 0; number < 3; number++) {
      ids.push(await connected("energygrid", "http://127.0.0.1:9", { token: "a-token-of-the-test" }));
    }
    const first = (await call("GET", "/connections?limit=2")).json<{ items: Connection[]; nextCursor: string }>();
    const second = (await call("GET", `/connections?limit=2&cursor=${first.nextCursor}`)).json<typeof first>();
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    expect(first.items[0]?.message).toMatch(/no devices yet/);
  });
});

describe("discovery", () => {
  interface Listed {
    readonly at: string | null;
    readonly devices: Record<string, number>;
    readonly items: { serialNumber: string; state: string; deviceId: string | null; metrics: unknown[] }[];
    readonly nextCursor: string | null;
  }

  test("of PowerP lists its signals; those that are picked are collected, each in its own metric", async () => {
    const simulator = await startPowerPSimulator({ time: server.clock });
    onTestFinished(() => simulator.close());
    const { clientId, clientSecret, url } = simulator;
    const id = await connected("powerp", url, { clientId, clientSecret });
    expect((await call("GET", `/connections/${id}/discovery`)).json()).toMatchObject({ at: null, items: [] });
    const summary = await call("POST", `/connections/${id}/discovery`);
    expect(summary.statusCode, summary.body).toBe(200);
    const found = summary.json<Listed>().devices["new"] ?? 0;
    expect(found).toBeGreaterThan(100);

    const listed: Listed["items"] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = cursor === "" ? "?limit=100" : `?limit=100&cursor=${cursor}`;
      const page = (await call("GET", `/connections/${id}/discovery${query}`)).json<Listed>();
      listed.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(new Set(listed.map(({ serialNumber }) => serialNumber)).size).toBe(found);

    const serialNumbers = listed.filter(({ metrics }) => metrics.length > 0).slice(0, 30);
    const pick = { siteId, serialNumbers: serialNumbers.map(({ serialNumber }) => serialNumber) };
    expect((await call("POST", `/connections/${id}/devices`, pick)).json()).toEqual({ added: 30, alreadyThere: 0 });
    expect((await call("POST", `/connections/${id}/devices`, pick)).json()).toEqual({ added: 0, alreadyThere: 30 });
    await becomes(id, "running");
    const plan = (await call("GET", `/connections/${id}/plan`)).json<{ devices: number }>();
    expect(plan.devices).toBe(30);
    await expect.poll(async () => (await values()).length, { timeout: 20_000, interval: 1 }).toBe(30);
    expect((await call("POST", `/connections/${id}/discovery`)).json()).toMatchObject({
      devices: { new: 0, renamed: 0, gone: 0, known: found },
    });
    expect(Array.from(simulator.violations)).toEqual([]);

    const unlisted = await call("POST", `/connections/${id}/devices`, { siteId, serialNumbers: ["123/none"] });
    expect(unlisted.statusCode).toBe(422);
    expect(unlisted.body).toContain("is not in the vendor's list");
  });

  async function values(): Promise<unknown[]> {
    const page = (await call("GET", `/sites/${siteId}/latest?limit=100`)).json<{ items: { latest: unknown }[] }>();
    return page.items.filter(({ latest }) => latest !== null);
  }

  test("of Elecnova lists cabinets and components; a component cannot be polled, and so not picked", async () => {
    const options: ElecnovaSimulatorOptions = { cabinets: 3, publishIntervalMs: null, time: server.clock };
    const simulator = await startElecnovaSimulator(options);
    onTestFinished(() => simulator.close());
    const { clientId, clientSecret } = simulator;
    const id = await connected("elecnova", simulator.url, { clientId, clientSecret });
    await call("POST", `/connections/${id}/discovery`);
    const { items } = (await call("GET", `/connections/${id}/discovery?state=new`)).json<Listed>();
    const cabinets = items.filter(({ metrics }) => metrics.length > 0).map(({ serialNumber }) => serialNumber);
    expect(cabinets.sort()).toEqual([...simulator.plant.keys()].sort());
    const component = items.find(({ metrics }) => metrics.length === 0)?.serialNumber ?? "";
    const refused = await call("POST", `/connections/${id}/devices`, { siteId, serialNumbers: [component] });
    expect(refused.statusCode).toBe(422);
    expect(refused.body).toContain("brings nothing that can be polled");
    await call("POST", `/connections/${id}/devices`, { siteId, serialNumbers: cabinets });
    await becomes(id, "running");
    const picked = (await call("GET", `/connections/${id}/discovery`)).json<Listed>().items;
    expect(picked.filter(({ deviceId }) => deviceId !== null)).toHaveLength(3);
    expect(Array.from(simulator.violations)).toEqual([]);
  });

  test("of EnergyGrid says in a sentence that there is none; its devices are named", async () => {
    const id = await connected("energygrid", "http://127.0.0.1:9", { token: "a-token-of-the-test" });
    for (const method of ["GET", "POST"] as const) {
      const answer = await call(method, `/connections/${id}/discovery`);
      expect(answer.statusCode).toBe(409);
      expect(answer.json()).toMatchObject({
        detail: "EnergyGrid lists no devices: name them by their serial numbers.",
      });
    }
    const named = await call("POST", `/connections/${id}/devices`, { siteId, serialNumbers: ["SN-1", "SN-1", "SN-2"] });
    expect(named.json()).toEqual({ added: 2, alreadyThere: 0 });
    expect(await look(id)).toMatchObject({ devices: 2 });
  });

  test("that fails says why, and leaves the list as it was", async () => {
    const simulator = await startPowerPSimulator({ time: server.clock });
    onTestFinished(() => simulator.close());
    const id = await connected("powerp", simulator.url, { clientId: "demo-client", clientSecret: "one-that-is-wrong" });
    const answer = await call("POST", `/connections/${id}/discovery`);
    expect(answer.statusCode).toBe(502);
    expect(answer.body).toContain("Check the credential");
    expect((await call("GET", `/connections/${id}/discovery`)).json()).toMatchObject({ at: null });
  });
});

describe("a plan", () => {
  test("says what the schedule takes, and what another would, and sends nothing", async () => {
    const simulator = await startEnergyGrid();
    const serialNumbers = Array.from({ length: 500 }, (_, number) => `SN-${String(number).padStart(3, "0")}`);
    const id = await connected("energygrid", simulator.url, { token: simulator.token }, { siteId, serialNumbers });
    await call("POST", `/connections/${id}/pause`);
    const seen = simulator.counters.seen;
    const answer = await call("GET", `/connections/${id}/plan?pollIntervalMs=10000`);
    expect(answer.json()).toMatchObject({
      vendor: "energygrid",
      devices: 500,
      present: { requestsPerSweep: 50, sweepMs: 49_000, everyMs: 60_000, isAtLimit: false, requestsPerDay: 72_000 },
      changed: { everyMs: 50_000, freshnessMs: 50_000, isAtLimit: true, budgets: [{ liveShare: 1 }] },
      history: null,
    });
    expect(simulator.counters.seen).toBe(seen);
  });

  test.each([
    ["?pollIntervalMs=999", "pollIntervalMs"],
    ["?historyTo=2026-01-01T00:00:00Z", "historyFrom"],
    ["?historyFrom=2026-02-01T00:00:00Z&historyTo=2026-01-01T00:00:00Z", "historyTo"],
  ])("refuses %s", async (query, path) => {
    const id = await connected("energygrid", "http://127.0.0.1:9", { token: "a-token-of-the-test" });
    const answer = await call("GET", `/connections/${id}/plan${query}`);
    expect(answer.statusCode).toBe(422);
    expect(answer.json<{ errors: { path: string }[] }>().errors.map((error) => error.path)).toContain(path);
  });
});
