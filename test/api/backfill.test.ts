import { get, type IncomingMessage } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BACKFILL_RANGE_MS_MAX } from "../../src/collect/history/backfills.ts";
import { ONLINE, PV_ACTIVE_POWER } from "../../src/domain/metric.ts";
import { HEARTBEAT_INTERVAL_MS, RIGHTS_LOOKED_AT_EVERY_MS } from "../../src/server/event-stream.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

let server: ApiServer;
let admin: { authorization: string };
let siteId: string;
let cabinets: string;

beforeEach(async () => {
  server = await startApiServer();
  admin = await server.signInAsAdmin();
  const site = { name: "Calama", timezone: "UTC", latitude: null, longitude: null, peakPowerW: null };
  siteId = (await server.catalogue.sites.create(site)).id;
  cabinets = await connected("elecnova", 3);
});
afterEach(() => server.close());

async function connected(vendor: string, devices: number, metrics = [PV_ACTIVE_POWER]): Promise<string> {
  const wanted = { name: vendor, vendor, baseUrl: "http://127.0.0.1:9", pollIntervalMs: 60_000 };
  const all = Array.from({ length: devices }, (_, index) => ({
    siteId,
    name: `${index}`,
    kind: "battery" as const,
    serialNumber: `S-${index}`,
    manufacturer: null,
    model: null,
    ratedPowerW: null,
  }));
  return (await server.catalogue.connections.create(wanted, {}, all, metrics)).id;
}

const ask = (method: "GET" | "POST" | "DELETE", path: string, payload?: object, headers: object = {}) =>
  server.app.inject({ method, url: `/api/v1${path}`, headers: { ...admin, ...headers }, ...(payload && { payload }) });
const RANGE = { from: "2026-06-01T00:00:00Z", to: "2026-06-11T00:00:00Z" };
const started = async (body: object = RANGE): Promise<{ id: string; requestsLeft: number; leftMs: number }> => {
  const answer = await ask("POST", `/connections/${cabinets}/backfill-jobs`, body);
  expect(answer.statusCode, answer.body).toBe(201);
  return answer.json();
};
const refusal = async (body: object, connection = cabinets): Promise<[number, string]> => {
  const answer = await ask("POST", `/connections/${connection}/backfill-jobs`, body);
  return [answer.statusCode, answer.json<{ detail: string }>().detail];
};

describe("an import", () => {
  test("says what it costs and how long it takes, of what is not held already", async () => {
    expect(await started()).toMatchObject({ state: "running", requestsLeft: 30, deviceIds: null, readings: 0 });
    const [device] = await server.catalogue.devices.ofConnection(cabinets);
    const owner = server.catalogue.directory.ofDevice(device?.id ?? "", PV_ACTIVE_POWER.name);
    const held = { fromMs: Date.parse(RANGE.from), toMs: Date.parse(RANGE.to), askedAtMs: 0, request: 1 };
    server.ledger.note(owner?.series ?? 0, { ...held, outcome: "data" });
    const second = await started();
    expect(second.requestsLeft).toBe(20);
    // 20 requests of 100 a second, of which polling three cabinets a minute takes 6 in 6,000.
    expect(second.leftMs).toBe(Math.ceil(200 / (1 - 6 / 6_000)));
  });

  test("goes through its states, from the version that was seen", async () => {
    const { id } = await started();
    const shown = await ask("GET", `/backfill-jobs/${id}`);
    expect(shown.headers["etag"]).toBe('"v1"');
    expect((await ask("POST", `/backfill-jobs/${id}/pause`, {}, { "if-match": '"v1"' })).json()).toMatchObject({
      state: "paused",
    });
    expect((await ask("POST", `/backfill-jobs/${id}/resume`, {}, { "if-match": '"v1"' })).statusCode).toBe(412);
    expect((await ask("POST", `/backfill-jobs/${id}/pause`)).statusCode).toBe(409);
    expect((await ask("DELETE", `/backfill-jobs/${id}`)).statusCode).toBe(204);
    expect((await ask("POST", `/backfill-jobs/${id}/resume`)).statusCode).toBe(409);
    expect((await ask("GET", `/backfill-jobs/${id}`)).json()).toMatchObject({ state: "cancelled", leftMs: null });
    const list = (await ask("GET", `/connections/${cabinets}/backfill-jobs`)).json<{ items: { id: string }[] }>();
    expect(list.items.map((item) => item.id)).toEqual([id]);
  });

  test("wakes the worker of its connection, until that is detached", async () => {
    let looks = 0;
    const detach = server.backfills.attach(cabinets, { lookAtJobs: () => looks++ });
    const { id } = await started();
    await ask("POST", `/backfill-jobs/${id}/pause`);
    expect(looks).toBe(2);
    detach();
    await ask("POST", `/backfill-jobs/${id}/resume`);
    expect(looks).toBe(2);
  });

  test("is refused in a sentence where it cannot be", async () => {
    const inverters = await connected("energygrid", 1);
    expect(await refusal(RANGE, inverters)).toEqual([422, "EnergyGrid keeps no history that can be asked for."]);
    expect((await refusal(RANGE, "01900000-0000-7000-8000-000000000000"))[0]).toBe(404);
    expect(await refusal({ ...RANGE, to: RANGE.from })).toEqual([422, expect.stringContaining("must lie after from")]);
    expect((await refusal({ from: "2027-01-01T00:00:00Z", to: "2027-01-02T00:00:00Z" }))[0]).toBe(422);
    const toMs = Date.parse(RANGE.to);
    const from = (lengthMs: number) => ({ ...RANGE, from: new Date(toMs - lengthMs).toISOString() });
    expect((await refusal(from(BACKFILL_RANGE_MS_MAX + 1)))[1]).toMatch(/at most 10 years/);
    await started(from(BACKFILL_RANGE_MS_MAX));
    const [foreign] = await server.catalogue.devices.ofConnection(inverters);
    expect((await refusal({ ...RANGE, deviceIds: [foreign?.id] }))[1]).toMatch(/no device of this connection/);
    const cabinetsWithoutPv = await connected("elecnova", 1, [ONLINE]);
    expect((await refusal(RANGE, cabinetsWithoutPv))[1]).toMatch(/none of them has a metric/);
  });

  test("ends where the present does", async () => {
    expect(await started({ ...RANGE, to: "2030-01-01T00:00:00Z" })).toMatchObject({
      to: new Date(server.clock.nowMs()).toISOString(),
    });
  });
});

