import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clearSkyIrradianceWPerM2, sineOfSolarElevation, solarTimeH } from "../sun.ts";
import { createFleet, type Inverter, PLANTS, REPORT_INTERVAL_MS } from "./fleet.ts";

const fleet = createFleet(1);
const inverters = [...fleet.values()];
const HOUR_MS = 3_600_000;
const anyInverter = fc.constantFrom(...inverters);
const anyTime = fc.integer({ min: Date.UTC(2000), max: Date.UTC(2100) });

function inverter(serial: string): Inverter {
  const found = fleet.get(serial);
  if (!found) throw new Error(`no ${serial}`);
  return found;
}

describe("the sun", () => {
  // NOAA's solar calculator, refraction left out.
  test.each([
    ["Sevilla at the summer solstice, solar noon", 37.4, -6.0, "2026-06-21T12:26:00Z", 76.0],
    ["Calama at the December solstice, solar noon", -22.5, -68.9, "2026-12-21T16:34:00Z", 89.0],
    ["the equator at the March equinox, noon in Greenwich", 0, 0, "2026-03-20T12:07:00Z", 90.0],
  ])("%s", (_name, latitude, longitude, time, elevation) => {
    const degrees = (Math.asin(sineOfSolarElevation({ latitude, longitude }, Date.parse(time))) * 180) / Math.PI;
    expect(Math.abs(degrees - elevation)).toBeLessThan(1);
  });

  test("no light comes from below the horizon, and never more than about 1,040 W/m²", () => {
    expect(clearSkyIrradianceWPerM2(-0.01)).toBe(0);
    expect(clearSkyIrradianceWPerM2(0)).toBe(0);
    expect(clearSkyIrradianceWPerM2(1)).toBeCloseTo(1035, 0);
  });

  test("somewhere it is always day", () => {
    fc.assert(
      fc.property(anyTime, (timeMs) => PLANTS.some((plant) => sineOfSolarElevation(plant, timeMs) > 0)),
      { numRuns: 2_000 },
    );
  });
});

describe("the fleet", () => {
  test("is SN-000 to SN-499, a hundred in each of five plants", () => {
    expect([...fleet.keys()]).toEqual(Array.from({ length: 500 }, (_, i) => `SN-${String(i).padStart(3, "0")}`));
    expect(PLANTS.map((plant) => plant.serials.length)).toEqual([100, 100, 100, 100, 100]);
    expect(inverter("SN-123").plant.name).toBe("Bakersfield");
  });

  test("feeds from zero to its rating, at any time", () => {
    fc.assert(
      fc.property(anyInverter, anyTime, (device, timeMs) => {
        const { powerW } = device.at(timeMs);
        expect(powerW).toBeGreaterThanOrEqual(0);
        expect(powerW).toBeLessThanOrEqual(device.ratedPowerW);
        expect(device.ratedPowerW).toBeGreaterThanOrEqual(3_000);
        expect(device.ratedPowerW).toBeLessThanOrEqual(12_000);
      }),
      { numRuns: 2_000 },
    );
  });

  test("feeds nothing by night, and an online inverter says so as 0.00 kW", () => {
    fc.assert(
      fc.property(anyInverter, anyTime, (device, timeMs) => {
        const state = device.at(timeMs);
        fc.pre(sineOfSolarElevation(device.plant, state.reportedAtMs) <= 0);
        expect(state.powerW).toBe(0);
        expect(state.powerText).toBe("0.00 kW");
      }),
    );
  });

  test("writes what it feeds: the text and the number agree", () => {
    fc.assert(
      fc.property(anyInverter, anyTime, (device, timeMs) => {
        const { powerText, powerW } = device.at(timeMs);
        const [, number, unit] = /^(\d+\.\d\d|\d+) (kW|W)$/.exec(powerText) ?? [];
        expect(Math.abs(Number(number) * (unit === "kW" ? 1_000 : 1) - powerW)).toBeLessThanOrEqual(
          unit === "kW" ? 5 : 0.5,
        );
      }),
      { numRuns: 1_000 },
    );
    const noon = Date.UTC(2026, 5, 21, 12, 30);
    expect(inverters.some((device) => device.at(noon).powerText.endsWith(" W"))).toBe(true);
  });

  test("an online inverter reported within the last 5 s, and has fed that power since", () => {
    fc.assert(
      fc.property(anyInverter, anyTime, (device, timeMs) => {
        const state = device.at(timeMs);
        fc.pre(state.online);
        const ageMs = timeMs - state.reportedAtMs;
        expect(ageMs).toBeGreaterThanOrEqual(0);
        expect(ageMs).toBeLessThan(REPORT_INTERVAL_MS);
        expect(device.at(state.reportedAtMs).powerW).toBe(state.powerW);
      }),
      { numRuns: 1_000 },
    );
  });

  test("about 2 % are offline at any time, and a spell freezes what was last reported", () => {
    const hours = Array.from({ length: 24 * 20 }, (_, i) => Date.UTC(2026, 2, 1) + i * HOUR_MS);
    const offline = hours.flatMap((timeMs) =>
      inverters.filter((device) => !device.at(timeMs).online).map((device) => ({ device, timeMs })),
    );
    const share = offline.length / (hours.length * inverters.length);
    expect(share).toBeGreaterThan(0.015);
    expect(share).toBeLessThan(0.025);
    for (const { device, timeMs } of offline.slice(0, 300)) {
      const now = device.at(timeMs);
      const minuteAgo = device.at(timeMs - 60_000);
      expect(minuteAgo.online || minuteAgo.reportedAtMs === now.reportedAtMs).toBe(true);
      expect(device.at(now.reportedAtMs)).toEqual({ ...now, online: true });
    }
  });

  test("the same seed is the same fleet; another seed is another", () => {
    const again = createFleet(1);
    const other = createFleet(2);
    const noon = Date.UTC(2026, 5, 21, 12, 30);
    const words = (some: typeof fleet): string => [...some.values()].map((device) => device.at(noon).powerText).join();
    expect(words(again)).toBe(words(fleet));
    expect(words(other)).not.toBe(words(fleet));
  });

  test.each(PLANTS.map((plant) => [plant.name, plant] as const))(
    "over a month, %s feeds most near solar noon",
    (_name, plant) => {
      const byHour = new Map<number, number>();
      for (let timeMs = Date.UTC(2026, 2, 1); timeMs < Date.UTC(2026, 2, 31); timeMs += 10 * 60_000) {
        const hour = Math.round(solarTimeH(plant, timeMs)) % 24;
        byHour.set(hour, (byHour.get(hour) ?? 0) + (fleet.get(plant.serials[0] ?? "")?.at(timeMs).powerW ?? 0));
      }
      const peakHour = [...byHour].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
      expect(Math.abs(peakHour - 12)).toBeLessThanOrEqual(2);
      expect(byHour.get(0)).toBe(0);
    },
  );

  test("moves: between two sweeps, most inverters in daylight show another value", () => {
    const noon = Date.UTC(2026, 5, 21, 12, 26);
    let moved = 0;
    let compared = 0;
    for (let timeMs = noon; timeMs < noon + 20 * HOUR_MS; timeMs += HOUR_MS) {
      for (const device of inverters) {
        if (sineOfSolarElevation(device.plant, timeMs) < 0.3) continue;
        compared++;
        if (device.at(timeMs).powerText !== device.at(timeMs + 50_000).powerText) moved++;
      }
    }
    expect(compared).toBeGreaterThan(1_000);
    expect(moved / compared).toBeGreaterThan(0.7);
  });
});
