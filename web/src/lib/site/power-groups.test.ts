import { expect, test } from "vitest";
import type { Device } from "../api/types.gen.ts";
import { powerMetrics, shownPower } from "./power-groups.ts";

function device(id: string, kind: Device["kind"], metrics: Readonly<Record<string, string>>): Device {
  return {
    id,
    siteId: "site",
    name: id,
    kind,
    serialNumber: null,
    manufacturer: null,
    model: null,
    ratedPowerW: null,
    status: "online",
    statusAt: null,
    staleAfterMs: 180_000,
    connectionId: null,
    createdAt: "2026-01-01T00:00:00Z",
    metrics: Object.entries(metrics).map(([name, unit]) => ({
      id: `${id}.${name}`,
      deviceId: id,
      name,
      unit,
      kind: "gauge",
      latest: null,
    })),
  };
}

const groupsOf = (...devices: Device[]): string[] =>
  powerMetrics(devices).map(({ group, metricId, unitW }) => `${group} ${metricId} ${unitW}`);

test("each device counts once, as what it is", () => {
  expect(
    groupsOf(
      device("roof", "inverter", { active_power: "W", pv_active_power: "W" }),
      device("mill", "wind_turbine", { active_power: "kW" }),
      device("cabinet", "battery", { active_power: "W", pv_active_power: "W", state_of_charge: "%" }),
      device("grid", "meter", { active_power: "MW", energy_total: "kW.h" }),
    ),
  ).toEqual([
    "pv roof.active_power 1",
    "wind mill.active_power 1000",
    "battery cabinet.active_power 1",
    "pv cabinet.pv_active_power 1",
    "meter grid.active_power 1000000",
  ]);
});

test("parts of a plant are counted only where the plant itself says nothing", () => {
  const pcs = device("pcs", "pcs", { active_power: "W" });
  const bms = device("bms", "bms", { active_power: "W" });
  const ems = device("ems", "ems", { active_power: "W" });
  const battery = device("battery", "battery", { active_power: "W" });
  expect(groupsOf(pcs, bms, ems, battery)).toEqual(["battery battery.active_power 1"]);
  expect(groupsOf(pcs, bms, ems)).toEqual(["battery pcs.active_power 1"]);
  expect(groupsOf(bms, ems)).toEqual(["battery bms.active_power 1"]);
  expect(groupsOf(ems)).toEqual(["other ems.active_power 1"]);
});

test("what is called power and has no unit of power is not counted", () => {
  const odd = device("odd", "inverter", { active_power: "V.A" });
  expect(groupsOf(odd)).toEqual([]);
  expect(shownPower(odd)).toBeNull();
  expect(shownPower(device("cabinet", "battery", { pv_active_power: "kW" }))).toMatchObject({ unitW: 1_000 });
});
