import { request as httpRequest } from "node:http";
import { parquetReadObjects } from "hyparquet";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { INGEST_SETTINGS_DEFAULT } from "../../src/domain/api-key.ts";
import { StorageUnavailable } from "../../src/domain/errors.ts";
import { EXPORT_METRICS_MAX } from "../../src/server/routes/export.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

const NOBODY_S = "019a0000-0000-7000-8000-000000000000";

let server: ApiServer;
let authorization = "";
beforeEach(async () => {
  server = await startApiServer();
  authorization = `Bearer ${await newKey(null)}`;
});
afterEach(() => server.close());

async function newKey(siteIds: readonly string[] | null): Promise<string> {
  const made = await server.catalogue.apiKeys.create({
    name: "reader",
    scopes: ["read", "ingest"],
    siteIds,
    expiresAtMs: null,
    ingest: INGEST_SETTINGS_DEFAULT,
  });
  return made.text;
}

async function write(lines: readonly string[]): Promise<void> {
  const answer = await server.app.inject({
    method: "POST",
    url: "/api/v2/write?precision=ms",
    headers: { authorization },
    payload: lines.join("\n"),
  });
  expect(answer.statusCode, answer.body).toBe(204);
}

const get = (query: string, as = authorization) =>
  server.app.inject({ method: "GET", url: `/api/v1/readings?${query}`, headers: { authorization: as } });

/** The ids of things by their names. */
async function ids() {
  const sites = (await server.catalogue.sites.list({ limit: 10 }, null)).items;
  const devices = await server.catalogue.devices.all();
  const metrics = devices.flatMap(({ id }) => server.catalogue.directory.allOfDevice(id));
  return {
    site: (name: string) => sites.find((site) => site.name === name)?.id ?? "",
    device: (name: string) => devices.find((device) => device.name === name)?.id ?? "",
    metric: (name: string) => metrics.find((metric) => metric.metricName === name)?.metricId ?? "",
  };
}

const LINES = [
  "voltage,site=North,device=A,unit=V value=230.5 2000",
  "voltage,site=North,device=A,unit=V value=231 1000",
  "current,site=North,device=A,unit=A value=-0 1000",
  "soc,site=North,device=B value=50 3000",
  "wind,site=South\\,\\ coast,device=C value=7 1000",
];

