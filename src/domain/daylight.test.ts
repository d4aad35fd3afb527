import { describe, expect, test } from "vitest";
import { daylightMs, solarElevationDeg } from "./daylight.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe("the sun's height", () => {
  // Noon of the solstices and equinoxes: 90° less the latitude, plus the declination (23.44°, −23.44° and 0).
  test.each([
    [0, Date.UTC(2026, 2, 20, 12, 7), 90],
    [40, Date.UTC(2026, 5, 21, 12, 2), 73.44],
    [40, Date.UTC(2026, 11, 21, 11, 58), 26.56],
    [-35, Date.UTC(2026, 11, 21, 11, 58), 78.44],
    [70, Date.UTC(2026, 11, 21, 11, 58), -3.44],
  ])("at %d° north at its noon", (latitude, timeMs, wanted) => {
    expect(Math.abs(solarElevationDeg({ latitude, longitude: 0 }, timeMs) - wanted)).toBeLessThan(0.7);
  });

  test("is the same 15° further west an hour later", () => {
    for (let hour = 0; hour < 24; hour++) {
      const timeMs = Date.UTC(2026, 5, 21, hour);
      const here = solarElevationDeg({ latitude: 52, longitude: 13 }, timeMs);
      const there = solarElevationDeg({ latitude: 52, longitude: -2 }, timeMs + HOUR_MS);
      expect(Math.abs(here - there)).toBeLessThan(0.05);
    }
  });

  test("is what Berlin's sunrise of midsummer says: 04:43 local time", () => {
    const berlin = { latitude: 52.52, longitude: 13.405 };
    // Sunrise is when its upper edge, bent by the air, shows: 0.83° below.
    expect(Math.abs(solarElevationDeg(berlin, Date.UTC(2026, 5, 21, 2, 43)) + 0.83)).toBeLessThan(0.5);
  });
});

test("daylight of a day: some 12 hours at an equinox, 24 or none beyond the polar circle", () => {
  const day = (latitude: number, month: number): number => {
    const fromMs = Date.UTC(2026, month, 21);
    return daylightMs({ latitude, longitude: 0 }, fromMs, fromMs + DAY_MS, 0) / HOUR_MS;
  };
  expect(day(40, 2)).toBeGreaterThan(11.5);
  expect(day(40, 2)).toBeLessThan(12.5);
  expect([day(75, 5), day(75, 11)]).toEqual([24, 0]);
});

test("of a long span its first week is looked at, and of an empty one nothing", () => {
  const place = { latitude: 80, longitude: 0 };
  const fromMs = Date.UTC(2026, 5, 1);
  expect(daylightMs(place, fromMs, fromMs + 20 * DAY_MS, 0)).toBe(7 * DAY_MS);
  expect(daylightMs(place, fromMs, fromMs, 0)).toBe(0);
});
