import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { IngestSettings } from "../../src/domain/api-key.ts";
import { INGEST_SETTINGS_DEFAULT } from "../../src/domain/api-key.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

let server: ApiServer;
let keyText: string;
beforeEach(async () => {
  server = await startApiServer();
  keyText = await makeKey();
});
afterEach(() => server.close());

async function makeKey(ingest: Partial<IngestSettings> = {}): Promise<string> {
  const { text } = await server.catalogue.apiKeys.create({
    name: "pusher",
    scopes: ["ingest", "read"],
    siteIds: null,
    expiresAtMs: null,
    ingest: { ...INGEST_SETTINGS_DEFAULT, ...ingest },
  });
  return text;
}

type Headers = Record<string, string>;
const post = (url: string, payload: string | Buffer, headers: Headers = {}) =>
  server.app.inject({ method: "POST", url, payload, headers: { authorization: `Bearer ${keyText}`, ...headers } });

/** All metrics as `site/device/metric unit = value`, in order. */
async function stored(): Promise<string[]> {
  const sites = new Map(
    (await server.catalogue.sites.list({ limit: 500 }, null)).items.map(({ id, name }) => [id, name]),
  );
  const found: string[] = [];
  for (const device of await server.catalogue.devices.all()) {
    for (const owner of server.catalogue.directory.allOfDevice(device.id)) {
      const latest = server.store.latest(owner.series);
      const value = latest ? `${latest.value} @${latest.timeMs}` : "none";
      found.push(`${sites.get(device.siteId)}/${device.name}/${owner.metricName} ${owner.unit} = ${value}`);
    }
  }
  return found.sort();
}

