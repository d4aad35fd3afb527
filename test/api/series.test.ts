import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { ACTIVE_POWER, type MetricTemplate, VOLTAGE } from "../../src/domain/metric.ts";
import { QUALITY, ReadingColumnsBuilder } from "../../src/domain/reading.ts";
import * as api from "../../src/server/schemas.ts";
import { POINTS_TOTAL_MAX, SERIES_METRICS_MAX } from "../../src/server/views/series-request.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";

const MISSING_ID = "01900000-0000-7000-8000-000000000000";
const HOUR_MS = 3_600_000;
const BEGIN_MS = Date.UTC(2026, 5, 21, 8);
const WINDOW = "from=2026-06-21T08:00:00Z&to=2026-06-21T12:00:00Z";
const GAP_RULE = { maxGapS: 3_600, between: "linear" };
const FROM_READINGS = { rollup: null, rollupShare: 0 };

let server: ApiServer;
let admin: { authorization: string };
beforeEach(async () => {
  server = await startApiServer();
  admin = await server.signInAsAdmin();
});
afterEach(() => server.close());

const Answer = z.union([api.SeriesAcross, api.Series]);

/** Asks, and compares every JSON answer of series with its schema: the server sends it unchecked. */
async function get(url: string, headers: Record<string, string> = {}) {
  const answer = await server.app.inject({ method: "GET", url: `/api/v1${url}`, headers: { ...admin, ...headers } });
  const isJson = /^application\/json/.test(`${answer.headers["content-type"]}`);
  if (answer.statusCode === 200 && isJson && /\/series\?/.test(url)) {
    const body: unknown = answer.json();
    // Parsing leaves out what the schema does not know.
    expect(Answer.parse(body)).toStrictEqual(body);
  }
  return answer;
}

/** A device with these metrics in a site of its own; answers their ids. */
async function device(timezone: string, ...metrics: MetricTemplate[]): Promise<{ siteId: string; ids: string[] }> {
  const site = await server.catalogue.sites.create({
    name: `In ${timezone}`,
    timezone,
    latitude: null,
    longitude: null,
    peakPowerW: null,
  });
  const [made] = await server.catalogue.devices.createAll(
    [
      {
        siteId: site.id,
        name: "SN-1",
        kind: "inverter",
        serialNumber: "SN-1",
        manufacturer: null,
        model: null,
        ratedPowerW: null,
        connectionId: null,
      },
    ],
    metrics,
  );
  const ids = metrics.map(({ name }) => server.catalogue.directory.ofDevice(made?.id ?? "", name)?.metricId ?? "");
  return { siteId: site.id, ids };
}

async function store(metricId: string, ...readings: [timeMs: number, value: number][]): Promise<void> {
  const builder = new ReadingColumnsBuilder();
  const series = server.catalogue.directory.byMetric(metricId)?.series ?? 0;
  for (const [timeMs, value] of readings) builder.push(series, timeMs, value, QUALITY.good);
  await server.pipeline.accept(builder.finish());
}

/** A metric of a site in Madrid with 0, 1, 2, 3 at every half hour from 08:00. */
async function halfHours(): Promise<string> {
  const { ids } = await device("Europe/Madrid", ACTIVE_POWER);
  const [id = ""] = ids;
  await store(id, ...[0, 1, 2, 3].map((half): [number, number] => [BEGIN_MS + half * (HOUR_MS / 2), half]));
  return id;
}

