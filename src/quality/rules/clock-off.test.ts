import { expect, test } from "vitest";
import { days, foundIn, HOUR_MS, INVERTER, MIDNIGHT_MS, MINUTE_MS, type Row } from "../rules.fixture.ts";
import { CLOCK } from "../thresholds.ts";
import { aheadOfArrival, producesInTheDark } from "./clock-off.ts";

/** Where the sun is highest at 12:00 UTC, give or take the equation of time. */
const AT_EQUATOR = { ...INVERTER, place: { latitude: 0, longitude: 0 } };
const shifted = (byMs: number): Row[] => days(2).map(([timeMs, value]) => [timeMs + byMs, value]);

test.each([1, -1, 3, -3, 12])("production %d hours off lies in the dark, once a night", (hours) => {
  const found = foundIn(producesInTheDark(AT_EQUATOR), shifted(hours * HOUR_MS));
  expect(found.length).toBeGreaterThanOrEqual(2);
  expect(found.every(({ rule, fromMs, toMs }) => rule === "clock_off" && fromMs < (toMs ?? 0))).toBe(true);
});

test.each([0, 0.2, -0.2])("production %d hours off does not show", (hours) => {
  expect(foundIn(producesInTheDark(AT_EQUATOR), shifted(hours * HOUR_MS))).toEqual([]);
});

test("it takes ten minutes and some power", () => {
  const dark = (minutes: number, power: number): Row[] =>
    Array.from({ length: minutes + 1 }, (_, minute) => [MIDNIGHT_MS + minute * MINUTE_MS, power]);
  const enough = CLOCK.darkPowerShareMin * 10_000;
  expect(foundIn(producesInTheDark(AT_EQUATOR), dark(10, enough))).toHaveLength(1);
  expect(foundIn(producesInTheDark(AT_EQUATOR), dark(9, enough))).toEqual([]);
  expect(foundIn(producesInTheDark(AT_EQUATOR), dark(10, enough - 1))).toEqual([]);
  expect(foundIn(producesInTheDark(AT_EQUATOR), [[MIDNIGHT_MS, 5_000]])).toEqual([]);
});

test("nothing is said where the place is not known, or the power is not the sun's", () => {
  expect(producesInTheDark(INVERTER)).toBeNull();
  expect(producesInTheDark({ ...AT_EQUATOR, isSolarPower: false })).toBeNull();
});

test("a reading that arrives before its time is found; a forecast may", () => {
  const latest = (aheadMs: number) => ({
    timeMs: MIDNIGHT_MS + aheadMs,
    receivedAtMs: MIDNIGHT_MS,
    value: 1,
    quality: 0,
  });
  expect(aheadOfArrival("active_power", latest(CLOCK.aheadMsMin))).toMatchObject({
    rule: "clock_off",
    toMs: null,
    evidence: { aheadS: 120 },
  });
  expect(aheadOfArrival("active_power", latest(CLOCK.aheadMsMin - 1))).toBeNull();
  expect(aheadOfArrival("power_forecast", latest(HOUR_MS))).toBeNull();
});
