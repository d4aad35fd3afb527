import { expect, test } from "vitest";
import type { ListedDevice } from "#lib/api/types.gen.ts";
import { groupsOf, isOpen, likelySite, NEW_SITE } from "./groups.ts";
import { SAMPLES_MAX, worthAsking } from "./samples.ts";

function listed(serialNumber: string, more: Partial<ListedDevice> = {}): ListedDevice {
  return {
    serialNumber,
    name: serialNumber,
    formerName: null,
    state: "new",
    kind: "sensor",
    model: null,
    site: null,
    timezone: null,
    metrics: [{ name: "active_power", unit: "W", kind: "gauge" }],
    deviceId: "an id",
    firstSeen: "2026-11-22T00:00:00.000Z",
    lastSeen: "2026-11-22T00:00:00.000Z",
    goneAt: null,
    ...more,
  };
}

test("one device of each kind is worth asking, of those that are collected, and not too many", () => {
  const other = { metrics: [{ name: "active_power", unit: "kW", kind: "gauge" as const }] };
  const chosen = worthAsking([listed("A", { deviceId: null, ...other }), listed("B"), listed("C"), listed("D", other)]);
  expect(chosen.map(({ serialNumber }) => serialNumber)).toEqual(["B", "D"]);
  const many = Array.from({ length: SAMPLES_MAX + 1 }, (_, index) =>
    listed(`S${index}`, { metrics: [{ name: `m${index}`, unit: "1", kind: "gauge" }] }),
  );
  expect(worthAsking(many)).toHaveLength(SAMPLES_MAX);
});

test("a list falls into the vendor's places and their timezones", () => {
  const groups = groupsOf([
    listed("A", { site: "Roof", timezone: "Europe/Vienna" }),
    listed("B", { timezone: "Europe/Berlin" }),
    listed("C", { site: "Roof", timezone: "Europe/Vienna" }),
    listed("D", { timezone: "Australia/Sydney" }),
    listed("E"),
  ]);
  expect(groups.map(({ place, timezone, devices }) => [place, timezone, devices.length])).toEqual([
    ["Roof", "Europe/Vienna", 2],
    [null, "Europe/Berlin", 1],
    [null, "Australia/Sydney", 1],
    [null, null, 1],
  ]);
});

test.each([
  ["one that is new", {}, true],
  ["one that is collected", { deviceId: "an id" }, false],
  ["one that brings nothing", { metrics: [] }, false],
  ["one that is gone", { state: "gone" as const }, false],
])("%s can be picked: %#", (_name, more, expected) => {
  expect(isOpen(listed("A", { deviceId: null, ...more }))).toBe(expected);
});

test("a place most likely means the site of its name", () => {
  const sites = [
    { id: "1", name: "Roof" },
    { id: "2", name: "Barn" },
  ];
  expect(likelySite(" roof", sites)).toBe("1");
  expect(likelySite("Field", sites)).toBe(NEW_SITE);
  expect(likelySite(null, sites)).toBe(NEW_SITE);
  expect(likelySite(null, sites.slice(0, 1))).toBe("1");
});
