import { afterEach, beforeEach, expect, test } from "vitest";
import { FOUND_METRICS_NAMED_MAX, SEARCH_TEXT_MAX } from "../../src/server/routes/metric-search.ts";
import { ADMIN, type ApiServer, startApiServer } from "./api-server.ts";

interface Found {
  readonly items: {
    readonly id: string;
    readonly name: string;
    readonly unit: string;
    readonly device: { readonly id: string; readonly name: string };
    readonly site: { readonly id: string; readonly name: string; readonly timezone: string };
  }[];
  readonly nextCursor: string | null;
}

const METRICS = [
  { name: "active_power", unit: "W" },
  { name: "voltage", unit: "V" },
];

let server: ApiServer;
let admin: Record<string, string>;
const siteIds: string[] = [];

async function call(method: "GET" | "POST" | "PUT", path: string, headers: Record<string, string>, payload?: object) {
  const body = payload === undefined ? {} : { payload };
  return server.app.inject({ method, url: `/api/v1${path}`, headers, ...body });
}

async function found(query: Record<string, string>, headers = admin): Promise<Found> {
  const answer = await call("GET", `/metrics?${new URLSearchParams(query)}`, headers);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<Found>();
}

const names = ({ items }: Found): string[] =>
  items.map(({ site, device, name }) => [site.name, device.name, name].join("/"));

/** Two sites with two devices each; each device has a power and a voltage. */
beforeEach(async () => {
  server = await startApiServer();
  admin = await server.signInAsAdmin();
  siteIds.length = 0;
  for (const [name, timezone] of [
    ["Calama", "America/Santiago"],
    ["Almería", "Europe/Madrid"],
  ]) {
    const siteId = (await call("POST", "/sites", admin, { name, timezone })).json<{ id: string }>().id;
    siteIds.push(siteId);
    for (const [device, serialNumber] of [
      ["Roof", "SN-1"],
      ["Barn", "SN-2"],
    ]) {
      const wanted = { name: device, serialNumber, kind: "inverter", metrics: METRICS };
      expect((await call("POST", `/sites/${siteId}/devices`, admin, wanted)).statusCode).toBe(201);
    }
  }
});
afterEach(() => server.close());

test("each word may stand in the name of the metric, the device or the site, or in the serial number", async () => {
  expect(names(await found({ q: "calama VOLT" }))).toEqual(["Calama/Roof/voltage", "Calama/Barn/voltage"]);
  expect(names(await found({ q: "  ALMERÍA  sn-2 " }))).toEqual(["Almería/Barn/active_power", "Almería/Barn/voltage"]);
  expect(names(await found({ q: "roof nothing" }))).toEqual([]);
  // Words do not run over from one name into the next.
  expect(names(await found({ q: "calamaroof" }))).toEqual([]);
  const [first] = (await found({ q: "almería roof active" })).items;
  expect(first).toMatchObject({ unit: "W", kind: "gauge", site: { timezone: "Europe/Madrid" } });
});

test("finds by site, by device and by id, and pages through all in the order in which they were made", async () => {
  const all = await found({});
  expect(all.items).toHaveLength(8);
  const deviceId = all.items[2]?.device.id ?? "";
  expect((await found({ deviceId })).items).toEqual(all.items.slice(2, 4));
  expect((await found({ siteId: siteIds[1] ?? "" })).items).toEqual(all.items.slice(4));
  expect((await found({ siteId: siteIds[1] ?? "", deviceId })).items).toEqual([]);
  const picked = [all.items[5], all.items[0]];
  const gone = "01900000-0000-7000-8000-000000000000";
  const metricIds = [...picked.map((item) => item?.id ?? ""), gone].join(",");
  expect((await found({ metricIds })).items).toEqual([all.items[0], all.items[5]]);

  const paged: Found["items"] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: Found = await found({ limit: "3", q: "a", ...(cursor ? { cursor } : {}) });
    expect(page.items.length).toBeLessThanOrEqual(3);
    paged.push(...page.items);
    cursor = page.nextCursor;
  }
  expect(paged.map(({ id }) => id)).toEqual((await found({ q: "a" })).items.map(({ id }) => id));
});

test("shows what its asker may read, also of metrics that are named", async () => {
  const vera = { email: "vera@example.org", name: "Vera", password: ADMIN.password };
  const { id } = (await call("POST", "/users", admin, vera)).json<{ id: string }>();
  const login = await call("POST", "/auth/login", {}, { email: vera.email, password: vera.password });
  const headers = { authorization: `Bearer ${login.json<{ accessToken: string }>().accessToken}` };
  const all = await found({});
  const metricIds = all.items.map((item) => item.id).join(",");
  expect((await found({}, headers)).items).toEqual([]);
  await call("PUT", `/sites/${siteIds[0]}/members/${id}`, admin, { role: "viewer" });
  expect((await found({}, headers)).items).toEqual(all.items.slice(0, 4));
  expect((await found({ metricIds }, headers)).items).toEqual(all.items.slice(0, 4));
  expect((await found({ siteId: siteIds[1] ?? "" }, headers)).items).toEqual([]);
  expect((await call("GET", "/metrics", {})).statusCode).toBe(401);
});

test("limits what a request may say", async () => {
  const status = async (query: Record<string, string>): Promise<number> =>
    (await call("GET", `/metrics?${new URLSearchParams(query)}`, admin)).statusCode;
  const ids = (count: number): string => Array.from({ length: count }, () => siteIds[0]).join(",");
  expect(await status({ q: "x".repeat(SEARCH_TEXT_MAX) })).toBe(200);
  expect(await status({ q: "x".repeat(SEARCH_TEXT_MAX + 1) })).toBe(422);
  expect(await status({ metricIds: ids(FOUND_METRICS_NAMED_MAX) })).toBe(200);
  expect(await status({ metricIds: ids(FOUND_METRICS_NAMED_MAX + 1) })).toBe(422);
  expect(await status({ siteId: "x" })).toBe(422);
});
