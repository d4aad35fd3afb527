import { afterEach, describe, expect, test } from "vitest";
import { TestTime } from "../test-time.ts";
import type { Faults } from "./faults.ts";
import { type ElecnovaSimulator, type ElecnovaSimulatorOptions, startElecnovaSimulator } from "./simulator.ts";
import { documented, type Headers, live, login, send, signed } from "./test-caller.ts";

/** 2026-02-03T18:06:32Z. */
const NOW_MS = 1_770_141_992_000;
/** Of demo-secret over the path and NOW_MS, by the openssl command. */
const LOGIN_SIGNATURE = "MjE4M2Q1MDA2NjFmZWZmZjg1MzM3MTdiMTBlZDE0OWQwZmVkMGYwYmYwMWI3ZWRiODUyMmM5NTNmYWNkYThmMQ==";
const LIST_SIGNATURE = "NzlhMTY4NDdlYTA1MGY4OGY5NDkxMGEwNDI2YWQxM2VlYTU3NzhiZjRmZjZiYjc1NDNkMDA1MTIyYmEwY2I1Nw==";
const DAY_MS = 86_400_000;

const open: ElecnovaSimulator[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()));
});

async function start(options: Omit<ElecnovaSimulatorOptions, "time"> = {}) {
  const time = new TestTime(NOW_MS);
  const simulator = await startElecnovaSimulator({ time, ...options });
  open.push(simulator);
  const kinds = (): string[] => Array.from(simulator.violations, ({ kind }) => kind);
  return { simulator, time, kinds };
}

async function startIn(options: Omit<ElecnovaSimulatorOptions, "time"> = {}) {
  const started = await start(options);
  const { simulator, time } = started;
  const credentials = await login(simulator, time.nowMs());
  const ask = (target: string, changed: Headers = {}, method = "GET") =>
    live(simulator, credentials.token, target, time.nowMs(), changed, method);
  return { ...started, ...credentials, ask };
}

