import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ACTIVE_POWER, VOLTAGE } from "../../src/domain/metric.ts";
import { QUALITY, ReadingColumnsBuilder } from "../../src/domain/reading.ts";
import { STORAGE_METRICS_MAX } from "../../src/server/routes/lifecycle.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

const MISSING_ID = "01900000-0000-7000-8000-000000000000";
const HOUR_MS = 3_600_000;
const BEGIN_MS = Date.UTC(2026, 5, 21, 8);

let server: ApiServer;
let admin: Record<string, string>;
let siteId: string;
let power: string;
let voltage: string;

beforeEach(async () => {
  server = await startApiServer();
  admin = await server.signInAsAdmin();
  const { catalogue } = server;
  const place = { timezone: "UTC", latitude: null, longitude: null, peakPowerW: null };
  siteId = (await catalogue.sites.create({ name: "Here", ...place })).id;
  const nothing = { serialNumber: null, manufacturer: null, model: null, ratedPowerW: null, connectionId: null };
  const [device] = await catalogue.devices.createAll(
    [{ siteId, name: "SN-1", kind: "inverter", ...nothing }],
    [ACTIVE_POWER, VOLTAGE],
  );
  const idOf = (name: string) => catalogue.directory.ofDevice(device?.id ?? "", name)?.metricId ?? "";
  [power, voltage] = [idOf("active_power"), idOf("voltage")];
  await store(power, 0, 1, 2, 3);
  await store(voltage, 230);
});
afterEach(() => server.close());

const ask = (method: "GET" | "PUT" | "DELETE", url: string, payload?: object, headers = admin) =>
  server.app.inject({ method, url: `/api/v1${url}`, headers, ...(payload && { payload }) });

/** One reading an hour. */
async function store(metricId: string, ...values: number[]): Promise<void> {
  const builder = new ReadingColumnsBuilder();
  const series = server.catalogue.directory.byMetric(metricId)?.series ?? 0;
  values.forEach((value, hour) => void builder.push(series, BEGIN_MS + hour * HOUR_MS, value, QUALITY.good));
  await server.pipeline.accept(builder.finish());
}

async function points(metricId: string): Promise<number[]> {
  const window = "from=2026-06-21T00:00:00Z&to=2026-06-22T00:00:00Z&step=raw";
  const answer = await ask("GET", `/metrics/${metricId}/series?${window}`);
  const { series } = answer.json<{ series: { points: [number, number][] }[] }>();
  return series.flatMap((each) => each.points.map(([, value]) => value));
}

describe("deleting readings", () => {
  test("removes a range from every answer, and takes new readings in its place", async () => {
    const range = "from=2026-06-21T10:00:00Z&to=2026-06-21T12:00:00Z";
    const deleted = await ask("DELETE", `/metrics/${power}/readings?${range}`);
    expect(deleted.statusCode).toBe(202);
    expect(deleted.json()).toMatchObject({ metricId: power, from: "2026-06-21T10:00:00.000Z" });
    expect(await points(power)).toStrictEqual([0, 1]);
    expect((await ask("GET", `/metrics/${power}/latest`)).json()).toMatchObject({ value: 1 });
    await store(power, 9);
    expect(await points(power)).toStrictEqual([9, 1]);
    expect(await points(voltage)).toStrictEqual([230]);
  });

  test("without a range removes them all; the metric stays", async () => {
    expect((await ask("DELETE", `/metrics/${power}/readings`)).json()).toMatchObject({ from: null, to: null });
    expect(await points(power)).toStrictEqual([]);
    expect((await ask("GET", `/metrics/${power}/latest`)).json()).toBeNull();
    expect((await ask("GET", `/metrics/${power}`)).statusCode).toBe(200);
  });

  test("is for administrators, of a metric that there is, and of a range that makes sense", async () => {
    expect((await ask("DELETE", `/metrics/${power}/readings`, undefined, {})).statusCode).toBe(401);
    expect((await ask("DELETE", `/metrics/${MISSING_ID}/readings`)).statusCode).toBe(404);
    for (const query of ["from=yesterday", "from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z", "until=2026"]) {
      expect((await ask("DELETE", `/metrics/${power}/readings?${query}`)).statusCode).toBe(422);
    }
    expect(await points(power)).toStrictEqual([0, 1, 2, 3]);
  });

  test("a key that manages may not", async () => {
    const { text: keyText } = await server.catalogue.apiKeys.create({
      name: "m",
      scopes: ["manage"],
      siteIds: null,
      ingest: { unknownSeries: "refuse", template: { site: null, device: null, metric: null }, seriesMax: 1 },
      expiresAtMs: null,
    });
    const bearer = { authorization: `Bearer ${keyText}` };
    expect((await ask("DELETE", `/metrics/${power}/readings`, undefined, bearer)).statusCode).toBe(403);
    expect((await ask("GET", "/retention", undefined, bearer)).statusCode).toBe(403);
  });
});

