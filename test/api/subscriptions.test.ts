import { afterEach, beforeEach, expect, test } from "vitest";
import { SUBSCRIPTION_METRICS_MAX } from "../../src/domain/subscription.ts";
import { ADMIN, type ApiServer, startApiServer } from "./api-server.ts";

let server: ApiServer;
let admin: Record<string, string>;
let vera: { readonly id: string; readonly bearer: Record<string, string> };
const places: { siteId: string; metricId: string }[] = [];

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

/** Two sites with a device each, and a person who may read both. */
beforeEach(async () => {
  server = await startApiServer();
  admin = await server.signInAsAdmin();
  const { id } = await made<{ id: string }>("/users", {
    email: "vera@example.org",
    name: "V",
    password: ADMIN.password,
  });
  places.length = 0;
  for (const name of ["Calama", "Almería"]) {
    const { id: siteId } = await made<{ id: string }>("/sites", { name, timezone: "UTC" });
    const device = { name: "Inverter", kind: "inverter", metrics: [{ name: "active_power", unit: "W" }] };
    const { metrics } = await made<{ metrics: { id: string }[] }>(`/sites/${siteId}/devices`, device);
    places.push({ siteId, metricId: metrics[0]?.id ?? "" });
    await call("PUT", `/sites/${siteId}/members/${id}`, admin, { role: "viewer" });
  }
  const login = await call("POST", "/auth/login", {}, { email: "vera@example.org", password: ADMIN.password });
  vera = { id, bearer: { authorization: `Bearer ${login.json<{ accessToken: string }>().accessToken}` } };
});

afterEach(() => server.close());

const WINDOW = "from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&step=PT1H";

test("names metrics over sites, is changed and deleted, and is its owner's alone", async () => {
  const metricIds = places.map(({ metricId }) => metricId);
  const made1 = await made<{ id: string }>(
    "/subscriptions",
    { name: "Both", metricIds: [...metricIds, ...metricIds] },
    vera.bearer,
  );
  const read = await call("GET", `/subscriptions/${made1.id}`, vera.bearer);
  expect(read.json()).toMatchObject({ name: "Both", metricIds, goneMetricIds: [] });
  const etag = { "if-match": String(read.headers.etag) };
  const change = { name: "One", metricIds: metricIds.slice(0, 1) };
  expect((await call("PATCH", `/subscriptions/${made1.id}`, { ...vera.bearer, ...etag }, change)).json()).toMatchObject(
    change,
  );
  expect((await call("PATCH", `/subscriptions/${made1.id}`, { ...vera.bearer, ...etag }, change)).statusCode).toBe(412);
  expect((await call("GET", "/subscriptions", admin)).json<{ items: object[] }>().items).toEqual([]);
  expect((await call("GET", `/subscriptions/${made1.id}`, admin)).statusCode).toBe(404);
  expect((await call("DELETE", `/subscriptions/${made1.id}`, vera.bearer)).statusCode).toBe(204);
  expect((await call("GET", `/subscriptions/${made1.id}`, vera.bearer)).statusCode).toBe(404);
});

test("what may be read no more is gone from it, and said to be; it comes back with the right", async () => {
  const metricIds = places.map(({ metricId }) => metricId);
  const [kept, lost] = metricIds;
  const { id } = await made<{ id: string }>("/subscriptions", { name: "Both", metricIds }, vera.bearer);
  const member = `/sites/${places[1]?.siteId}/members/${vera.id}`;
  await call("DELETE", member, admin);
  const expected = { metricIds: [kept], goneMetricIds: [lost] };
  expect((await call("GET", `/subscriptions/${id}`, vera.bearer)).json()).toMatchObject(expected);
  const series = await call("GET", `/subscriptions/${id}/series?${WINDOW}`, vera.bearer);
  const answer = series.json<{ series: { metricId: string }[]; goneMetricIds: string[] }>();
  expect([answer.series.map(({ metricId }) => metricId), answer.goneMetricIds]).toEqual([[kept], [lost]]);
  const renamed = await call("PATCH", `/subscriptions/${id}`, vera.bearer, { name: "Still both", metricIds });
  expect(renamed.statusCode).toBe(200);
  await call("PUT", member, admin, { role: "viewer" });
  expect((await call("GET", `/subscriptions/${id}`, vera.bearer)).json()).toMatchObject({
    metricIds,
    goneMetricIds: [],
  });
});

test("a metric of another's and none at all are refused alike, each by its place", async () => {
  await call("DELETE", `/sites/${places[1]?.siteId}/members/${vera.id}`, admin);
  const none = "01900000-0000-7000-8000-000000000000";
  const metricIds = [places[0]?.metricId, places[1]?.metricId, none];
  const refused = await call("POST", "/subscriptions", vera.bearer, { name: "x", metricIds });
  expect(refused.statusCode).toBe(422);
  expect(refused.json<{ errors: object[] }>().errors).toEqual(
    ["metricIds.1", "metricIds.2"].map((path) => ({ path, message: "is no metric that you may read" })),
  );
});

test("has at least one metric, and at most so many", async () => {
  const many = Array.from({ length: SUBSCRIPTION_METRICS_MAX + 1 }, () => places[0]?.metricId);
  expect((await call("POST", "/subscriptions", vera.bearer, { name: "x", metricIds: [] })).statusCode).toBe(422);
  expect((await call("POST", "/subscriptions", vera.bearer, { name: "x", metricIds: many })).statusCode).toBe(422);
  expect((await call("POST", "/subscriptions", vera.bearer, { name: "x", metricIds: many.slice(1) })).statusCode).toBe(
    201,
  );
});

test("its readings over time as JSON and as CSV, also when it is empty by now", async () => {
  const [first] = places;
  const { id } = await made<{ id: string }>("/subscriptions", { name: "x", metricIds: [first?.metricId] }, vera.bearer);
  const series = server.catalogue.directory.byMetric(first?.metricId ?? "")?.series ?? 0;
  await server.pipeline.accept({
    length: 1,
    series: Uint32Array.of(series),
    timesMs: Float64Array.of(Date.UTC(2026, 0, 1, 3)),
    values: Float64Array.of(7),
    qualities: Uint8Array.of(0),
  });
  const read = await call("GET", `/subscriptions/${id}/series?${WINDOW}`, vera.bearer);
  expect(read.json<{ series: { points: number[][] }[] }>().series[0]?.points).toEqual([[Date.UTC(2026, 0, 1, 3), 7]]);
  const csv = await call("GET", `/subscriptions/${id}/series?${WINDOW}`, { ...vera.bearer, accept: "text/csv" });
  expect(csv.body).toContain("7");
  const raw = await call("GET", `/subscriptions/${id}/series?${WINDOW.replace("PT1H", "raw")}`, vera.bearer);
  expect(raw.json<{ series: { points: number[][] }[] }>().series[0]?.points).toHaveLength(1);
  await call("DELETE", `/sites/${first?.siteId}/members/${vera.id}`, admin);
  const empty = await call("GET", `/subscriptions/${id}/series?${WINDOW}`, vera.bearer);
  expect([empty.statusCode, empty.json<{ series: object[] }>().series]).toEqual([200, []]);
});
