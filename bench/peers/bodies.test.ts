import { describe, expect, test } from "vitest";
import { BodyMaker, type Form } from "./bodies.ts";
import { DataSet, dataSetPlan, deviceName, siteName } from "./data-set.ts";

const set = new DataSet({ ...dataSetPlan("B", 1), seriesCount: 700, ticks: 10 });
const ids = Array.from({ length: 700 }, (_, series) => `id-${series}`);

/** What a form's text says, as `device or id, ms, value`. */
const READERS: Readonly<Record<Form, (text: string) => [string, number, number][]>> = {
  line: (text) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => {
        const [, site, device, value, time] =
          /^active_power,site=(s\d+),device=(d\d+) value=(\d+\.\d\d) (\d+)$/.exec(line) ?? [];
        expect(siteName(Number(device?.slice(1)) - 1)).toBe(site);
        return [device ?? line, Number(time), Number(value)];
      }),
  plaintext: (text) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => {
        const [, time, device, value] = /^(\d+) s\d+\.(d\d+)\.active_power (\d+\.\d\d)$/.exec(line) ?? [];
        return [device ?? line, Number(time) * 1_000, Number(value)];
      }),
  json: (text) =>
    (JSON.parse(text) as { readings: { metricId: string; time: string; value: number }[] }).readings.map(
      ({ metricId, time, value }) => [metricId, Date.parse(time), value],
    ),
};

describe.each(["line", "plaintext", "json"] as const)("bodies in the form %s", (form) => {
  const maker = new BodyMaker(set, form, 1_000, ids);
  const read = (n: number) => READERS[form](Buffer.from(maker.body(n).bytes).toString());

  test("hold every reading of the set once, tick by tick", () => {
    const all = Array.from({ length: 7 }, (_, n) => read(n)).flat();
    const wanted = Array.from({ length: set.readings }, (_, row) => {
      const [series, tick] = [row % 700, Math.floor(row / 700)];
      const timeMs = set.timeMs(series, tick);
      return [
        form === "json" ? `id-${series}` : deviceName(series),
        form === "plaintext" ? Math.floor(timeMs / 1_000) * 1_000 : timeMs,
        set.hundredths(series, tick) / 100,
      ];
    });
    expect(all).toEqual(wanted);
  });

  test("are as long as they say, the last of a set too", () => {
    const uneven = new BodyMaker(set, form, 3_000, ids);
    expect(uneven.bodies(0, Number.MAX_SAFE_INTEGER).map(({ lines }) => lines)).toEqual([3_000, 3_000, 1_000]);
    expect(READERS[form](Buffer.from(uneven.body(2).bytes).toString())).toHaveLength(1_000);
  });
});

test("noise has the deviation that is promised, and jitter stays within its bound", () => {
  const quiet = new DataSet({ ...dataSetPlan("B", 1), seriesCount: 4 });
  const bends = Array.from({ length: 10_000 }, (_, tick) => {
    const [before, here, after] = [tick, tick + 1, tick + 2].map((at) => quiet.hundredths(2, at)) as [
      number,
      number,
      number,
    ];
    return before - 2 * here + after;
  });
  // The sine does not bend within three readings; the noise of three of them adds up as 1 + 4 + 1.
  const deviation = Math.sqrt(bends.reduce((sum, bend) => sum + bend * bend, 0) / bends.length / 6);
  expect(deviation).toBeGreaterThan(4.8);
  expect(deviation).toBeLessThan(5.2);
  const lates = Array.from({ length: 10_000 }, (_, tick) => (quiet.timeMs(1, tick) - quiet.plan.startMs) % 10_000);
  expect([Math.min(...lates), Math.max(...lates)]).toEqual([0, 200]);
});
