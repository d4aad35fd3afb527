import { expect, test } from "vitest";
import { POWER_OF_A_DEVICE_W_MAX, POWER_OF_A_DEVICE_W_MIN, unitDoubt } from "./unit-doubts.ts";

test.each([
  ["active_power", "W", 4_200, null],
  ["active_power", "W", 0, null],
  ["active_power", "W", -4_200, null],
  ["active_power", "W", POWER_OF_A_DEVICE_W_MAX, null],
  ["active_power", "W", POWER_OF_A_DEVICE_W_MAX + 1, "thousandTimesTooMuch"],
  ["active_power", "kW", POWER_OF_A_DEVICE_W_MAX / 1_000 + 1, "thousandTimesTooMuch"],
  ["active_power", "W", POWER_OF_A_DEVICE_W_MIN, null],
  ["active_power", "W", 4.2, "thousandTimesTooLittle"],
  ["active_power", "W", -4.2, "thousandTimesTooLittle"],
  ["active_power", "kW", 4.2, null],
  ["active_power", "W.h", 4_200, "powerAsEnergy"],
  ["reactive_power", "V.A{reactive}", 1.5, null],
  ["power_factor", "1", 0.98, null],
  ["energy_total", "W.h", 1e9, null],
  ["energy_total", "W", 4_200, "energyAsPower"],
  ["energy_total", "kW", 4_200, "energyAsPower"],
  ["state_of_charge", "%", 100, null],
  ["state_of_charge", "%", 101, "shareOutOfRange"],
  ["temperature", "Cel", -12, null],
])("%s in %s of %d: %s", (name, unit, value, doubt) => expect(unitDoubt({ name, unit, value })).toBe(doubt));
