import { expect, test } from "vitest";
import { energyRows, groupsIn, sinceFirstKnown } from "./energy.ts";
import { POWER_GROUPS, type PowerMetric } from "./power-groups.ts";

const metric = (metricId: string, group: PowerMetric["group"], unitW = 1): PowerMetric => {
  return { metricId, group, unitW, deviceId: metricId };
};

test("integrals are summed by kind and period, in W.h, and coverage is that of all devices", () => {
  const metrics = [metric("roof", "pv"), metric("barn", "pv", 1_000), metric("cells", "battery")];
  const rows = energyRows([100, 200, 300], metrics, [
    {
      metricId: "roof",
      unit: "W.h",
      coverage: 1,
      points: [
        [100, 5],
        [200, 7],
      ],
      pointCoverage: [1, 0.5],
    },
    { metricId: "barn", unit: "kW.h", coverage: 1, points: [[200, 2]], pointCoverage: [1] },
    { metricId: "cells", unit: "W.h", coverage: 1, points: [[200, -30]], pointCoverage: [0.6] },
    { metricId: "foreign", unit: "W.h", coverage: 1, points: [[200, 1e9]], pointCoverage: [1] },
  ]);
  expect(rows).toEqual([
    { startMs: 100, energyWh: { pv: 5 }, coverage: 1 / 3 },
    { startMs: 200, energyWh: { pv: 2_007, battery: -30 }, coverage: expect.closeTo(0.7) },
    { startMs: 300, energyWh: {}, coverage: 0 },
  ]);
  expect(groupsIn(rows, POWER_GROUPS)).toEqual(["pv", "battery"]);
});

test("empty periods before the first that is known are left out, down to the least", () => {
  const row = (startMs: number, pv?: number) => ({ startMs, energyWh: pv === undefined ? {} : { pv }, coverage: 0 });
  const rows = [row(1), row(2), row(3, 0), row(4), row(5, 7)];
  const startsOf = (least: number): number[] => sinceFirstKnown(rows, least).map(({ startMs }) => startMs);
  expect([startsOf(1), startsOf(4), startsOf(9)]).toEqual([
    [3, 4, 5],
    [2, 3, 4, 5],
    [1, 2, 3, 4, 5],
  ]);
  expect(sinceFirstKnown([row(1), row(2)], 1)).toEqual([row(2)]);
});

test("what begins before the first period is in none, and no metric covers nothing", () => {
  const point = [{ metricId: "roof", unit: "W.h", coverage: 1, points: [[50, 5]] as [number, number][] }];
  expect(energyRows([100], [metric("roof", "pv")], point)).toEqual([{ startMs: 100, energyWh: {}, coverage: 0 }]);
  expect(energyRows([100], [], [])).toEqual([{ startMs: 100, energyWh: {}, coverage: 0 }]);
});
