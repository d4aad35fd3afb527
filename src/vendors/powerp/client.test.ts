import { describe, expect, test } from "vitest";
import { InvalidInput } from "../../domain/errors.ts";
import { VendorRefused, VendorUnavailable } from "../../transport/errors.ts";
import { cutPoints, type Piece, type PointBatch, planPoints, powerP } from "./index.ts";
import { ISSUES_PER_CALL_MAX } from "./points.ts";
import { all, bodyOf, FROM, type Given, HOUR_MS, hours, indexes, json, minutes, open } from "./tenant-stage.fixture.ts";

function pointsOf(batches: readonly PointBatch[]): string[] {
  return batches.flatMap(({ piece, points }) =>
    Array.from(
      points.positions,
      (position, at) => `${piece.indexes[position]} ${points.timesMs[at]} ${points.values[at]}`,
    ),
  );
}

test.each(["https://tenant.example/rt-api/api", "https://tenant.example/rt-api/api/"])(
  "%s is an address",
  async (baseUrl) => {
    const stage = open(
      { "GET /v1/databases": () => json([{ id: 123, name: 7 }, { name: "without an id" }]) },
      { baseUrl },
    );
    const databases = await stage.clock.run(stage.client.databases());
    expect(databases).toEqual([{ id: 123, name: null, connectionId: null, powerPlantId: null }]);
  },
);

