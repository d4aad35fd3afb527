import { describe, expect, test } from "vitest";
import { InvalidInput } from "../../domain/errors.ts";
import { PV_ACTIVE_POWER } from "../../domain/metric.ts";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { VendorAuthRejected, VendorProtocolError, VendorRefused, VendorUnavailable } from "../../transport/errors.ts";
import { Limiter } from "../../transport/limiter.ts";
import { type SeenRequest, type VendorAnswer, VirtualVendor } from "../../transport/virtual-vendor.ts";
import type { LatestBatch, QualityIssue } from "../vendor.ts";
import type { Cabinet } from "./cabinet.ts";
import { ElecnovaClient } from "./client.ts";
import type { ElecnovaOptions } from "./options.ts";
import { ZONE_KEPT_MS } from "./zones.ts";

const LOGIN = { id: "mqtt/1", username: "u-secret", password: "p-secret", token: "t-secret" };
const ok = (json: unknown): VendorAnswer => ({ status: 200, body: JSON.stringify(json) });
const rows = (values: readonly unknown[]): VendorAnswer => ok({ code: 200, message: "success", data: values });

function stage(answer: (request: SeenRequest) => VendorAnswer, options: Partial<ElecnovaOptions> = {}) {
  const clock = new VirtualClock();
  const network = new VirtualVendor({
    clock,
    answer: (request) => (request.target.endsWith("/comm/client") ? ok(LOGIN) : answer(request)),
  });
  const client = new ElecnovaClient({
    clientId: "id",
    clientSecret: "secret",
    baseUrl: "https://vendor.example",
    clock,
    random: () => 0,
    dispatcher: network,
    ...options,
  });
  const asked = (): string[] =>
    network.seen.filter(({ target }) => target !== "/comm/client").map(({ method, target }) => `${method} ${target}`);
  return { clock, network, client, asked };
}

const cabinetRow = (number: number) => ({
  id: number,
  sn: `ESS-${number}`,
  name: "Cabinet",
  model: "ECO",
  timeZone: "Europe/Berlin",
  state: true,
  lastSeen: "2026-06-21T09:59:00Z",
});

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe("cabinets", () => {
  const pages = (total: number) =>
    stage(({ target }) => {
      const query = new URLSearchParams(target.split("?")[1]);
      const size = Number(query.get("pageSize"));
      const from = (Number(query.get("page")) - 1) * size;
      return ok(
        Array.from({ length: Math.max(0, Math.min(size, total - from)) }, (_, index) => cabinetRow(from + index)),
      );
    });

  test.each([
    [0, 1],
    [2, 1],
    [3, 2],
    [7, 3],
  ])("%d cabinets, 3 a page, take %d pages", async (total, expected) => {
    const { client, clock, asked } = pages(total);
    const cabinets = await clock.run(all(client.cabinets({ pageSize: 3 })));
    expect(cabinets.map(({ sn }) => sn)).toEqual(Array.from({ length: total }, (_, index) => `ESS-${index}`));
    expect(asked()).toEqual(
      Array.from({ length: expected }, (_, index) => `GET /api/v1/dev?page=${index + 1}&pageSize=3`),
    );
  });

  test("are asked for page by page, as they are wanted", async () => {
    const { client, clock, asked } = pages(300);
    const stream = client.cabinets();
    for (let count = 0; count < 100; count++) await clock.run(stream.next());
    expect(asked()).toEqual(["GET /api/v1/dev?page=1&pageSize=100"]);
    await clock.run(stream.next());
    expect(asked()).toHaveLength(2);
    await stream.return();
    expect(asked()).toHaveLength(2);
  });

  test("of a vendor that gives the same page for ever come once", async () => {
    const { client, clock, asked } = stage(() => ok([cabinetRow(1), cabinetRow(2)]));
    expect(await clock.run(all(client.cabinets({ pageSize: 2 })))).toHaveLength(2);
    expect(asked()).toHaveLength(3);
  });

  test.each<[string, unknown]>([
    ["of cabinets that are known, since others came before them", cabinetRow(1)],
    ["of rows that hold none", null],
  ])("behind a page %s are not lost", async (_name, row) => {
    const answers = [cabinetRow(1), row, cabinetRow(2)].map((one) => ok([one]));
    const { client, clock } = stage(() => answers.shift() ?? ok([]));
    const cabinets = await clock.run(all(client.cabinets({ pageSize: 1 })));
    expect(cabinets.map(({ sn }) => sn)).toEqual(["ESS-1", "ESS-2"]);
  });

  test("of a row that is nested too deeply to be repeated are told like any other", async () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const { client, clock } = stage(() => ({ status: 200, body: `[${deep},{"sn":"ESS-1"}]` }));
    const issues: QualityIssue[] = [];
    const cabinets = await clock.run(all(client.cabinets({ onIssue: (issue) => issues.push(issue) })));
    expect(cabinets.map(({ sn }) => sn)).toEqual(["ESS-1"]);
    expect(issues).toHaveLength(1);
  });

  test("that moved to the next page while it was asked for come once, and those behind are not lost", async () => {
    const answers = [[1, 2], [2, 3], [4]].map((numbers) => ok(numbers.map(cabinetRow)));
    const { client, clock } = stage(() => answers.shift() ?? ok([]));
    const cabinets = await clock.run(all(client.cabinets({ pageSize: 2 })));
    expect(cabinets.map(({ sn }) => sn)).toEqual(["ESS-1", "ESS-2", "ESS-3", "ESS-4"]);
  });

  test("one row that is none costs no other, and is told", async () => {
    const { client, clock } = stage(() => ok([null, { sn: 7 }, { sn: "ESS-1", state: "offline", lastSeen: "?" }]));
    const issues: QualityIssue[] = [];
    const cabinets: Cabinet[] = await clock.run(all(client.cabinets({ onIssue: (issue) => issues.push(issue) })));
    expect(cabinets).toEqual([
      {
        id: null,
        sn: "ESS-1",
        name: "",
        model: "",
        timeZone: null,
        online: false,
        lastSeenMs: null,
        createdAtMs: null,
        updatedAtMs: null,
      },
    ]);
    expect(issues.map(({ kind, original }) => [kind, original])).toEqual([
      ["unreadable_value", "null"],
      ["unreadable_value", '{"sn":7}'],
    ]);
  });

  test.each([0, 101, 1.5, Number.NaN])("%d a page is refused before anything is sent", async (pageSize) => {
    const { client, network } = stage(() => ok([]));
    await expect(client.cabinets({ pageSize }).next()).rejects.toBeInstanceOf(InvalidInput);
    expect(network.seen).toHaveLength(0);
  });
});