describe("readings as one long answer", () => {
  test("come by metric and time, as CSV", async () => {
    await write(LINES);
    const { site, metric } = await ids();
    const answer = await get(`siteId=${site("North")}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toBe("text/csv; charset=utf-8; header=present");
    expect(answer.body.split("\n")).toEqual([
      "metricId,site,device,metric,unit,time,value,quality",
      `${metric("voltage")},North,A,voltage,V,1970-01-01T00:00:01.000Z,231,good`,
      `${metric("voltage")},North,A,voltage,V,1970-01-01T00:00:02.000Z,230.5,good`,
      `${metric("current")},North,A,current,A,1970-01-01T00:00:01.000Z,-0,good`,
      `${metric("soc")},North,B,soc,1,1970-01-01T00:00:03.000Z,50,good`,
      "",
    ]);
  });

  test("come in the order asked for, as NDJSON", async () => {
    await write(LINES);
    const { metric } = await ids();
    const asked = [metric("wind"), metric("voltage"), metric("wind")].join(",");
    const answer = await get(`metricIds=${asked}&format=ndjson&from=1970-01-01T00:00:01Z&to=1970-01-01T00:00:02Z`);
    expect(answer.headers["content-type"]).toBe("application/x-ndjson");
    expect(
      answer.body
        .trimEnd()
        .split("\n")
        .map((line): unknown => JSON.parse(line)),
    ).toMatchObject([
      { site: "South, coast", device: "C", metric: "wind", time: "1970-01-01T00:00:01.000Z", value: 7 },
      { site: "North", device: "A", metric: "voltage", unit: "V", value: 231, quality: "good" },
    ]);
  });

  test("come as Parquet, with a name to be saved by", async () => {
    await write(LINES);
    const { site } = await ids();
    const answer = await get(`siteId=${site("North")}&format=parquet`);
    expect(answer.headers["content-type"]).toBe("application/vnd.apache.parquet");
    expect(answer.headers["content-disposition"]).toBe('attachment; filename="readings.parquet"');
    const { buffer, byteOffset, length } = answer.rawPayload;
    const rows = await parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer });
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatchObject({ site: "North", device: "A", metric: "voltage", time: new Date(1_000), value: 231 });
  });

  test("of a device without any are a header", async () => {
    await write(LINES);
    const { device } = await ids();
    const answer = await get(`deviceId=${device("B")}&to=1970-01-01T00:00:03Z`);
    expect(answer.body).toBe("metricId,site,device,metric,unit,time,value,quality\n");
  });

  test("reach the limit of metrics, and not past it", async () => {
    const names = Array.from({ length: EXPORT_METRICS_MAX + 1 }, (_, at) => `m${at}`);
    await write(names.map((name) => `${name},device=D value=1 1`));
    const { device } = await ids();
    const all = server.catalogue.directory.allOfDevice(device("D")).map(({ metricId }) => metricId);
    const most = await get(`metricIds=${all.slice(1).join(",")}`);
    expect(most.body.trimEnd().split("\n")).toHaveLength(1 + EXPORT_METRICS_MAX);
    expect((await get(`metricIds=${all.join(",")}`)).statusCode).toBe(422);
  });

  test.each([
    ["nothing is named", ""],
    ["two things are named", `siteId=${NOBODY_S}&deviceId=${NOBODY_S}`],
    ["a name is no id", "deviceId=A"],
    ["the format is another", `siteId=${NOBODY_S}&format=xml`],
    ["the end lies before the start", `siteId=${NOBODY_S}&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`],
    ["there is a word too many", `siteId=${NOBODY_S}&limit=5`],
  ])("are refused when %s", async (_why, query) => expect((await get(query)).statusCode).toBe(422));

  test.each(["siteId", "deviceId", "metricIds"])("of a %s that is not there are a 404", async (name) =>
    expect((await get(`${name}=${NOBODY_S}`)).statusCode).toBe(404),
  );

  test("want somebody who may read", async () => {
    expect((await server.app.inject({ url: `/api/v1/readings?siteId=${NOBODY_S}` })).statusCode).toBe(401);
  });

  test("of another site look to a limited key as if they were not there", async () => {
    await write(LINES);
    const { site, device, metric } = await ids();
    const limited = `Bearer ${await newKey([site("North")])}`;
    expect((await get(`siteId=${site("North")}`, limited)).statusCode).toBe(200);
    for (const foreign of [
      `siteId=${site("South, coast")}`,
      `deviceId=${device("C")}`,
      `metricIds=${metric("wind")}`,
    ]) {
      const refused = await get(foreign, limited);
      const absent = await get(foreign.replace(/=.*/, `=${NOBODY_S}`), limited);
      expect(refused.statusCode).toBe(404);
      expect(refused.body).toBe(absent.body);
    }
  });

  test("that cannot be read now are a 503 that asks to come back", async () => {
    await write(LINES);
    const { site } = await ids();
    vi.spyOn(server.store, "readRaw").mockRejectedValue(new StorageUnavailable("The engine starts anew.", 3));
    const answer = await get(`siteId=${site("North")}`);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBe("3");
  });
});

describe("over a connection", () => {
  /** 40 series of 1,250 readings, which the store hands out in pages of a tenth of that. */
  async function manyReadings(): Promise<{ url: string; pages: () => number; fail: (atPage: number) => void }> {
    const rows = Array.from({ length: 1_250 }, (_, at) => at * 1_000);
    await write(Array.from({ length: 40 }, (_, at) => rows.map((ms) => `m${at},site=S value=1.25 ${ms}`)).flat());
    const readRaw = server.store.readRaw.bind(server.store);
    let pages = 0;
    let failsAt = Number.POSITIVE_INFINITY;
    vi.spyOn(server.store, "readRaw").mockImplementation((query) => {
      if (++pages >= failsAt) return Promise.reject(new StorageUnavailable("gone", 1));
      return readRaw({ ...query, limit: Math.min(query.limit, 125) });
    });
    const { site } = await ids();
    const origin = await server.app.listen({ host: "127.0.0.1", port: 0 });
    const fail = (atPage: number): void => {
      failsAt = atPage;
    };
    return { url: `${origin}/api/v1/readings?siteId=${site("S")}`, pages: () => pages, fail };
  }

  test("all of it arrives", async () => {
    const { url } = await manyReadings();
    const text = await (await fetch(url, { headers: { authorization } })).text();
    expect(text.trimEnd().split("\n")).toHaveLength(1 + 50_000);
  });

  test("a store that fails half-way cuts the answer, so that nobody takes it for whole", async () => {
    const { url, fail } = await manyReadings();
    fail(100);
    const answer = await fetch(url, { headers: { authorization } });
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  test("who goes away ends the reading", async () => {
    const { url, pages } = await manyReadings();
    const complaints = (["warn", "error"] as const).map((level) => vi.spyOn(server.app.log, level));
    await new Promise<void>((gone, failed) => {
      const asked = httpRequest(url, { headers: { authorization } }, (answer) => {
        answer.once("data", () => {
          answer.destroy();
          gone();
        });
      });
      asked.on("error", failed).end();
    });
    const counts: number[] = [];
    await vi.waitFor(() => {
      counts.push(pages());
      expect(counts.at(-1)).toBe(counts.at(-3));
    }, 20_000);
    // All of it would be more than 400.
    expect(pages()).toBeLessThan(300);
    expect(complaints.flatMap(({ mock }) => mock.calls)).toEqual([]);
  });
});
