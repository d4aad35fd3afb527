import { expect, test } from "vitest";
import type { Fleet } from "../api/types.gen.ts";
import { isForTerminal, terminalNotice, terminalPage } from "./terminal-page.ts";

const COUNTS = { total: 2, online: 1, offline: 1, unknown: 0 };
const FLEET: Fleet = {
  asOf: "2026-06-21T10:00:00.000Z",
  activePowerW: 3_240,
  ratedPowerW: null,
  devices: COUNTS,
  sites: [
    {
      id: "s",
      name: "Sevilla",
      timezone: "Europe/Madrid",
      activePowerW: 3_240,
      ratedPowerW: null,
      devices: COUNTS,
      generatedToday: null,
    },
  ],
  connections: [],
};
const DEVICES = [
  { siteId: "s", name: "SN-1", activePowerW: 3_240, status: "online" },
  { siteId: "s", name: "<b>SN-2", activePowerW: null, status: "offline" },
] as const;

test.each([
  ["curl", "GET", "/", "*/*", true],
  ["a script that says nothing", "GET", "/", null, true],
  ["a browser", "GET", "/", "text/html,application/xhtml+xml,*/*;q=0.8", false],
  ["a browser for the terminal", "GET", "/", "text/html, text/plain, */*", false],
  ["another page", "GET", "/sign-in", "*/*", false],
  ["a form", "POST", "/", "*/*", false],
])("%s", (_who, method, path, accept, expected) => expect(isForTerminal(method, path, accept)).toBe(expected));

test("has a line for the fleet, one a site, one an inverter; names stay text", () => {
  expect(terminalPage(FLEET, DEVICES).split("\n")).toEqual([
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Kilowatch</title><pre>',
    "Kilowatch · 3.24 kW · 1 Online, 1 Offline, 0 Unknown",
    "",
    "Sevilla · 3.24 kW",
    "SN-1    3.24 kW Online",
    "&lt;b>SN-2       – Offline",
    "</pre></html>",
    "",
  ]);
});

test("says what is wrong with a connection, and how much of the fleet it shows", () => {
  const since = FLEET.asOf;
  const connections = [
    {
      id: "c",
      name: "Account",
      vendor: "energygrid",
      state: "backing_off",
      message: "It cannot be reached.",
      since,
    } as const,
  ];
  const page = terminalPage({ ...FLEET, connections, devices: { ...COUNTS, total: 900 } }, DEVICES);
  expect(page).toContain("\n! Account: It cannot be reached.\n");
  expect(page).toContain("\n2 of 900\n");
});

test("500 inverters fit into 16 KB", () => {
  const many = Array.from({ length: 500 }, (_, i) => ({ ...DEVICES[0], name: `SN-${String(i).padStart(3, "0")}` }));
  expect(Buffer.byteLength(terminalPage({ ...FLEET, devices: { ...COUNTS, total: 500 } }, many))).toBeLessThan(16_384);
});

test("a notice stays text", () => expect(terminalNotice("a<b")).toContain("a&lt;b"));