describe("points over time", () => {
  test("are asked for newest first, each piece once, and come exactly once", async () => {
    const stage = open({ "POST /v1/query": minutes });
    const batches = await all(stage, stage.client.readPoints(hours(2)));
    expect(batches).toHaveLength(8);
    expect(stage.seen("POST /v1/query")).toHaveLength(8);
    const asked = stage.seen("POST /v1/query").map((request) => Date.parse(bodyOf(request).startTime));
    expect(asked).toEqual([...asked].sort((a, b) => b - a));
    const points = pointsOf(batches);
    expect(points).toHaveLength(20 * 120);
    expect(new Set(points).size).toBe(points.length);
    expect(
      batches.every(({ failure, issueCount, nullCount }) => failure === null && issueCount + nullCount === 0),
    ).toBe(true);
  });

  test("are the same when every call is answered only at its second try", async () => {
    const broken: readonly Given[] = [
      "cut",
      { status: 503, body: "" },
      { status: 200, body: '[{"index":"1001","timest' },
    ];
    const good = open({ "POST /v1/query": minutes });
    const tries = new Map<string, number>();
    const bad = open({
      "POST /v1/query": (request, nth) => {
        const tried = tries.get(request.body) ?? 0;
        tries.set(request.body, tried + 1);
        return tried === 0 ? (broken[nth % broken.length] ?? "cut") : minutes(request);
      },
    });
    const query = hours(2);
    expect(pointsOf(await all(bad, bad.client.readPoints(query))).sort()).toEqual(
      pointsOf(await all(good, good.client.readPoints(query))).sort(),
    );
  });

  test("that are done are not asked for again", async () => {
    const stage = open({ "POST /v1/query": minutes });
    const pieces = [...cutPoints(hours(2))];
    const done = new Set(pieces.slice(0, 5).map(({ key }) => key));
    const batches = await all(stage, stage.client.readPoints(hours(2), { done: ({ key }: Piece) => done.has(key) }));
    expect(batches.map(({ piece }) => piece.key).sort()).toEqual(
      pieces
        .slice(5)
        .map(({ key }) => key)
        .sort(),
    );
    expect(stage.seen("POST /v1/query")).toHaveLength(3);
  });

  test("that fail for good are told with their piece, and the rest goes on", async () => {
    const stage = open({
      "POST /v1/query": (request) =>
        bodyOf(request).startTime.includes("T01:00") ? { status: 500, body: "" } : minutes(request),
    });
    const batches = await all(stage, stage.client.readPoints(hours(2)));
    const failed = batches.filter(({ failure }) => failure);
    expect(failed.map(({ piece }) => piece.fromMs)).toEqual([FROM + HOUR_MS, FROM + HOUR_MS]);
    expect(failed.every(({ failure, points }) => failure instanceof VendorUnavailable && points.length === 0)).toBe(
      true,
    );
    expect(batches).toHaveLength(8);
  });

  test.each([
    [413, "anything"],
    [400, "window_too_long"],
    [422, "too_many_points"],
  ])("that are refused with %d %s are asked for in halves, and come as one piece", async (status, code) => {
    const stage = open({
      "POST /v1/query": (request) => {
        const { startTime, endTime } = bodyOf(request);
        const tooLong = Date.parse(endTime) - Date.parse(startTime) > 10 * 60_000;
        return tooLong ? json({ code, detail: "too much" }, status) : minutes(request);
      },
    });
    const batches = await all(stage, stage.client.readPoints({ ...hours(1, 2), toMs: FROM + HOUR_MS / 2 }));
    expect(batches).toHaveLength(1);
    expect(batches[0]?.piece).toEqual([...cutPoints({ ...hours(1, 2), toMs: FROM + HOUR_MS / 2 })][0]);
    expect(new Set(pointsOf(batches)).size).toBe(2 * 30);
    expect(stage.seen("POST /v1/query")).toHaveLength(7);
  });

  test("that come in halves have the issues and empty points of both", async () => {
    const told = 15;
    const stage = open({
      "POST /v1/query": (request) => {
        const { startTime, endTime } = bodyOf(request);
        if (Date.parse(endTime) - Date.parse(startTime) > HOUR_MS / 4) return json({}, 413);
        const row = { index: "1001", timestamp: startTime };
        return json([{ ...row, value: null }, ...Array.from({ length: told }, () => ({ ...row, value: "n/a" }))]);
      },
    });
    const [batch] = await all(stage, stage.client.readPoints(hours(0.5, 1)));
    expect(batch).toMatchObject({ nullCount: 2, issueCount: 2 * told, failure: null });
    expect(batch?.issues).toHaveLength(ISSUES_PER_CALL_MAX);
  });

  test.each([
    [400, "unknown_database"],
    [404, "window_gone"],
  ])("that are refused with %d %s are not", async (status, code) => {
    const stage = open({ "POST /v1/query": () => json({ code }, status) });
    const [batch] = await all(stage, stage.client.readPoints(hours(0.5, 1)));
    expect(batch?.failure).toBeInstanceOf(VendorRefused);
    expect(batch?.failure).toMatchObject({ code });
    expect(stage.seen("POST /v1/query")).toHaveLength(1);
  });

  test("that are always too much end in the refusal", async () => {
    const stage = open({ "POST /v1/query": () => json({ code: "window_too_long" }, 400) });
    const [batch] = await all(stage, stage.client.readPoints(hours(0.5, 1)));
    expect(batch?.failure).toMatchObject({ code: "window_too_long" });
    expect(stage.seen("POST /v1/query")).toHaveLength(4);
  });

  test("end all with a credential that is refused", async () => {
    const stage = open({ "POST /v1/query": () => json({ code: "forbidden" }, 403) });
    await expect(all(stage, stage.client.readPoints(hours(24)))).rejects.toMatchObject({ name: "VendorAuthRejected" });
    expect(stage.seen("POST /v1/query").length).toBeLessThanOrEqual(4);
  });

  test("take a database's number as text, and leave out of a body what is not set", async () => {
    const stage = open({ "POST /v1/query": minutes });
    await all(stage, stage.client.readPoints({ ...hours(0.5, 1), databaseId: "123" }));
    expect(JSON.parse(stage.seen("POST /v1/query")[0]?.body ?? "")).toEqual({
      databaseId: 123,
      measurementIndexes: ["1001"],
      startTime: "2026-11-20T00:00:00.000Z",
      endTime: "2026-11-20T00:29:59.9999999Z",
      aggFunction: "mean",
    });
  });

  test("end at once with the signal's reason, and nothing more is sent", async () => {
    const stage = open({ "POST /v1/query": (_, nth) => (nth < 20 ? json([]) : "never") });
    const stop = new AbortController();
    const reading = (async () => {
      for await (const _ of stage.client.readPoints(hours(24), { signal: stop.signal }));
    })();
    reading.catch(() => {});
    await stage.clock.advance(5_000);
    const reason = new Error("enough");
    stop.abort(reason);
    await expect(reading).rejects.toBe(reason);
    const sent = stage.seen("POST /v1/query").length;
    await stage.clock.advance(600_000);
    expect(stage.seen("POST /v1/query")).toHaveLength(sent);
    await stage.client.close();
  });

  test("never come faster than the rate that was set, for all calls together", async () => {
    const stage = open({ "POST /v1/query": minutes }, { requestsPerSecond: 3 });
    await all(stage, stage.client.readPoints(hours(3)));
    expect(stage.clock.monotonicMs()).toBe(planPoints(hours(3), { requestsPerSecond: 3 }).spanMs);
  });

  test("let calls pass whose answer somebody waits for", async () => {
    const stage = open({ "POST /v1/query": minutes, "GET /v1/databases": () => json([]) }, { requestsPerSecond: 1 });
    const stop = new AbortController();
    const reading = all(stage, stage.client.readPoints(hours(24), { signal: stop.signal }));
    reading.catch(() => {});
    await stage.clock.advance(5_500);
    await stage.client.databases();
    expect(stage.seen("POST /v1/query").length).toBeLessThan(7);
    stop.abort();
    await expect(reading).rejects.toThrow();
  });

  test("may come in an answer larger than any other call's", async () => {
    const blanks = " ".repeat(20 * 1024 * 1024);
    const stage = open({ "POST /v1/query": () => ({ status: 200, body: `[${blanks}]` }) });
    expect(await all(stage, stage.client.readPoints(hours(0.5, 1)))).toMatchObject([{ failure: null }]);
  });

  test("that nobody can ask for are refused at once", () => {
    const { client } = open({});
    expect(() => client.readPoints({ ...hours(1), indexes: [] })).toThrow(InvalidInput);
    expect(() => client.latest(123, ["1001"], { lookbackMs: 0 })).toThrow(InvalidInput);
    expect(() => client.select({ ...hours(1), selector: {}, toMs: FROM })).toThrow(InvalidInput);
  });
});

