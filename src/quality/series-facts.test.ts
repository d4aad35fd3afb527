import { describe, expect, test } from "vitest";
import type { JudgedDevice, JudgedMetric } from "../domain/quality.ts";
import { factsOf, isForeseen, isRegular } from "./series-facts.ts";

const metric = (name: string, unit = "W", kind: JudgedMetric["kind"] = "gauge"): JudgedMetric => ({
  id: name,
  series: 1,
  name,
  unit,
  kind,
});
function facts(kind: JudgedDevice["kind"], own: JudgedMetric, ...others: JudgedMetric[]) {
  const device = { id: "d", kind, ratedPowerW: 5_000, pollIntervalMs: null, metrics: [own, ...others] };
  return factsOf({ place: null }, device, own);
}

test("a rated power is said in the metric's own unit", () => {
  expect(facts("inverter", metric("active_power", "kW")).ratedPower).toBe(5);
  expect(facts("inverter", metric("voltage", "V")).ratedPower).toBeNull();
});

describe("power that is measured", () => {
  test.each(["active_power", "inv2_ac_power_w", "terminal_power", "phase_1_power"])("%s", (name) =>
    expect(facts("inverter", metric(name))).toMatchObject({ isMeasuredPower: true, isSolarPower: true }),
  );

  test.each(["power_limit", "rated_power", "power_max", "active_power_setpoint", "pv_power_forecast"])(
    "is not %s",
    (name) => expect(facts("inverter", metric(name)).isMeasuredPower).toBe(false),
  );

  test("is the sun's where nothing else gives it, and nobody's to hold but a battery's", () => {
    const charge = metric("state_of_charge", "%");
    expect(facts("inverter", metric("active_power"), charge)).toMatchObject({
      isSolarPower: false,
      sleepsAtNight: false,
    });
    expect(facts("inverter", metric("pv_active_power"), charge).isSolarPower).toBe(true);
    expect(facts("meter", metric("active_power"))).toMatchObject({ isSolarPower: false, movesByNature: true });
    expect(facts("battery", metric("active_power")).movesByNature).toBe(false);
  });
});

test("a state, a period's energy and a forecast have no time to be late by", () => {
  expect(isRegular({ name: "online", kind: "state" })).toBe(false);
  expect(isRegular({ name: "pv_energy_day", kind: "gauge" })).toBe(false);
  expect(isRegular({ name: "power_forecast", kind: "gauge" })).toBe(false);
  expect(isRegular({ name: "energy_since_midnight", kind: "gauge" })).toBe(true);
  expect([isForeseen("power_forecast"), isForeseen("plant_power")]).toEqual([true, false]);
});