describe("the token", () => {
  const good = { "x-access-id": "demo-client", "x-timestamp": String(NOW_MS), "x-signature": LOGIN_SIGNATURE };

  test("is given, unwrapped, to whoever signs as openssl does", async () => {
    const { simulator } = await start();
    const { status, body } = await send(`${simulator.url}/comm/client`, good);
    expect(status).toBe(200);
    expect(Object.keys(body as object)).toEqual(["id", "username", "password", "token"]);
    for (const value of Object.values(body as object)) expect(value).toMatch(/^[\w-]{4,}$/);
    expect([simulator.logins, simulator.violations.count]).toEqual([1, 0]);
  });

  test.each<[string, string, Headers]>([
    ["no client id", "signature", { "x-access-id": undefined }],
    ["another client id", "signature", { "x-access-id": "someone" }],
    ["no timestamp", "signature", { "x-timestamp": undefined }],
    ["a timestamp that is a date", "signature", { "x-timestamp": "2026-02-03T18:06:32Z" }],
    ["another timestamp than was signed", "signature", { "x-timestamp": String(NOW_MS + 1) }],
    ["no signature", "signature", { "x-signature": undefined }],
    ["the signature of another path", "signature", { "x-signature": LIST_SIGNATURE }],
    ["the hex text itself", "signature", { "x-signature": Buffer.from(LOGIN_SIGNATURE, "base64").toString() }],
    [
      "Base64 of the raw digest",
      "signature",
      {
        "x-signature": Buffer.from(Buffer.from(LOGIN_SIGNATURE, "base64").toString(), "hex").toString("base64"),
      },
    ],
    ["another secret", "signature", signed("/comm/client", NOW_MS, "guess")],
    ["a clock 5 min and 1 ms behind", "clock", signed("/comm/client", NOW_MS - 300_001)],
    ["a clock 5 min and 1 ms ahead", "clock", signed("/comm/client", NOW_MS + 300_001)],
  ])("%s: 401, noted as %s", async (_name, kind, changed) => {
    const { simulator, kinds } = await start();
    const answer = await send(`${simulator.url}/comm/client`, { ...good, ...changed });
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({ code: 401, message: expect.any(String) as string, data: null });
    expect(kinds()).toEqual([kind]);
    expect(simulator.logins).toBe(0);
    for (const secret of [LOGIN_SIGNATURE, "demo-secret"]) expect(answer.text).not.toContain(secret);
  });

  test.each([-300_000, 300_000])("a clock %i ms away is near enough", async (awayMs) => {
    const { simulator } = await start();
    expect((await send(`${simulator.url}/comm/client`, signed("/comm/client", NOW_MS + awayMs))).status).toBe(200);
  });

  test("the query is not signed; another method is refused", async () => {
    const { simulator, kinds } = await start();
    expect((await send(`${simulator.url}/comm/client?a=1`, good)).status).toBe(200);
    expect((await send(`${simulator.url}/comm/client`, good, "POST")).status).toBe(405);
    expect(kinds()).toEqual(["method"]);
  });

  test("holds for 24 h to the millisecond", async () => {
    const { ask, time, kinds } = await startIn();
    time.atMs = DAY_MS - 1;
    expect((await ask("/api/v1/dev")).status).toBe(200);
    time.atMs = DAY_MS;
    expect((await ask("/api/v1/dev")).status).toBe(401);
    expect(kinds()).toEqual(["token"]);
  });

  test("revoked, it is refused, which is no fault of the client", async () => {
    const { ask, simulator, time } = await startIn();
    simulator.revokeTokens();
    expect((await ask("/api/v1/dev")).status).toBe(401);
    expect([simulator.violations.count, simulator.counters.unauthorised]).toEqual([0, 1]);
    const { token } = await login(simulator, time.nowMs());
    expect((await live(simulator, token, "/api/v1/dev", time.nowMs())).status).toBe(200);
    expect(simulator.logins).toBe(2);
  });

  test("a skewed vendor says so in Date, and takes signatures of its own time", async () => {
    const { simulator } = await start({ faults: { "clock-skew-ms": 900_000 } });
    const refused = await send(`${simulator.url}/comm/client`, good);
    expect(refused.status).toBe(401);
    const vendorMs = Date.parse(String(refused.headers["date"]));
    expect(vendorMs).toBe(NOW_MS + 900_000);
    expect((await login(simulator, vendorMs)).token).toBeTruthy();
  });
});

describe("a business call", () => {
  test.each<[string, number, string, Headers]>([
    ["no token", 401, "token", { authorization: undefined }],
    ["another token", 401, "token", { authorization: "guess" }],
    ["no signature", 401, "signature", { "x-signature": undefined }],
    ["the signature of another path", 401, "signature", { "x-signature": LOGIN_SIGNATURE }],
    ["no language", 400, "header", { "x-language-type": undefined }],
  ])("live, %s: %i, noted as %s", async (_name, status, kind, changed) => {
    const { ask, kinds } = await startIn();
    expect((await ask("/api/v1/dev", changed)).status).toBe(status);
    expect(kinds()).toEqual([kind]);
  });

  test("is signed over its path without the query, as openssl does", async () => {
    const { ask } = await startIn();
    expect((await ask("/api/v1/dev?page=1&pageSize=5", { "x-signature": LIST_SIGNATURE })).status).toBe(200);
  });

  test("documented, needs the token alone", async () => {
    const { simulator, token, kinds } = await startIn();
    expect((await documented(simulator, token, "/api/v1/dev")).status).toBe(200);
    expect((await documented(simulator, "guess", "/api/v1/dev")).status).toBe(401);
    expect(kinds()).toEqual(["token"]);
  });

  test.each([
    ["live", 200, 401],
    ["documented", 401, 200],
    ["both", 200, 200],
  ] as const)("profile %s: %i in the live form, %i in the documented", async (profile, asLive, asDocumented) => {
    const { simulator, token, ask } = await startIn({ profile });
    expect((await ask("/api/v1/dev")).status).toBe(asLive);
    expect((await documented(simulator, token, "/api/v1/dev")).status).toBe(asDocumented);
  });

  test.each([
    ["/api/v1/nothing", 404, "path"],
    ["/api/v1/dev/", 404, "path"],
    ["/api/v1/dev/%E0%A4%A", 404, "path"],
    ["/api/v1/dev?page=0", 400, "page"],
    ["/api/v1/dev?pageSize=101", 400, "page"],
    ["/api/v1/dev?pageSize=1e2", 400, "page"],
    ["/api/v1/dev/pv/power-cap/ESS-001", 400, "query"],
    ["/api/v1/dev/pv/power-cap/ESS-001?begin=2026-02-03T00:00:00+01:00&end=2026-02-03T01:00:00Z", 400, "query"],
    ["/api/v1/dev/pv/power-cap/ESS-001?begin=2026-02-03T01:00:00Z&end=2026-02-03T01:00:00Z", 400, "query"],
    ["/api/v1/dev/pv/power-gen/monthly/ESS-001?month=2026-13", 400, "query"],
    ["/api/v1/dev/pv/power-gen/yearly/ESS-001?year=26", 400, "query"],
    ["/api/v1/dev/topic/wrong/ESS-001?mode=1", 400, "mqtt"],
  ])("%s: %i, noted as %s", async (target, status, kind) => {
    const { ask, kinds } = await startIn();
    expect((await ask(target)).status).toBe(status);
    expect(kinds()).toEqual([kind]);
  });

  test("a cabinet that the vendor does not know is 404, and no violation", async () => {
    const { ask, kinds } = await startIn();
    for (const target of ["/api/v1/dev/ESS-999", "/api/v1/dev/pv/power-gen/daily/ESS-999"]) {
      expect(await ask(target)).toMatchObject({ status: 404, body: { code: 404, data: null } });
    }
    expect(kinds()).toEqual([]);
  });
});