describe("line protocol", () => {
  const write = (lines: string | Buffer, query = "", headers: Headers = {}) =>
    post(`/api/v2/write${query}`, lines, headers);

  test("is stored where its tags say, and answered as InfluxDB does", async () => {
    const lines = [
      "active_power,site=Sevilla,sn=INV-1 value=5000 1649941817000000000",
      "inverter,site=Sevilla,sn=INV-1 voltage=230.5,current=4i 1649941817000000000",
      "wind_speed,host=mast value=7 1649941817000000000",
      "cpu,host=mast,core=0 usage=0.5 1649941817000000000",
      "meter,phase=1,line=A value=3 1649941817000000000",
      "lonely value=1 1649941817000000000",
    ];
    const answer = await write(lines.join("\n"), "?org=o&bucket=b&precision=ns");
    expect(answer.statusCode, answer.body).toBe(204);
    expect(answer.body).toBe("");
    const at = "@1649941817000";
    expect(await stored()).toEqual(
      [
        `Sevilla/INV-1/active_power W = 5000 ${at}`,
        `Sevilla/INV-1/inverter_voltage 1 = 230.5 ${at}`,
        `Sevilla/INV-1/inverter_current 1 = 4 ${at}`,
        `Pushed data/mast/wind_speed 1 = 7 ${at}`,
        `Pushed data/mast/cpu_usage{core=0} 1 = 0.5 ${at}`,
        `Pushed data/line=A,phase=1/meter 1 = 3 ${at}`,
        `Pushed data/lonely/lonely 1 = 1 ${at}`,
      ].sort(),
    );
  });

  test("the order of tags makes no second series", async () => {
    await write("m,host=h,a=1,b=2 value=1 1000000\nm,b=2,a=1,host=h value=2 2000000");
    expect(await stored()).toEqual(["Pushed data/h/m{a=1,b=2} 1 = 2 @2"]);
  });

  test("lands in a device that is there already, by serial number or name", async () => {
    const site = await server.catalogue.sites.create({
      name: "Sevilla",
      timezone: "Europe/Madrid",
      latitude: null,
      longitude: null,
      peakPowerW: null,
    });
    const device = { siteId: site.id, kind: "inverter", manufacturer: null, model: null, ratedPowerW: null } as const;
    await server.catalogue.devices.createAll(
      [
        { ...device, name: "Roof", serialNumber: "SN-7", connectionId: null },
        { ...device, name: "Barn", serialNumber: null, connectionId: null },
      ],
      [],
    );
    await write("p,site=Sevilla,sn=SN-7 value=1 1000000\np,site=Sevilla,device=Barn value=2 1000000");
    expect(await stored()).toEqual(["Sevilla/Barn/p 1 = 2 @1", "Sevilla/Roof/p 1 = 1 @1"]);
  });

  test("takes times in each precision", async () => {
    for (const [precision, time] of [
      ["ms", "1649941817123"],
      ["s", "1649941817"],
      ["us", "1649941817123456"],
      ["ns", "1649941817123456789"],
    ] as const) {
      expect((await write(`${precision} value=1 ${time}`, `?precision=${precision}`)).statusCode).toBe(204);
    }
    expect(await stored()).toEqual([
      "Pushed data/ms/ms 1 = 1 @1649941817123",
      "Pushed data/ns/ns 1 = 1 @1649941817123",
      "Pushed data/s/s 1 = 1 @1649941817000",
      "Pushed data/us/us 1 = 1 @1649941817123",
    ]);
  });

  test("gives a line without a time the server's", async () => {
    await write("m value=1");
    expect(await stored()).toEqual([`Pushed data/m/m 1 = 1 @${server.clock.nowMs()}`]);
  });

  test("names the bad line, in InfluxDB's words, and stores nothing", async () => {
    const answer = await write("m value=1 1000000\nm value=nonsense 1000000\n");
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      code: "invalid",
      line: 2,
      message: expect.stringMatching(/^line 2: /) as string,
    });
    expect(await stored()).toEqual([]);
  });

  test("refuses what is no precision, and who has no key, in InfluxDB's words", async () => {
    expect((await write("m value=1", "?precision=days")).json()).toMatchObject({ code: "unprocessable entity" });
    const nobody = await server.app.inject({ method: "POST", url: "/api/v2/write", payload: "m value=1" });
    expect(nobody.statusCode).toBe(401);
    expect(nobody.json()).toMatchObject({ code: "unauthorized" });
  });

  test("takes the key as each version's clients send it, and only here", async () => {
    const basic = `Basic ${Buffer.from(`anyone:${keyText}`).toString("base64")}`;
    for (const authorization of [`Token ${keyText}`, `token ${keyText}`, basic]) {
      expect((await write("m value=1", "", { authorization })).statusCode, authorization).toBe(204);
      expect((await post("/write?db=x&precision=s", "m value=1 1", { authorization })).statusCode).toBe(204);
      expect((await post("/data", "1 a 1", { authorization })).statusCode).toBe(401);
    }
    const refused = await post("/write?db=x", "nonsense", { authorization: `Token ${keyText}` });
    expect(refused.statusCode).toBe(400);
    expect(refused.json()).toEqual({ error: expect.stringMatching(/^line 1: /) as string });
  });
});