describe("the stream of an import", () => {
  async function opened(id: string) {
    const url = await server.app.listen({ host: "127.0.0.1", port: 0 });
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${url}/api/v1/backfill-jobs/${id}/stream`, { headers: admin }, resolve).on("error", reject);
    });
    const seen = { text: "", status: answer.statusCode, isOpen: true };
    const ended = Promise.withResolvers<void>();
    answer.on("data", (chunk: Buffer) => {
      seen.text += chunk.toString();
    });
    answer.once("close", () => {
      seen.isOpen = false;
      ended.resolve();
    });
    /** Lets time pass until the text has come. */
    const until = async (words: RegExp, stepMs = 1_000) => {
      for (let round = 0; round < 500 && !words.test(seen.text); round++) await server.clock.advance(stepMs);
      expect(seen.text).toMatch(words);
    };
    return { seen, until, ended: ended.promise };
  }

  test("tells each change, lives while nothing happens, and ends with the import", async () => {
    const { id } = await started();
    const { seen, until, ended } = await opened(id);
    await until(/event: progress\ndata: {"id":/);
    await server.catalogue.backfillJobs.add(id, { requests: 4, readings: 1_152 });
    await until(/"requests":4,"readings":1152,"requestsLeft":26/);
    await until(/\n: still here/, HEARTBEAT_INTERVAL_MS);
    await server.catalogue.backfillJobs.become(id, "done");
    await until(/"state":"done".*"requestsLeft":0/);
    while (seen.isOpen) await server.clock.advance(1_000);
    await ended;
    expect(seen.text.match(/event: progress/g)).toHaveLength(3);
  });

  test("ends when its reader signs out", async () => {
    const { id } = await started();
    const { until, ended } = await opened(id);
    await until(/event: progress/);
    await server.app.inject({ method: "POST", url: "/api/v1/auth/logout", headers: admin });
    await server.clock.advance(RIGHTS_LOOKED_AT_EVERY_MS);
    await ended;
  });

  test("of no import is none", async () => {
    expect((await opened("01900000-0000-7000-8000-000000000000")).seen.status).toBe(404);
  });
});

test("a metric's restatements are told with both values and times", async () => {
  const [device] = await server.catalogue.devices.ofConnection(cabinets);
  const owner = server.catalogue.directory.ofDevice(device?.id ?? "", PV_ACTIVE_POWER.name);
  const series = owner?.series ?? 0;
  const found = { series, timeMs: 1_000, foundAtMs: 9_000, formerValue: 1.5, formerReceivedAtMs: 2_000, value: 2 };
  await server.catalogue.restatements.add([found]);
  expect((await ask("GET", `/metrics/${owner?.metricId}/restatements`)).json()).toEqual({
    items: [
      {
        time: "1970-01-01T00:00:01.000Z",
        formerValue: 1.5,
        formerReceivedAt: "1970-01-01T00:00:02.000Z",
        value: 2,
        foundAt: "1970-01-01T00:00:09.000Z",
        unit: "W",
      },
    ],
    nextCursor: null,
  });
  expect((await ask("GET", `/metrics/${owner?.metricId}/restatements?cursor=x`)).statusCode).toBe(422);
});
