import { expect, test } from "vitest";
import type { Device } from "../api/types.gen.ts";
import { toDeviceRow, toPowerRow, worstFirst } from "./rows.ts";

const NOW_MS = Date.parse("2026-11-21T12:00:00Z");

function device(name: string, powerKw: number | null, changes: Partial<Device> = {}): Device {
  const latest = powerKw === null ? null : { value: powerKw, unit: "kW", time: "2026-11-21T11:59:00Z" };
  return {
    id: name,
    siteId: "site",
    name,
    kind: "inverter",
    serialNumber: null,
    manufacturer: null,
    model: null,
    ratedPowerW: 10_000,
    status: "online",
    statusAt: null,
    staleAfterMs: 180_000,
    connectionId: null,
    createdAt: "2026-01-01T00:00:00Z",
    metrics: [
      {
        id: `${name}.p`,
        deviceId: name,
        name: "active_power",
        unit: "kW",
        kind: "gauge",
        latest: latest && { ...latest, receivedAt: latest.time, quality: "good" },
      },
      { id: `${name}.o`, deviceId: name, name: "online", unit: "1", kind: "state", latest: null },
    ],
    ...changes,
  };
}

test("worst first, by W of what is rated; what says nothing of its status is there when its values are", () => {
  const devices = [
    device("good", 9),
    device("weak", 1),
    device("pushes", 5, { status: "unknown" }),
    device("silent", null, { status: "unknown" }),
    device("down", 5, { status: "offline" }),
    device("odd", 9.5),
  ];
  const listed = worstFirst(devices, new Map([["odd", 1]]), NOW_MS).map(({ name }) => name);
  expect(listed).toEqual(["down", "silent", "odd", "weak", "pushes", "good"]);
});

test("a row has what the page shows and what moves it", () => {
  const shed = device("Shed", 5, { serialNumber: "Shed" });
  const newest = { value: 5, timeMs: NOW_MS - 60_000, quality: "good" };
  expect(toDeviceRow(shed, 2)).toMatchObject({
    serialNumber: null,
    openEvents: 2,
    onlineMetricId: "Shed.o",
    power: { metricId: "Shed.p", unitW: 1_000 },
    metrics: [
      { name: "active_power", newest },
      { name: "online", newest: null },
    ],
  });
  const metric = { group: "pv", deviceId: "Shed", metricId: "Shed.p", unitW: 1_000 } as const;
  expect(toPowerRow(metric, shed)).toEqual({
    group: "pv",
    metricId: "Shed.p",
    unitW: 1_000,
    newest,
    status: "online",
    onlineMetricId: "Shed.o",
    staleAfterMs: 180_000,
  });
});
