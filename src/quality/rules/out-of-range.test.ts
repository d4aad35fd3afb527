import { expect, test } from "vitest";
import { every, foundIn, INVERTER, MIDNIGHT_MS, MINUTE_MS } from "../rules.fixture.ts";
import type { SeriesFacts } from "../series-facts.ts";
import { RANGE, UNIT_FACTOR } from "../thresholds.ts";
import { outOfRange } from "./out-of-range.ts";

const found = (facts: SeriesFacts, ...values: number[]) => foundIn(outOfRange(facts), every(MINUTE_MS, values));
const gauge = (name: string, unit: string): SeriesFacts => ({
  ...INVERTER,
  name,
  unit,
  isMeasuredPower: false,
  isSolarPower: false,
  ratedPower: null,
});

test("power by its rated power, to the edge; drawing a little at night is right", () => {
  const max = RANGE.powerShareMax * 10_000;
  const min = RANGE.nightShareMin * 10_000;
  expect(found(INVERTER, min, 0, max)).toEqual([]);
  expect(found(INVERTER, 0, max + 0.1, max + 5, 0)).toEqual([
    {
      rule: "out_of_range",
      fromMs: MIDNIGHT_MS + MINUTE_MS,
      toMs: MIDNIGHT_MS + 3 * MINUTE_MS,
      evidence: { least: max + 0.1, greatest: max + 5, readings: 2, allowedMin: min, allowedMax: max },
    },
  ]);
  expect(found(INVERTER, min - 0.1)).toMatchObject([{ toMs: null }]);
});

test("what has a battery may draw as much as it gives", () => {
  expect(found({ ...INVERTER, isSolarPower: false }, -12_000, 12_000)).toEqual([]);
});

test("many times the rated power is another unit, and another rule's", () => {
  expect(found(INVERTER, UNIT_FACTOR.overRated * 10_000)).toHaveLength(1);
  expect(found(INVERTER, UNIT_FACTOR.overRated * 10_000 + 1)).toEqual([]);
});

test.each([
  ["state_of_charge", "%", [0, 100, 101], [101.1, -1.1]],
  ["state_of_health", "%", [0, 100, 110], [110.1, -0.1]],
  ["relative_humidity", "%", [0, 100], [120]],
  ["frequency", "Hz", [0, 45, 50, 60, 65], [44.9, 65.1, 500]],
  ["temperature", "Cel", [-60, 20, 150], [-60.1, 151]],
  ["irradiance", "W/m2", [-20, 0, 1_800], [-21, 1_801]],
  ["wind_speed", "m/s", [0, 90], [-0.1, 91]],
])("%s in %s", (name, unit, right, wrong) => {
  expect(found(gauge(name, unit), ...right)).toEqual([]);
  for (const value of wrong) expect(found(gauge(name, unit), value)).toHaveLength(1);
});

test("a counter counts up from 0", () => {
  expect(found({ ...gauge("energy_total", "W.h"), kind: "counter" }, 0, 1e12)).toEqual([]);
  expect(found({ ...gauge("energy_total", "W.h"), kind: "counter" }, -1)).toHaveLength(1);
});

test("of what nobody knows the range there is no rule", () => {
  expect(outOfRange(gauge("power_factor", "1"))).toBeNull();
  expect(outOfRange({ ...INVERTER, ratedPower: null })).toBeNull();
});
