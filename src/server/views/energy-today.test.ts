import { describe, expect, test } from "vitest";
import { SeriesDirectory } from "../../catalogue/directory.ts";
import type { DeviceKind } from "../../domain/device.ts";
import { StorageUnavailable } from "../../domain/errors.ts";
import { QUALITY, type ReadingColumns, ReadingColumnsBuilder } from "../../domain/reading.ts";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { stepsInMemory } from "../../telemetry/queries/in-memory.ts";
import type { StepsQuery } from "../../telemetry/store.ts";
import { ENERGY_KEPT_MS, EnergyToday } from "./energy-today.ts";

const HOUR_MS = 3_600_000;
/** 10:00 in Madrid in summer. */
const NOW_MS = Date.UTC(2026, 5, 21, 8);
const MIDNIGHT_MS = Date.UTC(2026, 5, 20, 22);

/** A site in Madrid; every device gives 1 kW each quarter of an hour, from the day before on. */
function scene(kinds: readonly DeviceKind[], units: readonly string[] = []) {
  const directory = new SeriesDirectory();
  directory.addSite({ id: "site", name: "Sevilla", timezone: "Europe/Madrid" });
  const devices = kinds.map((kind, index) => {
    const id = `device-${index}`;
    const series = index + 1;
    directory.addDevice({ id, siteId: "site", name: id, serialNumber: null, connectionId: null, pushedAs: null });
    const power = { name: "active_power", unit: units[index] ?? "W", kind: "gauge" } as const;
    directory.add({ id: `m${series}`, deviceId: id, series, ...power }, "site");
    return { id, kind };
  });
  const clock = new VirtualClock(NOW_MS);
  const asked: StepsQuery[] = [];
  const state = { isDown: false };
  const store = {
    readSteps: async (query: StepsQuery) => {
      asked.push(query);
      if (state.isDown) throw new StorageUnavailable("told to be down", 1);
      return stepsInMemory(readingsOf(query.series), query);
    },
  };
  return { devices, clock, asked, state, energy: new EnergyToday(directory, store, clock) };
}

function readingsOf(series: readonly number[]): ReadingColumns {
  const builder = new ReadingColumnsBuilder();
  for (const each of series) {
    for (let timeMs = MIDNIGHT_MS - 5 * HOUR_MS; timeMs <= NOW_MS; timeMs += HOUR_MS / 4) {
      builder.push(each, timeMs, 1_000, QUALITY.good);
    }
  }
  return builder.finish();
}

describe("energy of today", () => {
  test("is the integral of generation since the site's midnight, and is there a moment after it was asked for", async () => {
    const { devices, energy } = scene(["inverter", "battery", "pv_array", "meter"]);
    expect(energy.of("site", devices)).toBeNull();
    await energy.settled();
    expect(energy.of("site", devices)).toEqual({ energyWh: 2 * 10 * 1_000, coverage: 1 });
  });

  test("of several sites is known of all of them, or not yet", async () => {
    const { devices, energy } = scene(["inverter"]);
    energy.of("site", devices);
    expect(energy.knowsAll(["site"])).toBe(false);
    await energy.settled();
    energy.of("without generation", []);
    expect([energy.knowsAll(["site"]), energy.knowsAll(["site", "without generation"])]).toEqual([true, false]);
    await energy.settled();
    expect(energy.knowsAll(["site", "without generation"])).toBe(true);
  });

  test("is added up once a minute, however often it is asked for", async () => {
    const { devices, energy, clock, asked } = scene(["inverter"]);
    for (let time = 0; time < 3; time++) energy.of("site", devices);
    await energy.settled();
    energy.of("site", devices);
    expect(asked).toHaveLength(1);
    await clock.advance(ENERGY_KEPT_MS);
    energy.of("site", devices);
    await energy.settled();
    expect(asked).toHaveLength(2);
    // A minute further on, of which no reading has come yet.
    expect(energy.of("site", devices)?.coverage).toBeCloseTo(600 / 601, 6);
  });

  test("stays as it was while storage does not answer", async () => {
    const { devices, energy, clock, state } = scene(["inverter"]);
    energy.of("site", devices);
    await energy.settled();
    state.isDown = true;
    await clock.advance(ENERGY_KEPT_MS);
    energy.of("site", devices);
    await energy.settled();
    expect(energy.of("site", devices)?.energyWh).toBe(10_000);
  });

  test("takes each device's power in its own unit, and none in a unit that is no power", async () => {
    const { devices, energy } = scene(["inverter", "inverter", "inverter"], ["W", "kW", "%"]);
    energy.of("site", devices);
    await energy.settled();
    expect(energy.of("site", devices)).toEqual({ energyWh: (1 + 1_000) * 10_000, coverage: 1 });
  });

  test("of a site without generation is not known", async () => {
    const { devices, energy, asked } = scene(["battery"]);
    energy.of("site", devices);
    await energy.settled();
    expect(energy.of("site", devices)).toBeNull();
    expect(asked).toEqual([]);
  });
});
