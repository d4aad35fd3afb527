import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ACTIVE_POWER } from "../../src/domain/metric.ts";
import { BODY_LIMITS } from "../../src/server/body/limits.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

let server: ApiServer;
beforeEach(async () => {
  server = await startApiServer({ openData: true });
});
afterEach(() => server.close());

const push = (payload: string | Buffer, headers: Record<string, string> = { "content-type": "text/plain" }) =>
  server.app.inject({ method: "POST", url: "/data", payload, headers });
const read = (query: string) => server.app.inject({ method: "GET", url: `/data${query}` });

const EXAMPLE = "1649941817 Voltage 1.34\n1649941818 Voltage 1.35\n1649941817 Current 12.0\n1649941818 Current 14.0\n";

describe("POST /data", () => {
  test("answers exactly as the contract says, and a reader that asks afterwards sees the data", async () => {
    const answer = await push(EXAMPLE);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toMatch(/^application\/json/);
    expect(answer.body).toBe('{"success":true}');
    const readings = await read("?from=2022-04-12&to=2022-04-14");
    expect(readings.json()).toEqual([
      { time: "2022-04-14T13:10:17.000Z", name: "Current", value: 12 },
      { time: "2022-04-14T13:10:17.000Z", name: "Voltage", value: 1.34 },
      { time: "2022-04-14T13:10:18.000Z", name: "Current", value: 14 },
      { time: "2022-04-14T13:10:18.000Z", name: "Voltage", value: 1.35 },
      { time: "2022-04-14T00:00:00.000Z", name: "Power", value: 17.485 },
    ]);
  });

  test("stores nothing of a body with a malformed line, and names the line", async () => {
    const answer = await push("1649941817 Voltage 1.34\n1649941818 Voltage volts\n");
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toEqual({ success: false, message: "line 2: the value is not a finite decimal number" });
    expect((await read("?from=1970-01-01&to=9999-12-31")).body).toBe("[]");
  });

  test("takes any content type, or none", async () => {
    for (const type of [
      "application/json",
      "application/x-www-form-urlencoded",
      "text/csv; charset=utf-8",
      "nonsense",
    ]) {
      expect((await push(EXAMPLE, { "content-type": type })).statusCode, type).toBe(200);
    }
    expect((await push(EXAMPLE, {})).statusCode).toBe(200);
  });

  test("refuses a body that is no text", async () => {
    const bodies = [
      "",
      Buffer.from([0x31, 0x20, 0xff, 0x20, 0x31]),
      // Packed, and not saying so.
      gzipSync(EXAMPLE),
    ];
    for (const body of bodies) {
      const answer = await push(body);
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ success: false, message: expect.stringMatching(/^line 1: /) as string });
    }
  });

  test("the same time and name again replaces the value", async () => {
    await push("10 a 1\n10 a 2\n");
    expect((await read("?from=1970-01-01&to=1970-01-01")).json()).toEqual([
      { time: "1970-01-01T00:00:10.000Z", name: "a", value: 2 },
    ]);
    await push("10 a 3\n");
    expect((await read("?from=1970-01-01&to=1970-01-01")).json()).toMatchObject([{ value: 3 }]);
  });

  test("takes new names up to the limit and refuses more by name, storing nothing", async () => {
    const lines = (count: number, prefix: string) =>
      Array.from({ length: count }, (_, index) => `1 ${prefix}${index} 1`).join("\n");
    const refused = await push(lines(10_001, "n"));
    expect(refused.statusCode).toBe(400);
    expect(refused.json<{ message: string }>().message).toContain('"n10000"');
    expect((await read("?from=1970-01-01&to=1970-01-01")).body).toBe("[]");
    expect((await push(lines(10_000, "m"))).statusCode).toBe(200);
    expect((await push("1 m0 2")).statusCode).toBe(200);
    expect((await push("1 late 2")).json<{ message: string }>().message).toContain('"late"');
  });

  test("two requests that bring the same new name at once make one series of it", async () => {
    await Promise.all([push("1 a 1"), push("2 a 2"), push("3 a 3")]);
    expect((await read("?from=1970-01-01&to=1970-01-01")).json()).toHaveLength(3);
  });

  test("refuses a body past the limit", async () => {
    const answer = await push(Buffer.alloc(BODY_LIMITS.wireBytesMax + 1, 0x20));
    expect(answer.statusCode).toBe(413);
    expect(answer.json()).toMatchObject({ success: false });
  });

  test("is not open to a page of another site", async () => {
    const answer = await push(EXAMPLE, {
      origin: "https://evil.example",
      host: "127.0.0.1:8080",
      "content-type": "text/plain",
    });
    expect(answer.statusCode).toBe(403);
    expect((await push(EXAMPLE, { origin: "http://127.0.0.1:8080", host: "127.0.0.1:8080" })).statusCode).toBe(200);
  });
});

