import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestTime } from "../test-time.ts";
import { HYDRO_DATABASE_ID, type PowerPSimulator, startPowerPSimulator } from "./index.ts";

const NOW = Date.UTC(2026, 10, 20, 12);

interface Point {
  readonly streamKey: string;
  readonly tag: string;
  readonly timestamp: string;
  readonly value: number;
  readonly decoded: string | null;
}

interface Answer {
  readonly query: Readonly<Record<string, unknown>>;
  readonly points: readonly Point[];
  readonly code?: string;
}

let simulator: PowerPSimulator;
let headers: Record<string, string>;
beforeAll(async () => {
  simulator = await startPowerPSimulator({ requestsPerSecond: 100_000, time: new TestTime(NOW) });
  headers = await signIn(simulator);
});
afterAll(() => simulator.close());

async function signIn({ url }: PowerPSimulator): Promise<Record<string, string>> {
  const json = { "content-type": "application/json" };
  const body = JSON.stringify({ clientId: "demo-client", clientSecret: "demo-secret" });
  const answer = await fetch(new URL("v1/auth/token", url), { method: "POST", headers: json, body });
  return { ...json, authorization: `Bearer ${((await answer.json()) as { accessToken: string }).accessToken}` };
}

async function post(path: string, body: object): Promise<{ status: number; json: Answer }> {
  const sent = JSON.stringify({ databaseId: HYDRO_DATABASE_ID, ...body });
  const answer = await fetch(new URL(path, simulator.url), { method: "POST", headers, body: sent });
  return { status: answer.status, json: (await answer.json()) as Answer };
}

const select = async (body: object): Promise<Answer> => (await post("v2/query", { ...second, ...body })).json;

const second = { startTime: "2026-11-20T08:00:00Z", endTime: "2026-11-20T08:00:01Z" };
const hours = (span: number): object => ({
  startTime: "2026-11-20T06:00:00Z",
  endTime: new Date(Date.UTC(2026, 10, 20, 6) + span * 3_600_000).toISOString(),
});
const power = { site: "S1", level: "U1", signal: "active_power" };

describe("v2 query", () => {
  test("raw points of what a selector names, with the plan before them", async () => {
    const answer = await select({ selector: { ...power, signal: ["active_power", "running"] } });
    expect(answer.query).toEqual({
      plan: "raw",
      roundtrips: 1,
      seriesRequested: 2,
      seriesReturned: 2,
      elapsedMs: 1,
      aggregated: false,
      resampleEvery: null,
      aggFunction: null,
      windowSource: "none",
    });
    const keys = answer.points.map(({ streamKey }) => streamKey);
    expect(keys).toEqual([...Array.from({ length: 5 }, () => "S1.U1.active_power"), "S1.U1.running"]);
    expect(answer.points.every(({ streamKey, tag, decoded }) => streamKey === tag && decoded === null)).toBe(true);
  });

  test("a selector's dimensions narrow each other; what it does not name, it leaves open", async () => {
    const keys = async (selector: object): Promise<number> =>
      (await select({ selector })).query["seriesRequested"] as number;
    expect(await keys({})).toBe(400);
    expect(await keys({ site: "S1" })).toBe(400);
    expect(await keys({ level: "PLANT" })).toBe(40);
    expect(await keys({ signal: "active_power" })).toBe(9);
    expect(await keys({ signal: ["head", "efficiency"], level: ["U1", "U2"] })).toBe(4);
    expect(await keys({ site: "S2" })).toBe(0);
  });

  test("stream keys name series too, and those that are not there are listed", async () => {
    const streamKeys = ["S1.U2.head", "S1.U2.nose", "S1.U1.head", "S1.U2.head"];
    const answer = await select({ streamKeys });
    expect(answer.query).toMatchObject({ seriesRequested: 3, seriesReturned: 2, unresolvedStreamKeys: ["S1.U2.nose"] });
    expect(new Set(answer.points.map(({ streamKey }) => streamKey))).toEqual(new Set(["S1.U2.head", "S1.U1.head"]));
    expect((await select({ streamKeys, selector: { level: "U1" } })).query["seriesReturned"]).toBe(1);
  });

  test("decode gives a bool its word", async () => {
    const answer = await select({ selector: { level: ["U3", "U5"], signal: ["running", "head"] }, decode: true });
    const words = answer.points.map(
      ({ tag, value, decoded }) => `${tag} ${tag.endsWith("running") ? value : ""} ${decoded}`,
    );
    expect(new Set(words)).toEqual(
      new Set(["S1.U3.head  null", "S1.U3.running 0 stopped", "S1.U5.head  null", "S1.U5.running 1 running"]),
    );
  });

  test("resampled points sit on window boundaries", async () => {
    const answer = await select({ ...hours(2), selector: power, resampleEvery: "15m", aggFunction: "max" });
    expect(answer.query).toMatchObject({
      plan: "aggregate",
      aggregated: true,
      resampleEvery: "15m",
      aggFunction: "max",
      windowSource: "resampleEvery",
    });
    expect(answer.points).toHaveLength(8);
    expect(answer.points.every(({ timestamp }) => Date.parse(timestamp) % 900_000 === 0)).toBe(true);
  });

  test.each([
    [1, "2h"],
    [5, "30m"],
    [7, "30m"],
    [100, "2m"],
    [7_200, "1s"],
  ])("for %i points of two hours the server picks windows of %s", async (maxDataPoints, resampleEvery) => {
    const answer = await select({ ...hours(2), selector: power, maxDataPoints });
    expect(answer.query).toMatchObject({ resampleEvery, windowSource: "maxDataPoints", aggFunction: "mean" });
    expect(answer.points.length).toBeLessThanOrEqual(maxDataPoints);
    expect(answer.points.length).toBeGreaterThan(0);
  });

  test("raw points that are few enough stay raw; a least interval is kept", async () => {
    expect((await select({ selector: power, maxDataPoints: 5 })).query["aggregated"]).toBe(false);
    expect((await select({ selector: power, maxDataPoints: 4 })).query["resampleEvery"]).toBe("500ms");
    const answer = await select({ ...hours(2), selector: power, maxDataPoints: 100, minInterval: "10m" });
    expect(answer.query).toMatchObject({ resampleEvery: "10m", windowSource: "minInterval" });
    const wider = await select({ ...hours(2), selector: power, resampleEvery: "15m", minInterval: "10m" });
    expect(wider.query).toMatchObject({ resampleEvery: "15m", windowSource: "resampleEvery" });
  });

  test("explain tells how many points there would be, and reads none", async () => {
    const asked = { ...hours(1 / 6), selector: { level: "U1" } };
    const plan = await select({ ...asked, explain: true });
    expect(plan.points).toEqual([]);
    expect(plan.query["estimatedPoints"]).toBe((await select(asked)).points.length);
    expect((await select({ ...asked, explain: true, resampleEvery: "5m" })).query["estimatedPoints"]).toBe(90);
    expect((await post("v2/query", { ...hours(72), selector: {}, explain: true })).status).toBe(200);
  });

  const keys = (count: number): string[] => Array.from({ length: count }, (_, i) => `none.${i}`);
  test.each([
    ["3 h raw", { ...hours(3), selector: power }, 200, undefined],
    ["a ms more", { ...hours(3 + 1 / 3_600_000), selector: power }, 400, "raw_range_too_long"],
    ["a day resampled", { ...hours(24), selector: power, resampleEvery: "1h" }, 200, undefined],
    ["500 series", { ...second, streamKeys: keys(500) }, 200, undefined],
    ["501 series", { ...second, streamKeys: keys(501) }, 400, "too_many_series"],
    ["501 series resampled", { ...second, streamKeys: keys(501), resampleEvery: "1s" }, 200, undefined],
    ["neither selector nor keys", second, 400, "invalid_request"],
    ["an unknown dimension", { ...second, selector: { colour: "red" } }, 400, "unknown_field"],
    ["a null", { ...second, selector: power, resampleEvery: null }, 400, "null_option"],
    ["no points at all", { ...second, selector: power, maxDataPoints: 0 }, 400, "invalid_request"],
    ["an empty range", { ...second, endTime: second.startTime, selector: power }, 400, "empty_range"],
    [
      "before all time in one point",
      { startTime: "1960-01-01T00:00:00Z", endTime: "2024-01-01T00:00:01Z", selector: power, maxDataPoints: 1 },
      200,
      undefined,
    ],
  ])("%s", async (_name, body, status, code) => {
    const answer = await post("v2/query", body);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });
});

