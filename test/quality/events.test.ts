import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { INGEST_SETTINGS_DEFAULT } from "../../src/domain/api-key.ts";
import { LIVE_WINDOW_MS } from "../../src/quality/watch.ts";
import { ADMIN, type ApiServer, startApiServer } from "../api/api-server.ts";
import { runHere } from "../cli/run-here.ts";
import { type Measurement, measurements } from "./measurements.ts";

/** From a pushed reading to an event, over the API and the command line, on the real server with a real journal. */

interface Event {
  readonly id: string;
  readonly deviceId: string;
  readonly metricId: string | null;
  readonly metric: string | null;
  readonly rule: string;
  readonly from: string;
  readonly to: string | null;
  readonly evidence: Readonly<Record<string, number | string>>;
}
interface Made {
  readonly id: string;
  readonly metrics: readonly { readonly id: string }[];
}
type Headers = Readonly<Record<string, string>>;

const RATED_W = 10_000;
const STALE = measurements("ac_power_inv_2173_stale_data", "value_normalized", "stale_data_mask");
const SPAN = { from: "2010-12-29T00:00:00.000Z", to: "2011-01-30T00:00:00.000Z" };

let server: ApiServer;
let url = "";
let admin: Headers;
let key = "";
let siteId = "";
let device: Made;

beforeAll(async () => {
  server = await startApiServer();
  admin = await server.signInAsAdmin();
  url = await server.app.listen({ host: "127.0.0.1", port: 0 });
  const scopes = ["read", "manage", "ingest"] as const;
  const settings = { siteIds: null, expiresAtMs: null, ingest: INGEST_SETTINGS_DEFAULT };
  key = (await server.catalogue.apiKeys.create({ name: "all", scopes, ...settings })).text;
  siteId = (await made<Made>("/sites", { name: "Roof", timezone: "UTC" })).id;
  device = await inverter("Inverter 1");
  await push(device, STALE);
});
afterAll(() => server.close());

async function call(method: "GET" | "POST", path: string, payload?: object, headers = admin) {
  return server.app.inject({ method, url: `/api/v1${path}`, headers, ...(payload && { payload }) });
}

async function made<T>(path: string, payload: object): Promise<T> {
  const answer = await call("POST", path, payload);
  expect(answer.statusCode, answer.body).toBe(201);
  return answer.json<T>();
}

function inverter(name: string): Promise<Made> {
  const metrics = [{ name: "active_power", unit: "W" }];
  return made(`/sites/${siteId}/devices`, { name, kind: "inverter", ratedPowerW: RATED_W, metrics });
}

/** Shares of the rated power become W. */
async function push({ metrics }: Made, rows: readonly Measurement[]): Promise<void> {
  const metricId = metrics[0]?.id;
  const readings = rows.map(({ timeMs, value }) => ({ metricId, time: timeMs, value: value * RATED_W }));
  const answer = await call("POST", "/readings", { readings }, { authorization: `Bearer ${key}` });
  expect(answer.statusCode, answer.body).toBeLessThan(300);
}

async function events(path: string, headers = admin): Promise<Event[]> {
  const answer = await call("GET", path, undefined, headers);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<{ items: Event[] }>().items;
}

describe("a scan of history", () => {
  test("finds in stored readings what is labelled, and the same only once", async () => {
    const first = await call("POST", `/sites/${siteId}/quality-scans`, SPAN);
    expect(first.json()).toMatchObject({ ...SPAN, devices: 1, isComplete: true });
    const found = await events(`/devices/${device.id}/events?rule=flat_lined`);
    const labelled = STALE.filter(({ isLabelled }) => isLabelled);
    const isCovered = ({ timeMs }: Measurement): boolean =>
      found.some(({ from, to }) => timeMs >= Date.parse(from) && timeMs < Date.parse(to ?? SPAN.to));
    expect(found).toHaveLength(3);
    expect(labelled.filter(isCovered).length / labelled.length).toBeGreaterThanOrEqual(0.97);
    expect(labelled.length / STALE.filter(isCovered).length).toBeGreaterThanOrEqual(0.97);
    expect(found[0]).toMatchObject({
      deviceId: device.id,
      metricId: device.metrics[0]?.id,
      metric: "active_power",
      evidence: { readings: 60 },
    });

    const again = await call("POST", `/sites/${siteId}/quality-scans`, SPAN);
    expect(again.json()).toMatchObject({ events: first.json<{ events: number }>().events, newEvents: 0 });
    expect(await events(`/devices/${device.id}/events?rule=flat_lined`)).toEqual(found);
  });

  test("refuses a range that makes no sense", async () => {
    const scan = async (body: object) => (await call("POST", `/sites/${siteId}/quality-scans`, body)).statusCode;
    expect(await scan({ from: SPAN.to, to: SPAN.from })).toBe(422);
    expect(await scan({ from: "2000-01-01T00:00:00.000Z", to: SPAN.to })).toBe(422);
    expect(await scan({ from: SPAN.from })).toBe(422);
  });

  test("is written into the audit log", async () => {
    const { items } = await server.catalogue.audit.list({ limit: 10 }, { objectId: siteId });
    expect(items.find(({ action, outcome }) => action === "quality.scan" && outcome === 200)).toMatchObject({
      detail: SPAN,
    });
  });
});