describe("JSON and NDJSON", () => {
  const time = "2026-06-21T09:00:00Z";
  const timeMs = Date.parse(time);

  async function metric(): Promise<{ metricId: string; deviceId: string }> {
    await post("/api/v2/write", "active_power,site=S,device=D value=0 1000000");
    const [device] = await server.catalogue.devices.all();
    const deviceId = device?.id ?? "";
    return { deviceId, metricId: server.catalogue.directory.ofDevice(deviceId, "active_power")?.metricId ?? "" };
  }

  test("bring readings of metrics and devices that are known", async () => {
    const { metricId, deviceId } = await metric();
    const readings = [
      { metricId, time, value: 5 },
      { deviceId, name: "voltage", time: timeMs, value: 230 },
    ];
    const json = await post("/api/v1/readings", JSON.stringify({ readings }), { "content-type": "application/json" });
    expect(json.statusCode, json.body).toBe(200);
    expect(json.json()).toEqual({ readings: 2 });
    expect(await stored()).toEqual([`S/D/active_power W = 5 @${timeMs}`, `S/D/voltage V = 230 @${timeMs}`]);
    const lines = readings.map((reading) => JSON.stringify({ ...reading, value: 7 })).join("\n");
    for (const type of ["application/x-ndjson", "application/jsonl; charset=utf-8"]) {
      const answer = await post("/api/v1/readings", lines, { "content-type": type });
      expect(answer.json(), answer.body).toEqual({ readings: 2 });
    }
    expect(await stored()).toEqual([`S/D/active_power W = 7 @${timeMs}`, `S/D/voltage V = 7 @${timeMs}`]);
  });

  test("name the reading that belongs to nothing, and nothing is stored", async () => {
    const { metricId } = await metric();
    const missing = "01900000-0000-7000-8000-000000000000";
    for (const [reading, message] of [
      [{ metricId: missing }, "metric"],
      [{ deviceId: missing, name: "x" }, "device"],
    ] as const) {
      const body = JSON.stringify({
        readings: [
          { metricId, time, value: 9 },
          { ...reading, time, value: 1 },
        ],
      });
      const answer = await post("/api/v1/readings", body);
      expect(answer.statusCode).toBe(422);
      expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
      expect(answer.json()).toMatchObject({
        errors: [{ path: "readings.1", message: `there is no ${message} "${missing}"` }],
      });
    }
    expect(await stored()).toEqual(["S/D/active_power W = 0 @1"]);
  });

  test("unreadable is 400, readable but wrong 422", async () => {
    expect((await post("/api/v1/readings", "{")).statusCode).toBe(400);
    expect((await post("/api/v1/readings", '{"readings":[{"time":1}]}')).statusCode).toBe(422);
    expect((await post("/api/v1/readings", "")).statusCode).toBe(400);
  });
});

describe("series that nobody declared", () => {
  const lines = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => `p,host=h${from + index} value=1 1000000`).join("\n");

  test("are taken to the key's limit, the first past it named, and then none of them is there", async () => {
    keyText = await makeKey({ seriesMax: 10 });
    const refused = await post("/api/v2/write", lines(11));
    expect(refused.statusCode).toBe(422);
    expect(refused.json<{ message: string }>().message).toMatch(/at most 10 series.*"p,host=h10 value"/);
    expect(await stored()).toEqual([]);
    expect((await post("/api/v2/write", lines(10))).statusCode).toBe(204);
    expect((await post("/api/v2/write", lines(10))).statusCode).toBe(204);
    expect((await post("/api/v2/write", lines(1, 10))).statusCode).toBe(422);
    expect(await stored()).toHaveLength(10);
  });

  test("count over a restart of the source, and by key", async () => {
    keyText = await makeKey({ seriesMax: 2 });
    expect((await post("/api/v2/write", lines(2))).statusCode).toBe(204);
    await server.clock.advance(2 * 3_600_000);
    await post("/data", "1 a 1", { authorization: `Bearer ${await makeKey()}` });
    expect(server.sources.size).toBe(1);
    expect((await post("/api/v2/write", lines(1, 5))).statusCode).toBe(422);
    expect((await post("/api/v2/write", lines(2))).statusCode).toBe(204);
  });

  test("are refused by a key that may create none", async () => {
    keyText = await makeKey({ unknownSeries: "refuse" });
    const refused = await post("/data", "1 a 1");
    expect(refused.statusCode).toBe(400);
    expect(refused.json<{ message: string }>().message).toContain('"a" is not known');
    expect((await server.catalogue.sites.list({ limit: 1 }, null)).items).toEqual([]);
  });

  test("go where the key's template says", async () => {
    keyText = await makeKey({
      template: { site: "Plant {region}", device: "{host}", metric: "{measurement}.{field}" },
    });
    await post("/api/v2/write", "p,host=h,region=South value=1 1000000");
    expect(await stored()).toEqual(["Plant South/h/p.value 1 = 1 @1"]);
    const refused = await post("/api/v2/write", "p,region=South value=1 1000000");
    expect(refused.statusCode).toBe(422);
    expect(refused.json<{ message: string }>().message).toContain('has no "host"');
  });

  test("of plaintext go under the key's device, and are read there", async () => {
    keyText = await makeKey({ template: { site: "Hut", device: "Logger", metric: null } });
    expect((await post("/data", "10 Voltage 2")).statusCode).toBe(200);
    expect(await stored()).toEqual(["Hut/Logger/Voltage 1 = 2 @10000"]);
    const readings = await server.app.inject({
      url: "/data?from=1970-01-01&to=1970-01-01",
      headers: { authorization: `Bearer ${keyText}` },
    });
    expect(readings.json()).toMatchObject([{ name: "Voltage", value: 2 }]);
  });

  test("are created once by two bodies that come at once, from two keys", async () => {
    const other = { authorization: `Bearer ${await makeKey()}` };
    const answers = await Promise.all([
      post("/api/v2/write", "p,site=S,host=h value=1 1000000"),
      post("/api/v2/write", "p,site=S,host=h value=1 1000000\nq,site=S,host=i value=1 1000000", other),
      post("/api/v2/write", "q,site=S,host=i value=1 1000000"),
    ]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([204, 204, 204]);
    expect(await stored()).toEqual(["S/h/p 1 = 1 @1", "S/i/q 1 = 1 @1"]);
  });

  test("are ten thousand in one body without harm", async () => {
    expect((await post("/api/v2/write", lines(10_000))).statusCode).toBe(204);
    expect(await server.catalogue.enrolment.metricsOf(server.catalogue.apiKeys.verify(keyText)?.id ?? "")).toBe(10_000);
  });

  test("are refused with a name that no object may have", async () => {
    for (const line of ["p,host=\\  value=1", `p,host=${"h".repeat(201)} value=1`]) {
      expect((await post("/api/v2/write", line)).statusCode, line).toBe(422);
    }
    expect(await stored()).toEqual([]);
    expect((await post("/api/v2/write", `p,host=${"h".repeat(200)} value=1`)).statusCode).toBe(204);
  });

  test("keep their device when a person moves or renames it", async () => {
    await post("/api/v2/write", "p,site=S,host=h value=1 1000000");
    const [device] = await server.catalogue.devices.all();
    expect(server.catalogue.directory.pushedAs('["S","h"]').map(({ id }) => id)).toEqual([device?.id]);
  });
});

