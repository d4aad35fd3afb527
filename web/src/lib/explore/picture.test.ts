import { expect, test } from "vitest";
import type { Series } from "../api/types.gen.ts";
import { loadFirstMs, loadPicture } from "./load-picture.ts";
import { panelsOf } from "./panels.ts";
import { columnsFor } from "./picture.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A reading each five minutes whose value is its time in hours; the API's answer as far as a picture needs it. */
function answer(path: string): Series {
  const query = new URL(path, "http://localhost").searchParams;
  const [fromMs, toMs] = [Date.parse(query.get("from") ?? ""), Date.parse(query.get("to") ?? "")];
  const stepMs = 300_000;
  const points: [number, number][] = [];
  for (let timeMs = Math.ceil(fromMs / stepMs) * stepMs; timeMs < toMs; timeMs += stepMs)
    points.push([timeMs, timeMs / HOUR_MS]);
  return {
    from: "",
    to: "",
    step: "m4",
    timezone: "UTC",
    series: (query.get("metricIds") ?? "")
      .split(",")
      .map((metricId) => ({ metricId, unit: "W", points, coverage: null })),
    nextCursor: null,
    plan: { rollup: null, rollupShare: 0 },
    gapRule: { maxGapS: 3_600, between: "linear" },
  };
}

const asked: string[] = [];
const ask = async <T>(path: string): Promise<T> => {
  asked.push(path);
  return answer(path) as T;
};
const metric = (id: string, unit = "W") => ({ id, unit, kind: "gauge" as const });
const REQUEST = { metrics: [metric("a")], aggregate: "m4" as const, compares: false, timezone: "UTC", widthPx: 1_000 };

test("a range between two readings has the line that goes through it", async () => {
  const fromMs = 100 * DAY_MS + 60_000;
  const { lines } = await loadPicture(ask, { ...REQUEST, range: { fromMs, toMs: fromMs + 1_000 } });
  const times = lines[0]?.points.map(([timeMs]) => timeMs) ?? [];
  expect(times).toContain(100 * DAY_MS);
  expect(times).toContain(100 * DAY_MS + 300_000);
  expect(lines[0]?.joinedMs).toBeGreaterThanOrEqual(300_000);
  // No reading twice, though the range and the time around it were both asked for.
  expect(new Set(times).size).toBe(times.length);
});

test("the week before is drawn in this week's place", async () => {
  const range = { fromMs: 100 * DAY_MS, toMs: 101 * DAY_MS };
  const { lines, before } = await loadPicture(ask, { ...REQUEST, range, compares: true });
  const [now, then] = [lines[0]?.points[0], before?.[0]?.points[0]];
  expect(then?.[0]).toBe(now?.[0]);
  expect(then?.[1]).toBe((now?.[1] ?? 0) - 7 * 24);
});

test("asks for no more detail than is drawn, and for less of each the more there are", async () => {
  expect(columnsFor(1, 860)).toBe(860);
  expect(columnsFor(40, 860)).toBe(150);
  expect(columnsFor(1, 1)).toBe(20);
  asked.length = 0;
  await loadPicture(ask, { ...REQUEST, range: { fromMs: 0, toMs: DAY_MS } });
  expect(asked).toEqual([expect.stringContaining("maxPoints=4000")]);
  expect((await loadPicture(ask, { ...REQUEST, metrics: [], range: { fromMs: 0, toMs: DAY_MS } })).lines).toEqual([]);
});

test("the first reading is the oldest of all metrics", async () => {
  expect(await loadFirstMs(ask, ["a", "b"], DAY_MS)).toBe(0);
  expect(await loadFirstMs(ask, [], DAY_MS)).toBeNull();
});

test("each two units have a chart, and the same lines the same key", async () => {
  const metrics = [metric("a"), metric("b", "V"), metric("c", "Hz"), metric("d")];
  const range = { fromMs: 0, toMs: DAY_MS };
  const picture = await loadPicture(ask, { ...REQUEST, metrics, range });
  const panels = panelsOf(metrics, picture);
  expect(panels.map(({ units }) => units)).toEqual([["W", "V"], ["Hz"]]);
  expect(panels[0]?.lines.map(({ color }) => color)).toEqual([0, 3, 1]);
  const again = panelsOf(metrics, { ...picture, lines: [] });
  expect(again.map(({ key }) => key)).toEqual(panels.map(({ key }) => key));
  const compared = panelsOf(metrics, { ...picture, before: [] });
  expect(compared[0]?.key).not.toBe(panels[0]?.key);
  expect(compared[0]?.lines.filter(({ isDashed }) => isDashed)).toHaveLength(3);
});
