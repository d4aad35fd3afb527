import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACTIVE_POWER } from "../../src/domain/metric.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

/**
 * The engine's own text formats end at a blank line and run what follows as SQL. No byte of a sender may come near them: here
 * every endpoint is sent such text, over the real engine.
 */
const TRICKS = [
  "DROP TABLE readings_2;",
  "DROP DATABASE default;",
  "INSERT INTO readings_2 SELECT * FROM readings_2;",
  "'); DROP TABLE readings_2; --",
];

let server: ApiServer;
let metricId: string;
let deviceId: string;
let series: number;
beforeAll(async () => {
  server = await startApiServer({ openData: true, embeddedEngine: true });
  const site = { name: "S", timezone: "UTC", latitude: null, longitude: null, peakPowerW: null };
  const device = { kind: "other", serialNumber: null, manufacturer: null, model: null, ratedPowerW: null } as const;
  const { id } = await server.catalogue.sites.create(site);
  const [made] = await server.catalogue.devices.createAll(
    [{ ...device, siteId: id, name: "D", connectionId: null }],
    [ACTIVE_POWER],
  );
  const owner = server.catalogue.directory.ofDevice(made?.id ?? "", ACTIVE_POWER.name);
  if (!owner) throw new Error("the metric is missing");
  ({ metricId, deviceId, series } = owner);
  const reading = { metricId, time: 1_000, value: 42 };
  expect((await post("/api/v1/readings", JSON.stringify({ readings: [reading] }))).statusCode).toBe(200);
});
afterAll(() => server.close());

let authorization: string | undefined;
async function post(url: string, payload: string | Buffer, headers: Record<string, string> = {}) {
  if (authorization === undefined) {
    const { text } = await server.catalogue.apiKeys.create({
      name: "sender",
      scopes: ["ingest"],
      siteIds: null,
      expiresAtMs: null,
      ingest: {
        unknownSeries: "create",
        template: { site: null, device: null, metric: null },
        seriesMax: 1_000,
      },
    });
    authorization = `Bearer ${text}`;
  }
  return server.app.inject({ method: "POST", url, payload, headers: { authorization, ...headers } });
}

/** Readings of every series there is, as the engine has them. */
async function all(): Promise<{ series: number; value: number }[]> {
  const devices = await server.catalogue.devices.all();
  const every = devices.flatMap(({ id }) => server.catalogue.directory.allOfDevice(id).map((owner) => owner.series));
  const window = { fromMs: 0, toMs: Date.UTC(2100, 0, 1) };
  const { columns } = await server.store.readRaw({ series: every, ...window, limit: 10_000 });
  return Array.from({ length: columns.length }, (_, row) => ({
    series: columns.series[row] ?? 0,
    value: columns.values[row] ?? 0,
  }));
}

const json = (body: unknown): string => JSON.stringify(body);

describe.each(TRICKS)("%s after a blank line", (trick) => {
  test.each([
    ["/data", `1 x 1\n\n${trick}\n`],
    ["/data", `1 x 1\r\n\r\n\r\n${trick}\r\n`],
    ["/data", `\n\n${trick}`],
    ["/api/v2/write", `m value=1 1000000\n\n${trick}\n`],
    ["/write", `m value=1 1000000\n\n${trick}\n`],
    ["/api/v1/readings", `{"readings":[]}\n\n${trick}\n`],
    ["/api/v1/readings", `\n\n${trick}`],
  ])("is refused by %s and stores nothing", async (url, body) => {
    const before = await all();
    for (const [payload, headers] of [
      [body, {}],
      [gzipSync(body), { "content-encoding": "gzip" }],
      [body, { "content-type": "application/x-ndjson" }],
    ] as const) {
      expect((await post(url, payload, headers)).statusCode).toBeGreaterThanOrEqual(400);
    }
    expect(await all()).toEqual(before);
  });

  test("is a name like any other where names are free", async () => {
    const before = (await all()).length;
    const spaced = `\\n\\n${trick}`.replaceAll(/[ ,=]/g, (sign) => `\\${sign}`);
    const plain = trick.replaceAll(/\s/g, "_");
    const answers = await Promise.all([
      post("/data", `1 ${plain} 7\n`),
      post("/api/v2/write", `${spaced},host=${spaced} value=7 1000000\n`),
      post("/api/v1/readings", json({ readings: [{ deviceId, name: `x ${trick}`, time: 1_000, value: 7 }] })),
      post("/api/v1/readings", json({ deviceId, name: `y ${trick}`, time: 1_000, value: 7 }), {
        "content-type": "application/x-ndjson",
      }),
    ]);
    expect(answers.map(({ statusCode, body }) => `${statusCode} ${body}`)).toEqual([
      '200 {"success":true}',
      "204 ",
      '200 {"readings":1}',
      '200 {"readings":1}',
    ]);
    const after = await all();
    expect(after).toHaveLength(before + 4);
    expect(after).toContainEqual({ series, value: 42 });
  });

  test("harms nothing in what is asked", async () => {
    const query = `?from=${encodeURIComponent(`1970-01-01\n\n${trick}`)}&to=2100-01-01`;
    expect((await server.app.inject({ url: `/data${query}` })).statusCode).toBe(400);
    const asked = await post(`/api/v2/write?precision=${encodeURIComponent(`ns\n\n${trick}`)}`, "m value=1 1");
    expect(asked.statusCode).toBe(422);
    const named = json({ readings: [{ metricId: `\n\n${trick}`, time: 1, value: 1 }] });
    expect((await post("/api/v1/readings", named)).statusCode).toBeGreaterThanOrEqual(400);
    expect(await all()).toContainEqual({ series, value: 42 });
  });
});
