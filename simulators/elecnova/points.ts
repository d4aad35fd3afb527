import { chance, smoothChance } from "../chance.ts";
import type { Cabinet, Component } from "./plant.ts";

/*
 * The form of a live message, which the vendor's document leaves open; this one is the simulator's:
 *
 *   {"sn": "ESS-001", "time": 1770141992000, "points": {"BMS1": {"soc": 55.2, "power": -12.41, …}, "PCS1": {…}}}
 *
 * `time` is epoch ms. A cabinet's topic holds all its components, a component's topic that one. Units:
 * soc, soh: % · voltage: V · current: A · power: kW · reactivePower: kvar · frequency: Hz · temperature: °C · humidity: % ·
 * chargeEnergy, dischargeEnergy: kWh since commissioning · dailyEnergy: kWh since local midnight · alarm, running: 0 or 1.
 * Signs: BMS1, BAT1, BAT2, PCS1 are positive when the battery discharges; METER1 is positive when the site draws from
 * the grid. Now and then EMS1 has a point that no document names (`reserved7`), and FIRE1 a text where a number should be.
 */

export type Points = Readonly<Record<string, number | string>>;

/** Shares of messages that hold what a decoder cannot know. */
const UNNAMED_POINT_SHARE = 0.05;
const TEXT_POINT_SHARE = 0.02;
const DC_VOLTAGE_V = { empty: 690, full: 820 } as const;
const AC_VOLTAGE_V = 400;
const PACKS = 2;
const SOH_PERCENT = 97.5;

/** The points of a component at a time (epoch ms): a pure function of seed, cabinet and time. */
export function pointsOf(seed: number, cabinet: Cabinet, component: Component, timeMs: number): Points {
  const name = `${cabinet.sn} ${component.locationCode}`;
  const noise = (what: string, periodMs: number): number =>
    smoothChance(seed, `${name} ${what}`, timeMs, periodMs) * 2 - 1;
  const battery = cabinet.battery.at(timeMs);
  const batteryKw = battery.powerW / 1_000;
  const pvKw = cabinet.pv.powerW(timeMs) / 1_000;
  const dcVoltageV = DC_VOLTAGE_V.empty + ((DC_VOLTAGE_V.full - DC_VOLTAGE_V.empty) * battery.socPercent) / 100;
  const frequencyHz = (cabinet.zone.name.startsWith("America/") ? 60 : 50) + 0.03 * noise("frequency", 20_000);
  const acVoltageV = AC_VOLTAGE_V + 4 * noise("voltage", 60_000);
  const temperatureC = 24 + 3 * noise("temperature", 5_400_000) + Math.abs(batteryKw) / 12;

  switch (component.code) {
    case "ess.ems": {
      const unnamed = chance(seed, name, "unnamed", timeMs) < UNNAMED_POINT_SHARE;
      return { running: 1, power: to2(batteryKw + pvKw), ...(unnamed ? { reserved7: 3 } : {}) };
    }
    case "ess.bms":
      return {
        soc: to2(battery.socPercent),
        soh: SOH_PERCENT,
        voltage: to2(dcVoltageV),
        current: to2(battery.powerW / dcVoltageV),
        power: to2(batteryKw),
        temperature: to2(temperatureC),
        chargeEnergy: to2(battery.chargedWh / 1_000),
        dischargeEnergy: to2(battery.dischargedWh / 1_000),
      };
    case "ess.battery":
      return {
        soc: to2(battery.socPercent),
        soh: SOH_PERCENT,
        voltage: to2(dcVoltageV),
        current: to2(battery.powerW / PACKS / dcVoltageV),
        power: to2(batteryKw / PACKS),
        temperature: to2(temperatureC + 0.5 * noise("pack", 3_600_000)),
      };
    case "ess.pcs":
      return {
        power: to2(batteryKw),
        reactivePower: to2(1.5 * noise("reactive", 120_000)),
        voltage: to2(acVoltageV),
        current: to2(lineCurrentA(batteryKw, acVoltageV)),
        frequency: to2(frequencyHz),
        temperature: to2(temperatureC + 8),
      };
    case "pv.inv": {
      const startMs = cabinet.zone.startOfDayMs(cabinet.zone.dayAt(timeMs));
      return {
        power: to2(pvKw),
        voltage: to2(acVoltageV),
        current: to2(lineCurrentA(pvKw, acVoltageV)),
        frequency: to2(frequencyHz),
        temperature: to2(20 + pvKw / 4 + 2 * noise("heat", 1_800_000)),
        dailyEnergy: to2(cabinet.pv.energyWh(startMs, timeMs, timeMs) / 1_000),
      };
    }
    case "ess.meter": {
      const siteKw = 25 + 10 * noise("load", 2_700_000) + 2 * noise("motors", 30_000);
      const gridKw = siteKw - pvKw - batteryKw;
      return {
        power: to2(gridKw),
        voltage: to2(acVoltageV),
        current: to2(lineCurrentA(gridKw, acVoltageV)),
        frequency: to2(frequencyHz),
      };
    }
    case "ess.fire": {
      const spoilt = chance(seed, name, "text", timeMs) < TEXT_POINT_SHARE;
      return { alarm: 0, temperature: spoilt ? "--" : to2(temperatureC - 1) };
    }
    case "ess.ac":
      return { running: temperatureC > 25 ? 1 : 0, temperature: to2(temperatureC - 3), power: to2(0.4) };
    default:
      return { running: 1, humidity: to2(45 + 8 * noise("humidity", 3_600_000)) };
  }
}

/** Three phases, cos φ of 1. */
function lineCurrentA(powerKw: number, voltageV: number): number {
  return (powerKw * 1_000) / (Math.sqrt(3) * voltageV);
}

function to2(value: number): number {
  return Math.round(value * 100) / 100;
}
