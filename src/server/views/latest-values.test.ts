import { describe, expect, test } from "vitest";
import { SeriesDirectory } from "../../catalogue/directory.ts";
import type { LatestReading } from "../../domain/reading.ts";
import { LatestValues } from "./latest-values.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 12);

function fleet(values: readonly number[]): { directory: SeriesDirectory; latest: Map<number, LatestReading> } {
  const directory = new SeriesDirectory();
  const latest = new Map<number, LatestReading>();
  for (const [index, value] of values.entries()) {
    const series = index + 1;
    const metric = {
      id: `m${series}`,
      deviceId: `d${series}`,
      name: `po"wer`,
      unit: "W",
      kind: "gauge",
      series,
    } as const;
    directory.add(metric, `site-${series % 2}`);
    latest.set(series, { timeMs: NOW_MS + series, value, quality: series % 3, receivedAtMs: NOW_MS });
  }
  return { directory, latest };
}

describe("the latest values of all metrics", () => {
  const numbers = [1.5, -0, 5e-324, Number.MAX_VALUE, 1e21];
  const { directory, latest } = fleet(numbers);
  const values = new LatestValues(directory, { latest: (series) => latest.get(series) });
  const items = (siteIds: ReadonlySet<string> | null) =>
    (JSON.parse(values.json(siteIds).toString()) as { items: Record<string, unknown>[] }).items;

  test("stand in one answer, to the bit", () => {
    expect(items(null).map(({ value }) => value)).toStrictEqual(numbers);
    expect(items(null)[0]).toStrictEqual({
      metricId: "m1",
      deviceId: "d1",
      name: 'po"wer',
      unit: "W",
      value: 1.5,
      time: "2026-11-21T12:00:00.001Z",
      receivedAt: "2026-11-21T12:00:00.000Z",
      quality: "uncertain",
    });
  });

  test("follow each change of a reading or of its metric", () => {
    const change = (of: Partial<LatestReading>): void => {
      latest.set(1, { timeMs: NOW_MS + 1, value: 1.5, quality: 1, receivedAtMs: NOW_MS, ...of });
    };
    const first = (): unknown[] => Object.values(items(null)[0] ?? {}).slice(4);
    for (const of of [{ value: 0 }, { value: -0 }, { timeMs: NOW_MS }, { receivedAtMs: NOW_MS + 5 }, { quality: 0 }]) {
      const before = first();
      change(of);
      expect(first(), JSON.stringify(of)).not.toStrictEqual(before);
    }
    change({});
    directory.add({ id: "m1", deviceId: "d1", name: "renamed", unit: "W", kind: "gauge", series: 1 }, "site-1");
    expect(items(null).find(({ metricId }) => metricId === "m1")?.["name"]).toBe("renamed");
    directory.add({ id: "m1", deviceId: "d1", name: 'po"wer', unit: "W", kind: "gauge", series: 1 }, "site-1");
  });

  test("can be those of some sites; metrics without a reading are absent", () => {
    expect(items(new Set(["site-0"])).map(({ metricId }) => metricId)).toStrictEqual(["m2", "m4"]);
    expect(items(new Set())).toStrictEqual([]);
    latest.delete(2);
    expect(items(new Set(["site-0"])).map(({ metricId }) => metricId)).toStrictEqual(["m4"]);
  });
});