describe("latest points", () => {
  test("of any number of signals take 20 a call; what does not come is missing", async () => {
    const stage = open({
      "POST /v1/query/latest": (request) =>
        json(
          bodyOf(request)
            .measurementIndexes.filter((index) => index !== "1007")
            .map((index) => ({ index, timestamp: "2026-11-20T00:00:00Z", value: 1 })),
        ),
    });
    const batches = await all(stage, stage.client.latest(123, [...indexes(45), "1001"], { lookbackMs: HOUR_MS }));
    expect(batches.map((batch) => batch.indexes.length).sort()).toEqual([20, 20, 5]);
    expect(batches.flatMap(({ missing }) => missing)).toEqual(["1007"]);
    expect(batches.reduce((sum, { points }) => sum + points.length, 0)).toBe(44);
    expect(JSON.parse(stage.seen("POST /v1/query/latest")[0]?.body ?? "")).toMatchObject({ lookback: "1h" });
  });

  test("of signals of two databases are never asked for in one call, and unlisted ones of nobody", async () => {
    const list = [1, 2].map((databaseId) => ({ databaseId, index: "7", tag: "P", unitSymbol: "kW" }));
    const stage = open({
      "GET /v1/measurements": () => json([...list, { databaseId: 1 }, null]),
      "POST /v1/query/latest": () => json([{ index: "7", timestamp: "2026-06-21T09:59:00Z", value: 1 }]),
    });
    const batches = await all(stage, stage.client.readLatest(["1/7", "2/7", "1/8", "nonsense", "1/7"]));
    expect(stage.seen("POST /v1/query/latest").map(({ body }) => body)).toEqual([
      '{"databaseId":1,"measurementIndexes":["7"]}',
      '{"databaseId":2,"measurementIndexes":["7"]}',
    ]);
    expect(batches.flatMap(({ readings }) => readings.map(({ device, value }) => [device, value])).sort()).toEqual([
      ["1/7", 1000],
      ["2/7", 1000],
    ]);
    expect(batches.flatMap(({ missing }) => missing).sort()).toEqual(["1/8", "nonsense"]);
    await stage.clock.advance(HOUR_MS - 1000);
    await all(stage, stage.client.readLatest(["1/7"]));
    expect(stage.seen("GET /v1/measurements")).toHaveLength(1);
    await stage.clock.advance(1000);
    await all(stage, stage.client.readLatest(["1/7"]));
    expect(stage.seen("GET /v1/measurements")).toHaveLength(2);
  });
});

test.each([
  { clientId: "an-id" },
  { clientId: "", clientSecret: "a-secret" },
  { clientId: "an-id", clientSecret: "  " },
  { clientId: "an-id", clientSecret: "x".repeat(501) },
  { clientId: "an-id", clientSecret: "a-secret", more: "x" },
])("%j is no credential", (credential) => {
  expect(powerP.credential.safeParse(credential).success).toBe(false);
});

test("blanks around a credential's words are not part of it", () => {
  const read = powerP.credential.parse({ clientId: " an-id ", clientSecret: "a-secret\n" });
  expect(read).toEqual({ clientId: "an-id", clientSecret: "a-secret" });
});