describe("v2 latest and vocabulary", () => {
  test("latest gives one point a series", async () => {
    const { json } = await post("v2/query/latest", { selector: { level: "U5" }, decode: true });
    expect(json.query).toMatchObject({ plan: "latest", seriesRequested: 45, seriesReturned: 45, aggregated: false });
    expect(json.points).toHaveLength(45);
    expect(json.points.every(({ timestamp }) => NOW - Date.parse(timestamp) < 1_000)).toBe(true);
    expect(json.points.find(({ tag }) => tag === "S1.U5.breaker_closed")?.decoded).toBe("closed");
  });

  test("the vocabulary names each dimension's values", async () => {
    const read = await fetch(new URL(`v2/databases/${HYDRO_DATABASE_ID}/vocabulary`, simulator.url), { headers });
    const vocabulary = (await read.json()) as { dimensions: Record<string, string[]> };
    expect(vocabulary).toMatchObject({
      databaseId: HYDRO_DATABASE_ID,
      bucket: expect.any(String) as string,
      signals: 400,
    });
    expect(vocabulary.dimensions["level"]).toEqual(["U1", "U2", "U3", "U4", "U5", "U6", "U7", "U8", "PLANT"]);
    expect(vocabulary.dimensions["signal"]).toContain("guide_vane_opening");
    const unknown = await fetch(new URL("v2/databases/9/vocabulary", simulator.url), { headers });
    expect([unknown.status, ((await unknown.json()) as Answer).code]).toEqual([404, "unknown_database"]);
  });

  test("a tenant without v2 answers 404, and to look is no violation", async () => {
    await using bare = await startPowerPSimulator({ v2: false });
    const own = await signIn(bare);
    for (const path of ["v2/databases/123/vocabulary", "v2/query", "v2/query/latest"]) {
      const answer = await fetch(new URL(path, bare.url), { headers: own });
      expect([answer.status, ((await answer.json()) as Answer).code]).toEqual([404, "not_found"]);
    }
    expect((await fetch(new URL("v1/databases", bare.url), { headers: own })).status).toBe(200);
    expect(bare.violations.count).toBe(0);
  });
});