describe("GET /data", () => {
  test("is refused for a range that is none", async () => {
    for (const [query, message] of [
      ["?to=2022-04-14", /^from is missing/],
      ["?from=2022-04-14", /^to is missing/],
      ["?from=yesterday&to=2022-04-14", /^from is not an ISO 8601/],
      ["?from=2022-01-01&to=2022-02-30", /^to is not an ISO 8601/],
      ["?from=2022-04-15&to=2022-04-14", /^from lies after to/],
    ] as const) {
      const answer = await read(query);
      expect(answer.statusCode, query).toBe(400);
      expect(answer.json()).toEqual({ success: false, message: expect.stringMatching(message) as string });
    }
  });

  test("a date as `to` includes its whole day; a moment includes itself", async () => {
    await push("86399 a 1\n86400 a 2\n");
    expect((await read("?from=1970-01-01&to=1970-01-01")).json()).toMatchObject([{ value: 1 }]);
    expect((await read("?from=1970-01-01T23:59:59Z&to=1970-01-01T23:59:59Z")).json()).toMatchObject([{ value: 1 }]);
    expect((await read("?from=1970-01-02T01:00:00%2B01:00&to=1970-01-02T00:00:00")).json()).toMatchObject([
      { value: 2 },
    ]);
    expect((await read("?from=1970-01-02T01:00:00+01:00&to=1970-01-02T00:00:00")).json()).toMatchObject([{ value: 2 }]);
  });

  test("has one power for each UTC day with both, names compared without case", async () => {
    await push("100 VOLTAGE 2\n200 voltage 4\n300 current 10\n86500 Voltage 5\n172900 Voltage 1\n172901 Current 7\n");
    const answer = (await read("?from=1970-01-01&to=1970-01-05")).json<{ name: string }[]>();
    expect(answer.filter(({ name }) => name === "Power")).toEqual([
      { time: "1970-01-01T00:00:00.000Z", name: "Power", value: 30 },
      { time: "1970-01-03T00:00:00.000Z", name: "Power", value: 7 },
    ]);
    expect(answer.slice(-2).every(({ name }) => name === "Power")).toBe(true);
  });

  test("goes on over pages without losing or doubling a reading", async () => {
    const lines = Array.from(
      { length: 25_000 },
      (_, index) => `${Math.floor(index / 10)} n${9 - (index % 10)} ${index}`,
    );
    expect((await push(lines.join("\n"))).statusCode).toBe(200);
    const readings = (await read("?from=1970-01-01&to=1970-01-01")).json<
      { time: string; name: string; value: number }[]
    >();
    expect(readings.map(({ time, name }) => `${Date.parse(time) / 1_000} ${name}`)).toEqual(
      Array.from({ length: 25_000 }, (_, index) => `${Math.floor(index / 10)} n${index % 10}`),
    );
  });
});

describe("who may", () => {
  test("open data is open to this machine, not to a name that points at it or through a proxy", async () => {
    for (const headers of [
      { host: "evil.example:8080" },
      { host: "127.0.0.1.evil.example" },
      { host: "127.0.0.1:8080", "x-forwarded-for": "203.0.113.9" },
      { host: "127.0.0.1:8080", forwarded: "for=203.0.113.9" },
    ]) {
      expect((await push(EXAMPLE, headers as Record<string, string>)).statusCode, JSON.stringify(headers)).toBe(401);
    }
    for (const host of ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"]) {
      expect((await push(EXAMPLE, { host })).statusCode, host).toBe(200);
    }
  });

  test("a site that a person named like the data API's own is left alone", async () => {
    const site = await server.catalogue.sites.create({
      name: "Pushed data",
      timezone: "UTC",
      latitude: null,
      longitude: null,
      peakPowerW: null,
    });
    const inverter = {
      kind: "inverter",
      serialNumber: "INV-1",
      manufacturer: null,
      model: null,
      ratedPowerW: null,
    } as const;
    const [device] = await server.catalogue.devices.createAll(
      [{ ...inverter, siteId: site.id, name: "INV-1", connectionId: null }],
      [ACTIVE_POWER],
    );
    await push("1 active_power 99");
    expect(server.catalogue.directory.allOfDevice(device?.id ?? "")).toHaveLength(1);
    const power = server.catalogue.directory.ofDevice(device?.id ?? "", ACTIVE_POWER.name);
    expect((await read("?from=1970-01-01&to=1970-01-01")).json()).toHaveLength(1);
    const admin = await server.signInAsAdmin();
    const latest = await server.app.inject({ url: `/api/v1/metrics/${power?.metricId}/latest`, headers: admin });
    expect(latest.json()).toBeNull();
  });

  test("asking creates nothing", async () => {
    expect((await read("?from=1970-01-01&to=1970-01-01")).body).toBe("[]");
    expect((await server.catalogue.sites.list({ limit: 10 }, null)).items).toEqual([]);
  });
});

test("without the setting, both calls want a key", async () => {
  const closed = await startApiServer({ visitorsMayLook: true });
  expect((await closed.app.inject({ method: "POST", url: "/data", payload: EXAMPLE })).statusCode).toBe(401);
  expect((await closed.app.inject({ method: "GET", url: "/data?from=2022-04-12&to=2022-04-14" })).statusCode).toBe(401);
  await closed.close();
});

test("a full journal is a 503 that asks to come back, and nothing is acknowledged", async () => {
  const full = await startApiServer({ openData: true, journalBytesMax: 1 });
  const answer = await full.app.inject({ method: "POST", url: "/data", payload: EXAMPLE });
  expect(answer.statusCode).toBe(503);
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
  expect(answer.json()).toMatchObject({ success: false });
  await full.close();
});