describe("answers", () => {
  test("cabinets come in pages to the end", async () => {
    const { ask } = await startIn({ cabinets: 250 });
    const pages = await Promise.all([1, 2, 3, 4].map((page) => ask(`/api/v1/dev?page=${page}&pageSize=100`)));
    const rows = pages.map(({ body }) => body as { sn: string }[]);
    expect(rows.map((page) => page.length)).toEqual([100, 100, 50, 0]);
    expect(new Set(rows.flat().map(({ sn }) => sn)).size).toBe(250);
  });

  test("a cabinet and its parts have their state in the words of the dialect", async () => {
    const { ask, simulator, token } = await startIn();
    const target = "/api/v1/dev/ESS-003";
    type Row = { state: unknown; parts: { state: unknown; component: string; locationCode: string }[] };
    const asLive = (await ask(target)).body as Row;
    const asDocumented = (await documented(simulator, token, target)).body as Row;
    expect(asLive).toMatchObject({ sn: "ESS-003", timeZone: "Australia/Sydney", state: true });
    expect(asLive.parts.map(({ component }) => component).toSorted()).toEqual([
      "ess.ac",
      "ess.battery",
      "ess.battery",
      "ess.bms",
      "ess.dehumidifier",
      "ess.ems",
      "ess.fire",
      "ess.meter",
      "ess.pcs",
      "pv.inv",
    ]);
    expect(new Set(asLive.parts.map(({ locationCode }) => locationCode)).size).toBe(10);
    expect([asDocumented.state, asDocumented.parts[0]?.state]).toEqual(["online", "online"]);
    expect(asLive.parts[0]).toEqual({
      id: "10000300",
      sn: "ESS-003-EMS1",
      name: "EMS EMS1",
      model: "EMS-200",
      type: "ess",
      state: true,
      locationCode: "EMS1",
      component: "ess.ems",
      componentDesc: "EMS",
    });
  });

  test("PV power and energies are wrapped, as W and kWh", async () => {
    const { ask } = await startIn();
    const range = `begin=${encodeURIComponent("2026-02-03T12:00:00+01:00")}&end=2026-02-03T11:10:00.000Z`;
    expect((await ask(`/api/v1/dev/pv/power-cap/ESS-001?${range}`)).body).toEqual({
      code: 200,
      message: "success",
      data: ["2026-02-03T11:00:00Z", "2026-02-03T11:05:00Z"].map((time) => ({
        time,
        value: expect.any(Number) as number,
      })),
    });
    const daily = (await ask("/api/v1/dev/pv/power-gen/daily/ESS-001")).body as { data: { time: string }[] };
    expect(daily.data.map(({ time }) => time)).toEqual(
      ["01-28", "01-29", "01-30", "01-31", "02-01", "02-02", "02-03"].map((day) => `2026-${day}`),
    );
    const monthly = (await ask("/api/v1/dev/pv/power-gen/monthly/ESS-001?month=2025-10")).body as { data: unknown[] };
    expect(monthly.data).toHaveLength(31);
    const yearly = (await ask("/api/v1/dev/pv/power-gen/yearly/ESS-001?year=2025")).body as { data: unknown[] };
    expect(yearly.data).toHaveLength(12);
  });

  test("topics are asked for by the method of the dialect", async () => {
    const { ask, simulator, token, id, kinds } = await startIn();
    const target = `/api/v1/dev/topic/${id}/ESS-001`;
    expect((await ask(`${target}?mode=1`)).body).toEqual([{ topic: "ems/ESS-001/data" }]);
    expect((await documented(simulator, token, `${target}?mode=2`, "POST")).body).toHaveLength(9);
    expect((await ask(`${target}?mode=1`, {}, "POST")).status).toBe(405);
    expect((await documented(simulator, token, `${target}?mode=1`)).status).toBe(405);
    expect((await ask(`${target}?mode=3`)).status).toBe(400);
    expect(kinds()).toEqual(["method", "method", "query"]);
  });
});

