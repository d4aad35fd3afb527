import { describe, expect, test } from "vitest";
import { type VendorError, VendorUnavailable } from "../../transport/errors.ts";
import { planSelection, type SelectBatch } from "./index.ts";
import { all, type Body, bodyOf, FROM, HOUR_MS, json, minutes, open } from "./tenant-stage.fixture.ts";

describe("a selection", () => {
  const VOCABULARY = {
    "GET /v2/databases/123/vocabulary": () =>
      json({ databaseId: 123, bucket: "Hydro", signals: 2, dimensions: { site: ["S1"] } }),
  };
  const SIGNALS = ["S1.U1.p", "S1.U2.p", "S2.U1.p"].map((tag, number) => ({
    databaseId: 123,
    tag,
    index: String(1001 + number),
  }));
  const selection = (count: number) => ({
    databaseId: 123,
    selector: { site: "S1", signal: ["p", "q"] },
    fromMs: FROM,
    toMs: FROM + count * HOUR_MS,
  });
  const facts = (seriesRequested: number): object => ({
    query: { plan: "raw", seriesRequested, aggregated: false },
    points: [],
  });

  test("goes to v2 where the tenant has it: cut at three hours, its options left out where they are not set", async () => {
    const stage = open({ ...VOCABULARY, "POST /v2/query": () => json(facts(2)) });
    const planned: number[] = [];
    const batches = await all(stage, stage.client.select(selection(7), { planned: (pieces) => planned.push(pieces) }));
    const bodies = stage.seen("POST /v2/query").map(({ body }) => JSON.parse(body) as Body);
    expect(bodies[0]).toMatchObject({ explain: true });
    expect(bodies.slice(1).map(({ startTime, endTime }) => [startTime, endTime])).toEqual([
      ["2026-11-20T06:00:00.000Z", "2026-11-20T06:59:59.9999999Z"],
      ["2026-11-20T03:00:00.000Z", "2026-11-20T05:59:59.9999999Z"],
      ["2026-11-20T00:00:00.000Z", "2026-11-20T02:59:59.9999999Z"],
    ]);
    expect(Object.keys(bodies[1] ?? {}).sort()).toEqual(["databaseId", "endTime", "selector", "startTime"]);
    expect([batches.length, planned]).toEqual([3, [3]]);
    await all(stage, stage.client.select(selection(1)));
    expect(stage.seen("GET /v2/databases/123/vocabulary")).toHaveLength(1);
  });

  test("has pieces whose keys are those that earlier versions gave them, in whatever order the selector stands", async () => {
    const stage = open({ "POST /v2/query": () => json(facts(2)) }, { api: "v2" });
    const selector = { signal: ["p", "q"], site: "S1" };
    const [batch] = await all(stage, stage.client.select({ ...selection(1), selector, windowMs: 60_000 }));
    expect(batch?.piece.key).toBe(
      "123/2026-11-20T00%3A00%3A00.000Z/2026-11-20T01%3A00%3A00.000Z//60000--/false/%5B%5B%22signal%22%2C%5B%22p%22%2C%22q%22%5D%5D%2C%5B%22site%22%2C%22S1%22%5D%5D",
    );
    const [other] = await all(stage, stage.client.select({ ...selection(1), windowMs: 60_000 }));
    expect(other?.piece.key).toBe(batch?.piece.key);
  });

  test("of many signals is cut so that a call brings no more points than one of v1 may", async () => {
    const stage = open({ ...VOCABULARY, "POST /v2/query": () => json(facts(200)) });
    expect(await all(stage, stage.client.select(selection(1)))).toHaveLength(20);
  });

  test("of more than 500 signals is cut into blocks of the streams that their tags name", async () => {
    const listed = Array.from({ length: 501 }, (_, number) => ({
      databaseId: 123,
      tag: `S1.U${number}.p`,
      index: String(number),
    }));
    const stage = open({
      ...VOCABULARY,
      "GET /v1/measurements": () => json([...listed, ...SIGNALS.slice(2)]),
      "POST /v2/query": () => json(facts(501)),
    });
    const batches = await all(stage, stage.client.select({ ...selection(1), toMs: FROM + 72_000 }));
    expect(batches.map(({ piece }) => piece.streamKeys?.length)).toEqual([500, 1]);
  });

  test("of more than 500 signals that no tags name is left to the vendor, whole", async () => {
    const stage = open({
      ...VOCABULARY,
      "GET /v1/measurements": () => json(SIGNALS),
      "POST /v2/query": () => json(facts(501)),
    });
    const batches = await all(stage, stage.client.select({ ...selection(1), toMs: FROM + 72_000 }));
    expect(batches.map(({ piece }) => piece.streamKeys)).toEqual([null]);
  });

  test("goes to v1 where there is no v2, with the signals whose tags hold what it names", async () => {
    const stage = open({ "GET /v1/measurements": () => json(SIGNALS), "POST /v1/query": minutes });
    const planned: number[] = [];
    const how = { planned: (pieces: number) => planned.push(pieces) };
    const batches: SelectBatch[] = await all(stage, stage.client.select(selection(1), how));
    expect(planned).toEqual([2]);
    expect(batches.map(({ streams, points }) => [streams.map(({ streamKey }) => streamKey), points.length])).toEqual(
      Array(2).fill([["S1.U1.p", "S1.U2.p"], 60]),
    );
    expect(batches.every(({ query, decoded }) => query === null && decoded === null)).toBe(true);
    expect(stage.seen("GET /v2/databases/123/vocabulary")).toHaveLength(1);
    const keys = new Set(batches.map(({ piece }) => piece.key));
    expect(await all(stage, stage.client.select(selection(1), { done: ({ key }) => keys.has(key) }))).toEqual([]);
  });

  test.each([
    ["a window", { windowMs: 300_000 }, "5m"],
    ["so many points", { maxDataPoints: 60 }, "1m"],
    ["a least window above that", { maxDataPoints: 60, minIntervalMs: 120_000 }, "2m"],
    ["one point for ten years", { maxDataPoints: 1, fromMs: FROM - 87_600 * HOUR_MS }, "366d"],
  ])("with %s asks v1 for windows", async (_name, options, windowPeriod) => {
    const stage = open(
      { "GET /v1/measurements": () => json(SIGNALS), "POST /v1/query": () => json([]) },
      { api: "v1" },
    );
    await all(stage, stage.client.select({ ...selection(1), ...options }));
    expect(JSON.parse(stage.seen("POST /v1/query")[0]?.body ?? "")).toMatchObject({ windowPeriod });
    expect(stage.seen("GET /v2/databases/123/vocabulary")).toHaveLength(0);
  });

  test("that v1 cannot resolve, or cannot explain, says so", async () => {
    const stage = open({ "GET /v1/measurements": () => json(SIGNALS) });
    const nothing = { ...selection(1), selector: { site: "S9" } };
    await expect(all(stage, stage.client.select(nothing))).rejects.toMatchObject({
      name: "VendorRefused",
      code: "nothing_selected",
    });
    const explaining = stage.clock.run(stage.client.explain(selection(1)));
    await expect(explaining).rejects.toMatchObject({ name: "VendorRefused", code: "no_v2" });
  });

  test("of latest values takes one call of v2, or those of v1 that it takes", async () => {
    const points = [
      { streamKey: "S1.U1.p", tag: "S1.U1.p", timestamp: "2026-11-20T00:00:00Z", value: 3, decoded: "three" },
    ];
    const v2 = open({ ...VOCABULARY, "POST /v2/query/latest": () => json({ ...facts(1), points }) });
    const latest = await v2.clock.run(v2.client.selectLatest({ ...selection(1), decode: true }));
    expect(latest).toMatchObject({ streams: [{ streamKey: "S1.U1.p" }], decoded: ["three"], points: { length: 1 } });
    expect(JSON.parse(v2.seen("POST /v2/query/latest")[0]?.body ?? "")).toEqual({
      databaseId: 123,
      selector: { site: "S1", signal: ["p", "q"] },
      decode: true,
    });
    const many = Array.from({ length: 25 }, (_, number) => ({
      databaseId: 123,
      tag: `S1.U${number}.p`,
      index: String(number),
    }));
    const v1 = open({
      "GET /v1/measurements": () => json(many),
      "POST /v1/query/latest": (request) =>
        json(
          bodyOf(request).measurementIndexes.map((index) => ({
            index,
            timestamp: "2026-11-20T00:00:00Z",
            value: Number(index),
          })),
        ),
    });
    const { streams, points: columns } = await v1.clock.run(v1.client.selectLatest(selection(1)));
    expect(Array.from(columns.positions, (position, at) => `${streams[position]?.tag} ${columns.values[at]}`)).toEqual(
      many.map(({ tag, index }) => `${tag} ${index}`),
    );
  });

  test("is asked again where only the vendor's answer to the question for v2 failed", async () => {
    const stage = open({
      "GET /v2/databases/123/vocabulary": (_, nth) =>
        nth < 4 ? { status: 500, body: "" } : VOCABULARY["GET /v2/databases/123/vocabulary"](),
    });
    const failure = await stage.clock.run(stage.client.hasV2(123).catch((error: unknown) => error as VendorError));
    expect(failure).toBeInstanceOf(VendorUnavailable);
    expect(await stage.clock.run(stage.client.hasV2(123))).toBe(true);
    expect(await stage.clock.run(stage.client.hasV2(124))).toBe(false);
  });

  test.each([400, 404, 405, 410])(
    "finds no v2 where a tenant says so with %d, and asks again after a day",
    async (status) => {
      const stage = open({
        "GET /v2/databases/123/vocabulary": (_, nth) =>
          nth === 0 ? json({}, status) : VOCABULARY["GET /v2/databases/123/vocabulary"](),
      });
      expect(await stage.clock.run(stage.client.hasV2(123))).toBe(false);
      await stage.clock.advance(24 * HOUR_MS - 1_000);
      expect(await stage.clock.run(stage.client.hasV2(123))).toBe(false);
      await stage.clock.advance(1_000);
      expect(await stage.clock.run(stage.client.hasV2(123))).toBe(true);
    },
  );

  test("whose windows the vendor chooses has its points at the times that it chooses", async () => {
    const points = [-HOUR_MS, 0, 2 * HOUR_MS].map((afterMs) => {
      return { streamKey: "S1.U1.p", tag: null, timestamp: new Date(FROM + afterMs).toISOString(), value: 1 };
    });
    const stage = open({ "POST /v2/query": () => json({ ...facts(1), points }) }, { api: "v2" });
    const [batch] = await all(stage, stage.client.select({ ...selection(1), maxDataPoints: 2 }));
    expect(batch).toMatchObject({ points: { length: 3 }, issueCount: 0 });
    expect(
      stage
        .seen("POST /v2/query")
        .map((request) => bodyOf(request).endTime)
        .at(-1),
    ).toBe("2026-11-20T01:00:00.000Z");
  });

  test("of a database that the vendor does not know says so, and not that there is no v2", async () => {
    const stage = open({
      "GET /v2/databases/123/vocabulary": (_, nth) =>
        nth === 0
          ? json({ code: "unknown_database", detail: "There is no database 123." }, 404)
          : VOCABULARY["GET /v2/databases/123/vocabulary"](),
    });
    await expect(all(stage, stage.client.select(selection(1)))).rejects.toMatchObject({
      name: "VendorRefused",
      code: "unknown_database",
      detail: "There is no database 123.",
    });
    expect(await stage.clock.run(stage.client.hasV2(123))).toBe(true);
  });

  test("is counted over no more than a raw query may span", async () => {
    const stage = open({ ...VOCABULARY, "POST /v2/query": () => json(facts(2)) });
    await all(stage, stage.client.select(selection(24)));
    const [counted] = stage.seen("POST /v2/query").map(bodyOf);
    expect(counted).toMatchObject({
      explain: true,
      startTime: "2026-11-20T21:00:00.000Z",
      endTime: "2026-11-20T23:59:59.9999999Z",
    });
  });

  test.each(["v1", "v2"] as const)("of named streams asks for these alone, in %s", async (api) => {
    const answers = {
      "GET /v1/measurements": () => json(SIGNALS),
      "POST /v1/query": minutes,
      "POST /v2/query": () => json(facts(1)),
    };
    const stage = open(answers, { api });
    const [batch, ...more] = await all(stage, stage.client.select({ ...selection(0.5), streamKeys: ["S1.U2.p"] }));
    expect([batch?.piece.streamKeys, more]).toEqual([["S1.U2.p"], []]);
    const asked = [...stage.seen("POST /v1/query"), ...stage.seen("POST /v2/query")].map(bodyOf);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject(api === "v1" ? { measurementIndexes: ["1002"] } : { streamKeys: ["S1.U2.p"] });
  });

  test("is planned as it is cut", () => {
    const day = { ...selection(24) };
    expect(planSelection(day, { series: 200 })).toEqual({ pieces: 480, windows: 480, blocks: 1, spanMs: 48_000 });
    expect(planSelection(day, { series: 1 })).toMatchObject({ pieces: 8 });
    expect(planSelection(day, { series: 501, requestsPerSecond: 100 })).toMatchObject({
      windows: 1_200,
      blocks: 2,
      spanMs: 24_000,
    });
    expect(planSelection({ ...day, maxDataPoints: 10 }, { series: 200 })).toMatchObject({ pieces: 1 });
  });
});