describe("a cabinet", () => {
  test("comes with its components; a code that nobody knows is kept", async () => {
    const parts = [
      {
        id: 1,
        sn: "B-1",
        name: "B",
        model: "M",
        type: "ess",
        state: "online",
        locationCode: "BMS1",
        component: "ess.bms",
      },
      { sn: "X-1", state: 3, component: "ess.flux", componentDesc: "Flux" },
      { name: "nobody" },
    ];
    const { client, clock, asked } = stage(() => ok({ ...cabinetRow(1), parts }));
    const cabinet = await clock.run(client.cabinet("ESS/1 ä"));
    expect(asked()).toEqual(["GET /api/v1/dev/ESS%2F1%20%C3%A4"]);
    expect(cabinet).toMatchObject({ sn: "ESS-1", online: true, lastSeenMs: Date.UTC(2026, 5, 21, 9, 59) });
    expect(cabinet.components).toMatchObject([
      { id: "1", sn: "B-1", online: true, component: "ess.bms", kind: "bms", locationCode: "BMS1" },
      { id: null, sn: "X-1", online: null, component: "ess.flux", kind: "other", componentDesc: "Flux" },
    ]);
    expect(cabinet.issues).toMatchObject([{ device: "ESS-1", original: '{"name":"nobody"}' }]);
  });

  test.each(["", ".", "..", "x".repeat(101), "\ud800"])("is not asked for as %j", async (sn) => {
    const { client, network } = stage(() => ok(cabinetRow(1)));
    await expect(client.cabinet(sn)).rejects.toBeInstanceOf(InvalidInput);
    expect(network.seen).toHaveLength(0);
  });

  test("may have a code of its own in words", async () => {
    const { client, clock } = stage(() => ok({ ...cabinetRow(1), code: "HALL-7" }));
    expect(await clock.run(client.cabinet("ESS-1"))).toMatchObject({ sn: "ESS-1" });
  });

  test("has topics for itself or for each component", async () => {
    const topics = ok([{ topic: "a" }, { topic: "b" }, { topic: "a" }]);
    const live = stage(() => topics);
    expect(await live.clock.run(live.client.topics("ESS-1", "cabinet"))).toEqual(["a", "b"]);
    expect(live.asked()).toEqual(["GET /api/v1/dev/topic/mqtt%2F1/ESS-1?mode=1"]);
    const documented = stage(() => topics, { apiProfile: "documented" });
    await documented.clock.run(documented.client.topics("ESS-1", "component"));
    expect(documented.asked()).toEqual(["POST /api/v1/dev/topic/mqtt%2F1/ESS-1?mode=2"]);
  });
});