describe("100 requests in any second", () => {
  test("over all calls and both dialects; the next has to wait until the first has left", async () => {
    const { ask, simulator, token, time, kinds } = await startIn();
    for (let i = 0; i < 49; i++) await ask("/api/v1/dev");
    for (let i = 0; i < 50; i++) await documented(simulator, token, "/api/v1/dev");
    time.atMs = 999;
    const refused = await ask("/api/v1/dev");
    expect(refused).toMatchObject({ status: 429, headers: { "retry-after": "1" } });
    expect(kinds()).toEqual(["rate"]);
    time.atMs = 1_000;
    expect((await ask("/api/v1/dev")).status).toBe(200);
    expect(simulator.counters).toMatchObject({ seen: 102, answered: 101, refused: 1 });
  });
});

describe("faults", () => {
  const spoilt: [string, Faults, (answer: { status: number; body: unknown }) => void][] = [
    ["null-body", { "null-body": 1 }, (answer) => expect(answer).toMatchObject({ status: 200, body: null })],
    [
      "code-500",
      { "code-500": 1 },
      (answer) => expect(answer).toMatchObject({ status: 200, body: { code: 500, data: null } }),
    ],
  ];
  test.each(spoilt)("%s", async (_name, faults, holds) => {
    const { ask, simulator, time } = await startIn();
    await simulator.setFaults(faults);
    holds(await ask("/api/v1/dev"));
    // What breaks the contract is refused all the same.
    expect((await ask("/api/v1/dev?page=0")).status).toBe(400);
    // No token is given out in vain.
    expect(JSON.stringify(await login(simulator, time.nowMs()))).not.toContain("token");
    expect(simulator.logins).toBe(1);
  });

  test("token-revoked takes the token before the request is looked at, once for each", async () => {
    const { ask, simulator, time } = await startIn();
    await simulator.setFaults({ "token-revoked": { next: 2 } });
    expect([(await ask("/api/v1/dev")).status, (await ask("/api/v1/dev")).status]).toEqual([401, 401]);
    const second = await login(simulator, time.nowMs());
    expect((await live(simulator, second.token, "/api/v1/dev", time.nowMs())).status).toBe(401);
    const third = await login(simulator, time.nowMs());
    expect((await live(simulator, third.token, "/api/v1/dev", time.nowMs())).status).toBe(200);
    expect(simulator.violations.count).toBe(0);
  });

  test("a port that is taken is the system's error, and nothing stays open", async () => {
    const { simulator } = await start();
    await expect(startElecnovaSimulator({ port: simulator.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    await expect(startElecnovaSimulator({ mqttPort: simulator.mqttPort })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });
});
