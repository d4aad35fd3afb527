import { expect, test } from "vitest";
import { DAY_MS, days, foundIn, INVERTER, MIDNIGHT_MS, type Row } from "../rules.fixture.ts";
import { UNIT_FACTOR } from "../thresholds.ts";
import { unitFactor } from "./unit-factor.ts";

const times = (rows: readonly Row[], factor: number, fromMs = 0): Row[] =>
  rows.map(([timeMs, value]) => [timeMs, timeMs >= fromMs ? value * factor : value]);
const UNRATED = { ...INVERTER, ratedPower: null };

test("watts under kilowatts are found once, over nights, until it is put right", () => {
  const rows = times(days(4), 1_000);
  const found = foundIn(unitFactor(INVERTER), [...rows.slice(0, 3 * 96), ...days(4).slice(3 * 96)]);
  expect(found).toMatchObject([{ rule: "unit_factor", evidence: { looks: "too_large", ratedPower: 10_000 } }]);
  expect(found[0]?.fromMs).toBeGreaterThan(MIDNIGHT_MS + DAY_MS / 4);
  expect(found[0]?.toMs).toBeLessThan(MIDNIGHT_MS + 3 * DAY_MS);
  expect(foundIn(unitFactor(INVERTER), rows)).toMatchObject([{ toMs: null }]);
});

test("the edge is a multiple of the rated power", () => {
  const edge = UNIT_FACTOR.overRated * 10_000;
  expect(foundIn(unitFactor(INVERTER), [[MIDNIGHT_MS, edge]])).toEqual([]);
  expect(foundIn(unitFactor(INVERTER), [[MIDNIGHT_MS, -edge - 1]])).toHaveLength(1);
});

test("kilowatts under watts are found on each day that has the shape of one", () => {
  const found = foundIn(unitFactor(INVERTER), times(days(3), 1 / 1_000));
  expect(found.map(({ fromMs }) => fromMs)).toEqual([0, 1, 2].map((day) => MIDNIGHT_MS + day * DAY_MS));
  expect(found[0]?.evidence).toMatchObject({ looks: "too_small", ratedPower: 10_000 });
});

test("an inverter that rests all day and draws some watts is no such day", () => {
  const noise = days(3).map(([timeMs], index): Row => [timeMs, -3 + (index % 7)]);
  expect(foundIn(unitFactor(INVERTER), noise)).toEqual([]);
  expect(foundIn(unitFactor(INVERTER), times(days(3), 1 / 30))).toEqual([]);
});

test.each([
  [1_000, "too_large"],
  [1 / 1_000, "too_small"],
])("where no rated power is known, the days before tell it: times %d", (factor, looks) => {
  const brokenMs = MIDNIGHT_MS + UNIT_FACTOR.daysMin * DAY_MS;
  const rows = times(days(UNIT_FACTOR.daysMin + 2), factor, brokenMs);
  const found = foundIn(unitFactor(UNRATED), rows);
  expect(found.map(({ fromMs }) => fromMs)).toEqual([brokenMs, brokenMs + DAY_MS]);
  expect(found[0]?.evidence).toMatchObject({ looks });
  const withOneDayLess = foundIn(unitFactor(UNRATED), rows.slice(96));
  expect(withOneDayLess.map(({ fromMs }) => fromMs)).toEqual([brokenMs + DAY_MS]);
});

test("weather is no unit", () => {
  expect(foundIn(unitFactor(UNRATED), times(days(8), 1 / 50, MIDNIGHT_MS + 5 * DAY_MS))).toEqual([]);
});