describe("PV", () => {
  test("power is asked for by RFC 3339 times", async () => {
    const { client, clock, asked } = stage(() => rows([{ time: "2026-06-21T00:00:00Z", value: 5 }]));
    const range = { fromMs: Date.UTC(2026, 5, 21), toMs: Date.UTC(2026, 5, 22) };
    const { readings } = await clock.run(client.pvPower("ESS-1", range));
    expect(readings).toMatchObject([{ device: "ESS-1", metric: PV_ACTIVE_POWER, value: 5, timeMs: range.fromMs }]);
    expect(asked().map(decodeURIComponent)).toEqual([
      "GET /api/v1/dev/pv/power-cap/ESS-1?begin=2026-06-21T00:00:00.000Z&end=2026-06-22T00:00:00.000Z",
    ]);
  });

  test("energy asks for the cabinet's zone once a day, and not when it is given", async () => {
    const { client, clock, asked } = stage(({ target }) =>
      target.includes("/pv/") ? rows([{ time: "2026-03", value: 1 }]) : ok(cabinetRow(1)),
    );
    const { timeZone, periods } = await clock.run(client.pvEnergyYearly("ESS-1", 2026));
    expect({ timeZone, periods }).toMatchObject({ timeZone: "Europe/Berlin", periods: [{ period: "2026-03" }] });
    await clock.run(client.pvEnergyMonthly("ESS-1", "2026-03"));
    await clock.run(client.pvEnergyDaily("ESS-2", { timeZone: "UTC" }));
    await clock.advance(ZONE_KEPT_MS);
    await clock.run(client.pvEnergyDaily("ESS-1"));
    expect(asked()).toEqual([
      "GET /api/v1/dev/ESS-1",
      "GET /api/v1/dev/pv/power-gen/yearly/ESS-1?year=2026",
      "GET /api/v1/dev/pv/power-gen/monthly/ESS-1?month=2026-03",
      "GET /api/v1/dev/pv/power-gen/daily/ESS-2",
      "GET /api/v1/dev/ESS-1",
      "GET /api/v1/dev/pv/power-gen/daily/ESS-1",
    ]);
  });

  test("energy of a cabinet whose zone nobody knows is not guessed", async () => {
    const { client, clock } = stage(() => ok({ ...cabinetRow(1), timeZone: "Mars/Olympus" }));
    await expect(clock.run(client.pvEnergyDaily("ESS-1"))).rejects.toBeInstanceOf(VendorProtocolError);
  });

  test.each<[string, (client: ElecnovaClient) => Promise<unknown>]>([
    ["a month 13", (client) => client.pvEnergyMonthly("ESS-1", "2026-13")],
    ["a year in words", (client) => client.pvEnergyYearly("ESS-1", Number.NaN)],
    ["a zone that is none", (client) => client.pvEnergyDaily("ESS-1", { timeZone: "here" })],
    ["a range that ends before it begins", (client) => client.pvPower("ESS-1", { fromMs: 2, toMs: 1 })],
    ["a range of no time", (client) => client.pvPower("ESS-1", { fromMs: Number.NaN, toMs: 1 })],
  ])("%s is refused before anything is sent", async (_name, ask) => {
    const { client, network } = stage(() => rows([]));
    await expect(ask(client)).rejects.toBeInstanceOf(InvalidInput);
    expect(network.seen).toHaveLength(0);
  });
});

describe("a status inside an answer", () => {
  test.each<[unknown, new (...args: never[]) => Error, Record<string, unknown>]>([
    [{ code: 404, message: "unknown cabinet", data: null }, VendorRefused, { code: "404", detail: "unknown cabinet" }],
    [{ code: 10_017, message: "no PV" }, VendorRefused, { code: "10017", detail: "no PV" }],
    [{ code: 500, message: "oops", data: null }, VendorUnavailable, { attempts: 4 }],
    [{ code: 403, message: "no" }, VendorRefused, { attempts: 1, code: "403" }],
    [{ code: 401, message: "no" }, VendorAuthRejected, { attempts: 2 }],
    [{ code: "404", message: "no", data: [] }, VendorRefused, { attempts: 1, code: "404" }],
    [{ code: "-1", message: "no", data: [] }, VendorRefused, { attempts: 1, code: "-1" }],
    [{ code: "E_NO_PV", message: "no PV", data: [] }, VendorRefused, { code: "E_NO_PV", detail: "no PV" }],
    [null, VendorProtocolError, { attempts: 4 }],
    [{ code: 200, data: null }, VendorProtocolError, { attempts: 4 }],
  ])("%j is what it says", async (body, kind, facts) => {
    const { client, clock } = stage(() => ok(body));
    const failure = await clock.run(client.pvPower("ESS-1", { fromMs: 0, toMs: 1 }).catch((error: unknown) => error));
    expect(failure).toBeInstanceOf(kind);
    expect(failure).toMatchObject(facts);
  });
});