describe("the series of a metric", () => {
  test("comes by step or raw, with coverage, and says how it was read", async () => {
    const metricId = await halfHours();
    expect((await get(`/metrics/${metricId}/series?${WINDOW}&step=PT1H`)).json()).toEqual({
      from: "2026-06-21T08:00:00.000Z",
      to: "2026-06-21T12:00:00.000Z",
      step: "PT1H",
      timezone: "Europe/Madrid",
      series: [
        {
          metricId,
          unit: "W",
          points: [
            [BEGIN_MS, 0.5],
            [BEGIN_MS + HOUR_MS, 2.5],
          ],
          coverage: 1,
        },
      ],
      nextCursor: null,
      plan: FROM_READINGS,
      gapRule: GAP_RULE,
    });
    const raw = (await get(`/metrics/${metricId}/series?${WINDOW}&step=raw&maxPoints=3`)).json<{
      nextCursor: string;
    }>();
    expect(raw).toMatchObject({
      step: "raw",
      series: [
        {
          points: [
            [BEGIN_MS, 0],
            [BEGIN_MS + 1_800_000, 1],
            [BEGIN_MS + HOUR_MS, 2],
          ],
        },
      ],
    });
    const rest = await get(`/metrics/${metricId}/series?${WINDOW}&step=raw&maxPoints=3&cursor=${raw.nextCursor}`);
    expect(rest.json()).toMatchObject({ series: [{ points: [[BEGIN_MS + 5_400_000, 3]] }], nextCursor: null });
    const max = await get(`/metrics/${metricId}/series?${WINDOW}&agg=max&step=auto&maxPoints=2`);
    expect(max.json()).toMatchObject({ step: "PT2H", series: [{ points: [[BEGIN_MS, 3]] }] });
  });

  test("integrates to the unit times hours, and covers the time between readings", async () => {
    const metricId = await halfHours();
    const answer = await get(`/metrics/${metricId}/series?${WINDOW}&step=PT1H&agg=integral&coverage=points`);
    // From 0 to 2 W in the first hour, from 2 to 3 W in the half hour after it.
    expect(answer.json()).toMatchObject({
      series: [
        {
          unit: "W.h",
          points: [
            [BEGIN_MS, 1],
            [BEGIN_MS + HOUR_MS, 1.25],
          ],
          pointCoverage: [1, 0.5],
        },
      ],
    });
    const mean = await get(`/metrics/${metricId}/series?${WINDOW}&step=PT1H&agg=time_weighted_mean`);
    expect(mean.json()).toMatchObject({
      series: [
        {
          unit: "W",
          points: [
            [BEGIN_MS, 1],
            [BEGIN_MS + HOUR_MS, 2.5],
          ],
        },
      ],
    });
    const count = await get(`/metrics/${metricId}/series?${WINDOW}&step=PT1H&agg=count`);
    expect(count.json()).toMatchObject({
      series: [
        {
          unit: "1",
          points: [
            [BEGIN_MS, 2],
            [BEGIN_MS + HOUR_MS, 2],
          ],
        },
      ],
    });
  });

  test("goes by the days of its site", async () => {
    const { ids } = await device("Europe/Berlin", ACTIVE_POWER);
    const [id = ""] = ids;
    // One reading an hour over the day that has 25 of them, and the two around it.
    const fromMs = Date.UTC(2026, 9, 23, 22);
    await store(id, ...Array.from({ length: 73 }, (_, hour): [number, number] => [fromMs + hour * HOUR_MS, 1]));
    const window = "from=2026-10-24T00:00:00%2B02:00&to=2026-10-27T00:00:00%2B01:00";
    const days = await get(`/metrics/${id}/series?${window}&step=P1D&agg=count`);
    expect(days.json()).toMatchObject({
      step: "P1D",
      timezone: "Europe/Berlin",
      series: [
        {
          points: [
            [fromMs, 24],
            [fromMs + 24 * HOUR_MS, 25],
            [fromMs + 49 * HOUR_MS, 24],
          ],
          coverage: 1,
        },
      ],
    });
    const months = await get(`/metrics/${id}/series?${window}&step=P1M&agg=sum`);
    expect(months.json()).toMatchObject({ step: "P1M", series: [{ points: [[Date.UTC(2026, 8, 30, 22), 73]] }] });
  });

  test("picks what a chart must show", async () => {
    const { ids } = await device("UTC", ACTIVE_POWER);
    const [id = ""] = ids;
    const readings = Array.from({ length: 400 }, (_, minute): [number, number] => [
      BEGIN_MS + minute * 36_000,
      minute === 77 ? 9_999 : minute % 7,
    ]);
    await store(id, ...readings);
    const answer = await get(`/metrics/${id}/series?${WINDOW}&agg=m4&maxPoints=20`);
    const { step, series } = answer.json<{ step: string; series: { points: [number, number][]; coverage: null }[] }>();
    const points = series[0]?.points ?? [];
    expect(step).toBe("m4");
    expect(points.length).toBeLessThanOrEqual(20);
    expect(points).toContainEqual(readings[77]);
    expect([points[0], points.at(-1)]).toEqual([readings[0], readings.at(-1)]);
    expect(points.toSorted(([a], [b]) => a - b)).toEqual(points);
  });

  test("comes as CSV when that is asked for", async () => {
    const id = await halfHours();
    const answer = await get(`/metrics/${id}/series?${WINDOW}&step=PT1H&agg=integral&coverage=points`, {
      accept: "text/csv",
    });
    expect(answer.headers["content-type"]).toContain("text/csv");
    expect(answer.body).toBe(
      `time,metricId,value,unit,coverage\r\n2026-06-21T08:00:00.000Z,${id},1,W.h,1\r\n2026-06-21T09:00:00.000Z,${id},1.25,W.h,0.5\r\n`,
    );
    const raw = await get(`/metrics/${id}/series?${WINDOW}&step=raw&maxPoints=1`, { accept: "text/csv" });
    expect(raw.body).toBe(`time,metricId,value,unit\r\n2026-06-21T08:00:00.000Z,${id},0,W\r\n`);
    expect(raw.headers["x-next-cursor"]).toMatch(new RegExp(`^${BEGIN_MS}\\.\\d+$`));
    for (const accept of ["*/*", "application/json", "application/json, text/csv"]) {
      expect((await get(`/metrics/${id}/series?${WINDOW}`, { accept })).headers["content-type"]).toContain("json");
    }
  });

  test.each([
    ["no window", "", "from"],
    ["a window that ends before it begins", "from=2026-06-21T12:00:00Z&to=2026-06-21T08:00:00Z", "from"],
    ["an unreadable time", "from=yesterday&to=2026-06-21T08:00:00Z", "from"],
    ["a step of two days", `${WINDOW}&step=P2D`, "step"],
    ["too many points", "from=2025-06-20T00:00:00Z&to=2026-06-21T00:00:00Z&step=PT1S", "step"],
    ["too many days", "from=1970-01-01T00:00:00Z&to=2026-06-21T00:00:00Z&step=P1D", "step"],
    ["an unknown aggregate", `${WINDOW}&agg=median`, "agg"],
    ["too few points for a chart", `${WINDOW}&agg=m4&maxPoints=7`, "maxPoints"],
    ["a chart's points by step", `${WINDOW}&agg=m4&step=PT1H`, "step"],
    ["an unknown parameter", `${WINDOW}&size=1`, ""],
  ])("refuses %s, naming the field", async (_case, query, path) => {
    const answer = await get(`/metrics/${await halfHours()}/series?${query}`);
    expect(answer.statusCode).toBe(422);
    expect(answer.json<{ errors: { path: string }[] }>().errors.map((error) => error.path)).toContain(path);
  });

  test("takes exactly as many points as it may", async () => {
    const id = await halfHours();
    const points = (hours: number) =>
      `from=2026-06-21T00:00:00Z&to=${new Date(Date.UTC(2026, 5, 21) + hours * 1_000).toISOString()}&step=PT1S`;
    expect((await get(`/metrics/${id}/series?${points(10_000)}`)).statusCode).toBe(200);
    expect((await get(`/metrics/${id}/series?${points(10_001)}`)).statusCode).toBe(422);
  });
});