describe("a packed body", () => {
  test("is unpacked on every endpoint", async () => {
    const gzip = { "content-encoding": "gzip" };
    expect((await post("/data", gzipSync("1 a 1"), gzip)).statusCode).toBe(200);
    expect((await post("/api/v2/write", gzipSync("m value=1 1000000"), gzip)).statusCode).toBe(204);
    const deviceId = (await server.catalogue.devices.all())[0]?.id;
    const body = JSON.stringify({ readings: [{ deviceId, name: "b", time: 1, value: 1 }] });
    expect((await post("/api/v1/readings", gzipSync(body), gzip)).statusCode).toBe(200);
    expect(await stored()).toHaveLength(3);
  });

  test("that is cut, is none, or is packed otherwise stores nothing", async () => {
    const packed = gzipSync("1 a 1\n".repeat(1_000));
    const gzip = { "content-encoding": "gzip" };
    expect((await post("/data", packed.subarray(0, packed.length - 4), gzip)).statusCode).toBe(400);
    expect((await post("/data", "1 a 1", gzip)).statusCode).toBe(400);
    expect((await post("/data", "1 a 1", { "content-encoding": "br" })).statusCode).toBe(415);
    expect(await stored()).toEqual([]);
  });
});

test("figures say what each protocol has brought", async () => {
  await post("/data", "1 a 1\n2 a 1\n");
  await post("/data", "nonsense");
  const admin = await server.signInAsAdmin();
  const { body } = await server.app.inject({ url: "/metrics", headers: admin });
  expect(body).toContain('kilowatch_ingest_readings{protocol="data"} 2');
  expect(body).toContain('kilowatch_ingest_bytes{protocol="data"} 12');
  expect(body).toContain('kilowatch_ingest_bodies_refused{protocol="data"} 1');
});