describe("events", () => {
  test("are chosen by time, rule and whether they go on, and come in pages", async () => {
    const all = await events(`/sites/${siteId}/events`);
    expect(all.length).toBeGreaterThan(3);
    expect(await events(`/sites/${siteId}/events?open=true`)).toEqual([]);
    expect(await events(`/sites/${siteId}/events?open=false`)).toEqual(all);
    expect(
      (await events(`/sites/${siteId}/events?from=2011-01-13T09:00:00Z`)).map(({ from }) => from.slice(0, 10)),
    ).toEqual(all.filter(({ to }) => (to ?? "") > "2011-01-13T09").map(({ from }) => from.slice(0, 10)));
    const first = (await call("GET", `/sites/${siteId}/events?limit=2`)).json<{ items: Event[]; nextCursor: string }>();
    const rest = await events(`/sites/${siteId}/events?cursor=${first.nextCursor}`);
    expect([...first.items, ...rest]).toEqual(all);
    expect((await call("GET", `/sites/${siteId}/events?rule=none`)).statusCode).toBe(422);
  });

  test("are for those who may see the device; looking anew is for its technician", async () => {
    const password = ADMIN.password;
    const person = async (role: string) => {
      const email = `${role}@example.org`;
      const { id } = await made<Made>("/users", { email, name: role, password });
      await server.app.inject({
        method: "PUT",
        url: `/api/v1/sites/${siteId}/members/${id}`,
        headers: admin,
        payload: { role },
      });
      const { accessToken } = (await call("POST", "/auth/login", { email, password })).json<{ accessToken: string }>();
      return { authorization: `Bearer ${accessToken}` };
    };
    const [viewer, technician] = [await person("viewer"), await person("technician")];
    expect((await events(`/sites/${siteId}/events`, viewer)).length).toBeGreaterThan(0);
    const scanned = async (headers: Headers) =>
      (await call("POST", `/sites/${siteId}/quality-scans`, SPAN, headers)).statusCode;
    expect([await scanned(viewer), await scanned(technician)]).toEqual([403, 200]);
  });

  test("come from the command line, too", async () => {
    const env = { KILOWATCH_API_KEY: key };
    const ask = (...args: string[]) => runHere(["events", ...args, "--url", url], env);
    const listed = await ask("--site", "Roof", "--rule", "flat_lined");
    expect(listed).toMatchObject({ code: 0, err: "" });
    expect(listed.out.split("\n")[0]).toBe("rule,device,metric,from,to,evidence");
    expect(listed.out).toMatch(/^flat_lined,Inverter 1,active_power,2011-01-06T11:00:00.000Z,2011-01-07T/m);
    const ofDevice = await ask("--site", "Roof", "--device", "Inverter 1", "--from", "2011-01-14", "--open", "--json");
    expect(JSON.parse(ofDevice.out)).toEqual([]);
    const scanned = await ask("scan", "--site", "Roof", "--from", "2010-12-29", "--to", "2011-01-29", "--json");
    expect(JSON.parse(scanned.out)).toMatchObject({ devices: 1, newEvents: 0, isComplete: true });
    expect(await ask("--site", "Roof", "--rule", "dusty")).toMatchObject({ code: 1 });
    expect(await ask("--site", "Nowhere")).toMatchObject({ code: 2 });
  });
});

test("what is stuck now is found by itself, and is over when it moves again", async () => {
  const stuck = await inverter("Inverter 2");
  const nowMs = server.clock.nowMs();
  const minutes = (count: number, value: (index: number) => number): Measurement[] =>
    Array.from({ length: count }, (_, index) => ({
      timeMs: server.clock.nowMs() - (count - index) * 60_000,
      value: value(index),
      isLabelled: false,
    }));
  const moving = minutes(1_440, (index) => 0.4 + 0.001 * (index % 300) + 0.0001 * ((index * index) % 7));
  await push(
    stuck,
    moving.map((row) => (row.timeMs > nowMs - 4 * 3_600_000 ? { ...row, value: 0.333 } : row)),
  );
  const open = () => events(`/devices/${stuck.id}/events?open=true`);
  /** Time goes on until the rounds, which wait for the disk, have come to it. */
  const eventually = (check: () => Promise<void>): Promise<void> =>
    vi.waitFor(
      async () => {
        await server.clock.advance(10_000);
        await check();
      },
      { timeout: 20_000, interval: 20 },
    );
  server.quality.start();
  await eventually(async () => {
    expect(await open()).toMatchObject([{ rule: "flat_lined", to: null, evidence: { value: 3_330 } }]);
  });

  await push(
    stuck,
    minutes(5, (index) => 0.5 + index / 100),
  );
  await eventually(async () => expect(await open()).toEqual([]));
  const [event] = await events(`/devices/${stuck.id}/events?rule=flat_lined`);
  expect(Date.parse(event?.to ?? "")).toBeGreaterThan(nowMs - 120_000);
  expect(nowMs - Date.parse(event?.from ?? "")).toBeLessThan(LIVE_WINDOW_MS);
});