describe("retention", () => {
  const FOR_EVER = { rawDays: null, rollupDays: null };

  test("is for ever until somebody says otherwise", async () => {
    expect((await ask("GET", "/retention")).json()).toMatchObject({
      policy: { gauge: FOR_EVER, counter: FOR_EVER, state: FOR_EVER },
      removed: { gauge: null, counter: null, state: null },
    });
    const policy = { gauge: { rawDays: 90, rollupDays: 3_650 }, counter: FOR_EVER, state: FOR_EVER };
    expect((await ask("PUT", "/retention", policy)).json()).toMatchObject({ policy });
    expect((await ask("GET", "/retention")).json()).toMatchObject({ policy });
  });

  test("says before when readings would go, and changes nothing by saying so", async () => {
    const cut = async (days: number) => ask("GET", `/retention/cut?days=${days}`);
    const { before } = (await cut(90)).json<{ before: string }>();
    const ageDays = (server.clock.nowMs() - Date.parse(before)) / (24 * HOUR_MS);
    // Whole months: the last one goes when all of it is that old.
    expect(ageDays).toBeGreaterThanOrEqual(90);
    expect(ageDays).toBeLessThan(90 + 32);
    expect((await ask("GET", "/retention")).json()).toMatchObject({ removed: { gauge: null } });
    expect([(await cut(0)).statusCode, (await cut(36_526)).statusCode]).toEqual([422, 422]);
    expect((await cut(36_525)).json()).toMatchObject({ before: "1970-01-01T00:00:00.000Z" });
  });

  test("refuses what makes no sense, and says which", async () => {
    for (const gauge of [
      { rawDays: 0, rollupDays: null },
      { rawDays: 36_526, rollupDays: null },
      { rawDays: 90, rollupDays: 89 },
      { rawDays: null, rollupDays: 90 },
    ]) {
      const answer = await ask("PUT", "/retention", { gauge, counter: FOR_EVER, state: FOR_EVER });
      expect(answer.statusCode).toBe(422);
      expect(answer.json<{ detail: string }>().detail).toContain("gauge");
    }
    expect((await ask("PUT", "/retention", { gauge: FOR_EVER })).statusCode).toBe(422);
  });
});

interface StorageAnswer {
  readonly readings: { readonly rows: number; readonly bytes: number };
  readonly journalBytes: number;
  readonly freeBytes: number;
  readonly kinds: object;
  readonly sites: readonly object[];
}

interface MetricsAnswer {
  readonly items: readonly { readonly metricId: string; readonly readings: number }[];
}

describe("storage", () => {
  test("says what is on the disk, in all, by site and by metric", async () => {
    // Nothing but a question waits for the engine to take the readings.
    expect(await points(power)).toHaveLength(4);
    expect(await points(voltage)).toHaveLength(1);
    const all = (await ask("GET", "/storage")).json<StorageAnswer>();
    expect(all.readings.rows).toBe(5);
    expect(all.journalBytes).toBeGreaterThan(0);
    expect(all.freeBytes).toBeGreaterThan(0);
    const none = { series: 0, readings: 0 };
    expect(all.kinds).toStrictEqual({ gauge: { series: 2, readings: 5 }, counter: none, state: none });
    expect(all.sites).toStrictEqual([{ siteId, name: "Here", readings: 5, bytes: all.readings.bytes }]);
    const { items } = (await ask("GET", `/storage/metrics?siteId=${siteId}`)).json<MetricsAnswer>();
    expect(items.map(({ metricId, readings }) => [metricId, readings])).toStrictEqual([
      [power, 4],
      [voltage, 1],
    ]);
    expect((await ask("GET", "/storage/metrics?limit=1")).json<MetricsAnswer>().items).toHaveLength(1);
    expect((await ask("GET", `/storage/metrics?limit=${STORAGE_METRICS_MAX + 1}`)).statusCode).toBe(422);
    expect((await ask("GET", `/storage/metrics?siteId=${MISSING_ID}`)).statusCode).toBe(404);
    expect((await ask("GET", "/storage", undefined, {})).statusCode).toBe(401);
  });
});