describe("a login", () => {
  const login = (body: unknown) => {
    const clock = new VirtualClock();
    const network = new VirtualVendor({ clock, answer: () => ok(body) });
    const client = new ElecnovaClient({ clientId: "id", clientSecret: "secret", clock, dispatcher: network });
    return { clock, network, client };
  };

  test.each(["two\nlines", "t\u00f6ken", "\ud800", ""])("that gives the token %j is no login", async (token) => {
    const { clock, client } = login({ ...LOGIN, token });
    const failure = clock.run(client.cabinet("ESS-1"));
    await expect(failure).rejects.toMatchObject({ name: "VendorProtocolError", body: null });
  });

  test("that is forbidden inside an answer ends a sweep after one call", async () => {
    const { clock, network, client } = login({ code: 403, message: "your address is not on the list" });
    const sns = Array.from({ length: 100 }, (_, number) => `ESS-${number}`);
    await expect(clock.run(all(client.readLatest(sns)))).rejects.toBeInstanceOf(VendorAuthRejected);
    await clock.advance(60_000);
    expect(network.seen).toHaveLength(1);
  });
});

describe("the latest of a cabinet", () => {
  const latest = async (answer: (request: SeenRequest) => VendorAnswer, sns = ["ESS-1"]) => {
    const { client, clock } = stage(answer);
    return clock.run(all<LatestBatch>(client.readLatest(sns)));
  };
  const isPv = ({ target }: SeenRequest): boolean => target.includes("/pv/");

  test.each([{ status: 404, body: "{}" }, ok({ code: 20_001, message: "the cabinet has no PV" })])(
    "without PV is whether it is online",
    async (refusal) => {
      const [batch] = await latest((request) => (isPv(request) ? refusal : ok(cabinetRow(1))));
      expect(batch).toMatchObject({ readings: [{ value: 1 }], issues: [], missing: [], failure: null });
      expect(batch?.readings).toHaveLength(1);
    },
  );

  test("is its newest power", async () => {
    const [batch] = await latest((request) =>
      isPv(request)
        ? rows([
            { time: "2026-06-21T09:55:00Z", value: 2 },
            { time: "2026-06-21T09:50:00Z", value: 1 },
          ])
        : ok({ ...cabinetRow(1), state: 5 }),
    );
    expect(batch?.readings).toMatchObject([{ metric: PV_ACTIVE_POWER, value: 2 }]);
    expect(batch?.issues).toMatchObject([{ device: "ESS-1", kind: "unreadable_value" }]);
  });

  test("that is somebody else's is that batch's failure, and the rest goes on", async () => {
    const batches = await latest(
      (request) => {
        if (request.target.includes("ESS-2")) return { status: 403, body: "{}" };
        return isPv(request) ? rows([]) : ok(cabinetRow(1));
      },
      ["ESS-2", "ESS-1", ".."],
    );
    const told = new Map(batches.map((batch) => [batch.asked[0], batch]));
    expect(told.get("ESS-2")?.failure).toBeInstanceOf(VendorAuthRejected);
    expect(told.get("ESS-1")).toMatchObject({ failure: null, readings: [{ value: 1 }] });
    expect(told.get("..")).toMatchObject({ failure: null, missing: [".."] });
  });
});

test.each([
  ["mqtts://broker.example:1884", true],
  ["mqtt://127.0.0.1:1883", true],
  ["mqtt://[::1]:1883", true],
  ["mqtt://broker.example:1883", false],
  ["https://broker.example", false],
  ["mqtts://me:my-password@broker.example", false],
  ["broker.example", false],
])("the broker's address %s is taken: %s", (mqttUrl, taken) => {
  const open = (): unknown => stage(() => ok([]), { mqttUrl });
  if (taken) expect(open).not.toThrow();
  else {
    expect(open).toThrow(InvalidInput);
    expect(open).not.toThrow(/my-password/);
  }
});

test("clients of one client id can share one budget", async () => {
  const clock = new VirtualClock();
  const limiter = new Limiter({ budgets: ElecnovaClient.limits.budgets, clock });
  const seenAtMs: number[] = [];
  const network = new VirtualVendor({
    clock,
    answer: (request) => {
      seenAtMs.push(request.seenAtMs);
      return request.target === "/comm/client" ? ok(LOGIN) : ok(cabinetRow(1));
    },
  });
  const options = { clientId: "id", clientSecret: "secret", clock, dispatcher: network, limiter };
  const clients = [new ElecnovaClient(options), new ElecnovaClient(options)];
  const calls = clients.flatMap((client) => Array.from({ length: 75 }, () => client.cabinet("ESS-1")));
  await clock.run(Promise.all(calls));
  expect(seenAtMs.filter((atMs) => atMs < 1000)).toHaveLength(100);
  expect(seenAtMs.filter((atMs) => atMs >= 1000)).toHaveLength(52);
});
