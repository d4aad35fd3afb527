import { expect, test } from "vitest";
import type { PowerMetric } from "../site/power-groups.ts";
import { readDevices, readEvents, readPower, SITE_DEVICES_MAX } from "./site-reads.ts";

const STEP_MS = 300_000;

/** An API that answers each path by what the test says, and remembers what it was asked. */
function apiOf(answer: (url: URL) => object): { fetch: typeof fetch; asked: URL[] } {
  const asked: URL[] = [];
  const fetched = async (path: string): Promise<Response> => {
    const url = new URL(path, "http://api.invalid");
    asked.push(url);
    return Response.json(answer(url));
  };
  return { fetch: fetched as unknown as typeof fetch, asked };
}

const metric = (metricId: string, group: PowerMetric["group"], unitW = 1): PowerMetric => {
  return { metricId, group, unitW, deviceId: metricId };
};

test("power is summed in W over units and over requests, and says how much of the time it covers", async () => {
  const many = Array.from({ length: 1_001 }, (_, index) => metric(`w${index}`, "pv"));
  const { fetch, asked } = apiOf((url) => {
    const count = url.searchParams.get("metricIds")?.split(",").length ?? 0;
    return { points: [[0, 2 * count, count], ...(count === 1_000 ? [] : [[STEP_MS, count, count]])] };
  });
  const span = { fromMs: 0, toMs: 2 * STEP_MS };
  const { stack, coverage } = await readPower(
    fetch,
    [...many, metric("kw", "pv", 1_000), metric("cell", "battery")],
    span,
  );
  expect(asked.map((url) => url.searchParams.get("metricIds")?.split(",").length)).toEqual([1_000, 1, 1, 1]);
  expect(stack).toEqual({
    timesMs: [0, STEP_MS],
    groups: [
      { group: "pv", values: [2 * 1_001 + 2_000, 1_001] },
      { group: "battery", values: [2, 1] },
    ],
  });
  expect(coverage).toBeCloseTo((1_003 + 3) / (2 * 1_003));
  expect((await readPower(fetch, [], span)).stack.timesMs).toEqual([]);
});

test("a large site's devices are read page by page, up to the limit", async () => {
  const page = (nextCursor: string | null) => ({ items: Array.from({ length: 500 }, () => ({})), nextCursor });
  const endless = apiOf(() => page("a b"));
  const { devices, isAll } = await readDevices(endless.fetch, "site");
  expect([devices.length, isAll]).toEqual([SITE_DEVICES_MAX, false]);
  expect(endless.asked[1]?.searchParams.get("cursor")).toBe("a b");
  const two = apiOf((url) => page(url.searchParams.has("cursor") ? null : "next"));
  expect(await readDevices(two.fetch, "site")).toMatchObject({ isAll: true, devices: { length: 1_000 } });
});

test("findings come the latest first, and devices are counted even where their findings are not shown", async () => {
  const event = (id: number, to: string | null) => ({
    id: String(id),
    deviceId: `d${id % 2}`,
    from: "2026-01-01T00:00:00Z",
    to,
  });
  const { fetch } = apiOf((url) =>
    url.searchParams.get("open") === "true"
      ? { items: Array.from({ length: 51 }, (_, id) => event(id, null)), nextCursor: null }
      : { items: [event(1, "2026-01-02T00:00:00Z"), event(2, "2026-01-03T00:00:00Z")], nextCursor: null },
  );
  const findings = await readEvents(fetch, "sites/s", Date.parse("2026-01-04T00:00:00Z"));
  expect(findings.open).toHaveLength(50);
  expect(findings.open[0]?.id).toBe("50");
  expect(findings.ended.map(({ id }) => id)).toEqual(["2", "1"]);
  expect(findings.isAll).toBe(false);
  expect(Object.fromEntries(findings.openCounts)).toEqual({ d0: 26, d1: 25 });
});