describe("the series of many metrics", () => {
  test("come one by one, in the order asked for, or as one number a step", async () => {
    const a = await halfHours();
    const { siteId, ids } = await device("Europe/Madrid", ACTIVE_POWER);
    const [b = ""] = ids;
    await store(b, [BEGIN_MS, 10], [BEGIN_MS + 2 * HOUR_MS, 20]);
    const each = await get(`/series?${WINDOW}&step=PT1H&metricIds=${b},${a}`);
    expect(each.json()).toMatchObject({
      timezone: "Europe/Madrid",
      series: [
        {
          metricId: b,
          points: [
            [BEGIN_MS, 10],
            [BEGIN_MS + 2 * HOUR_MS, 20],
          ],
          coverage: 1,
        },
        {
          metricId: a,
          points: [
            [BEGIN_MS, 0.5],
            [BEGIN_MS + HOUR_MS, 2.5],
          ],
        },
      ],
    });
    const sum = await get(`/series?${WINDOW}&step=PT1H&metricIds=${a},${b}&across=sum`);
    expect(sum.json()).toEqual({
      from: "2026-06-21T08:00:00.000Z",
      to: "2026-06-21T12:00:00.000Z",
      step: "PT1H",
      timezone: "Europe/Madrid",
      across: "sum",
      unit: "W",
      metrics: 2,
      points: [
        [BEGIN_MS, 10.5, 2],
        [BEGIN_MS + HOUR_MS, 2.5, 1],
        [BEGIN_MS + 2 * HOUR_MS, 20, 1],
      ],
      plan: FROM_READINGS,
      gapRule: GAP_RULE,
    });
    const csv = await get(`/series?${WINDOW}&step=PT4H&agg=integral&metricIds=${a},${b}&across=max`, {
      accept: "text/csv",
    });
    expect(csv.body).toBe("time,value,unit,metrics\r\n2026-06-21T08:00:00.000Z,2.25,W.h,1\r\n");
    const ofSite = await get(`/series?${WINDOW}&step=PT4H&siteId=${siteId}&name=active_power&across=mean`);
    expect(ofSite.json()).toMatchObject({ metrics: 1, points: [[BEGIN_MS, 15, 1]] });
  });

  test("follow a calendar that is told where their sites have several", async () => {
    const { ids } = await device("Asia/Kathmandu", ACTIVE_POWER);
    const metricIds = `${await halfHours()},${ids[0]}`;
    const several = await get(`/series?${WINDOW}&step=P1D&metricIds=${metricIds}`);
    expect(several.statusCode).toBe(422);
    expect(several.json()).toMatchObject({ errors: [{ path: "timezone" }] });
    const told = await get(`/series?${WINDOW}&step=P1D&metricIds=${metricIds}&timezone=Asia/Kathmandu`);
    expect(told.json()).toMatchObject({
      timezone: "Asia/Kathmandu",
      series: [{ points: [[Date.UTC(2026, 5, 20, 18, 15), 1.5]] }, { points: [] }],
    });
    expect((await get(`/series?${WINDOW}&step=P1D&metricIds=${metricIds}&timezone=Mars`)).statusCode).toBe(422);
  });

  test("have so many points in all", async () => {
    const names = Array.from({ length: 20 }, (_, index) => ({ ...ACTIVE_POWER, name: `string_${index}` }));
    const { ids } = await device("UTC", ...names);
    const query = (seconds: number) =>
      `/series?from=2026-06-21T00:00:00Z&to=${new Date(Date.UTC(2026, 5, 21) + seconds * 1_000).toISOString()}&step=PT1S&metricIds=${ids.join(",")}`;
    expect(ids.length * 10_000).toBe(POINTS_TOTAL_MAX);
    expect((await get(query(10_000))).statusCode).toBe(200);
    const { ids: one } = await device("UTC", VOLTAGE);
    const answer = await get(`${query(10_000)},${one[0]}`);
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ errors: [{ path: "step" }] });
  });

  test("come raw by pages, each reading once, also where several have the same time", async () => {
    const { ids } = await device("UTC", ACTIVE_POWER, VOLTAGE);
    const [power = "", voltage = ""] = ids;
    const times = Array.from({ length: 7 }, (_, index) => BEGIN_MS + index * 60_000);
    await store(power, ...times.map((timeMs): [number, number] => [timeMs, 1]));
    await store(voltage, ...times.slice(2, 5).map((timeMs): [number, number] => [timeMs, 2]));
    for (const maxPoints of [1, 2, 3, 9, 10, 11]) {
      const seen = new Map(ids.map((id) => [id, [] as number[]]));
      let cursor: string | null = null;
      do {
        const next: string = cursor === null ? "" : `&cursor=${cursor}`;
        const query = `${WINDOW}&step=raw&maxPoints=${maxPoints}&metricIds=${ids.join()}${next}`;
        const answer = await get(`/series?${query}`);
        const page = answer.json<{ series: { metricId: string; points: number[][] }[]; nextCursor: string | null }>();
        expect(page.series.flatMap(({ points }) => points).length).toBeLessThanOrEqual(maxPoints);
        for (const { metricId, points } of page.series)
          seen.get(metricId)?.push(...points.map(([timeMs]) => timeMs ?? 0));
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect([...seen.values()]).toEqual([times, times.slice(2, 5)]);
    }
  });

  test("are refused with a reason", async () => {
    const { siteId, ids } = await device("UTC", ACTIVE_POWER, VOLTAGE);
    const [power = "", voltage = ""] = ids;
    const refused = async (query: string) =>
      (await get(`/series?${WINDOW}&${query}`)).json<{ status: number; errors?: { path: string }[] }>();
    expect(await refused(`metricIds=${power},${voltage}&across=sum`)).toMatchObject({
      errors: [{ path: "metricIds" }],
    });
    expect(await refused(`metricIds=${power}&step=raw&across=sum`)).toMatchObject({ errors: [{ path: "step" }] });
    for (const cursor of ["1", "x.1", "1.99999999999", "."]) {
      expect(await refused(`metricIds=${power}&step=raw&cursor=${cursor}`)).toMatchObject({
        errors: [{ path: "cursor" }],
      });
    }
    expect(await refused(`metricIds=${power}&siteId=${siteId}`)).toMatchObject({ errors: [{ path: "metricIds" }] });
    expect(await refused(`siteId=${siteId}`)).toMatchObject({ errors: [{ path: "metricIds" }] });
    expect(await refused(`metricIds=${power},${MISSING_ID}`)).toMatchObject({ status: 404 });
    expect(await refused(`siteId=${MISSING_ID}&name=x`)).toMatchObject({ status: 404 });
    expect(await refused(`metricIds=${power}&agg=m4&across=sum`)).toMatchObject({ errors: [{ path: "agg" }] });
    const many = (count: number) => `metricIds=${Array.from({ length: count }, () => power).join(",")}`;
    expect((await get(`/series?${WINDOW}&${many(SERIES_METRICS_MAX)}`)).statusCode).toBe(200);
    expect((await get(`/series?${WINDOW}&${many(SERIES_METRICS_MAX + 1)}`)).statusCode).toBe(422);
  });
});
