import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFleet, PLANTS } from "../../simulators/energygrid/index.ts";
import { type Catalogue, openCatalogue } from "../catalogue/catalogue.ts";
import { knownKey } from "../catalogue/sealing/installation-key.ts";
import type { CoverageRun } from "../domain/coverage.ts";
import { type ReadingColumns, ReadingColumnsBuilder } from "../domain/reading.ts";
import { VirtualClock } from "../domain/virtual-clock.ts";
import { prepareDemoFleet } from "./fleet.ts";
import { HISTORY_DAYS, writeDemoHistory } from "./history.ts";

const VENDOR = { url: "http://127.0.0.1:1", token: "t", fleet: createFleet(1) };
const NOTHING = new ReadingColumnsBuilder().finish();
const NOW_MS = Date.UTC(2026, 5, 21, 12);

let folder: string;
let catalogue: Catalogue;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kilowatch-demo-"));
  catalogue = await openCatalogue(join(folder, "catalogue.db"), knownKey(Buffer.alloc(32)), new VirtualClock());
});
afterEach(async () => {
  await catalogue.close();
  rmSync(folder, { recursive: true });
});

test("the demo's fleet is whole after any number of starts, and follows the simulator's address", async () => {
  await prepareDemoFleet(catalogue, VENDOR);
  await prepareDemoFleet(catalogue, { ...VENDOR, url: "http://127.0.0.1:2" });
  const [connection] = await catalogue.connections.list();
  expect(await catalogue.connections.list()).toHaveLength(1);
  expect(connection?.baseUrl).toBe("http://127.0.0.1:2");
  const devices = await catalogue.devices.ofConnection(connection?.id ?? "");
  expect(new Set(devices.map(({ serialNumber }) => serialNumber)).size).toBe(500);
  expect((await catalogue.sites.list({ limit: 100 }, null)).items.map(({ name }) => name)).toEqual(
    PLANTS.map(({ name }) => name),
  );
});

test("a first start that was killed half-way is completed", async () => {
  const site = await catalogue.sites.create({
    name: "Sevilla",
    timezone: "Europe/Madrid",
    latitude: null,
    longitude: null,
    peakPowerW: null,
  });
  const connection = await catalogue.connections.create(
    { name: "EnergyGrid demo", vendor: "energygrid", baseUrl: VENDOR.url, pollIntervalMs: 50_000 },
    { token: VENDOR.token },
  );
  const [early] = await catalogue.devices.createAll(
    [
      {
        siteId: site.id,
        name: "SN-007",
        kind: "inverter",
        serialNumber: "SN-007",
        manufacturer: null,
        model: null,
        ratedPowerW: null,
        connectionId: connection.id,
      },
    ],
    [],
  );
  await prepareDemoFleet(catalogue, VENDOR);
  const devices = await catalogue.devices.ofConnection(connection.id);
  expect(devices).toHaveLength(500);
  expect(devices[0]).toEqual(early);
  expect((await catalogue.sites.list({ limit: 100 }, null)).items).toHaveLength(PLANTS.length);
});

test("polling begins with inverters of every plant", async () => {
  await prepareDemoFleet(catalogue, VENDOR);
  const connection = (await catalogue.connections.list())[0];
  const first = (await catalogue.devices.ofConnection(connection?.id ?? "")).slice(0, 10);
  expect(new Set(first.map(({ siteId }) => siteId)).size).toBe(PLANTS.length);
});

test("the past is written once, up to now and in the simulator's own values", async () => {
  await prepareDemoFleet(catalogue, VENDOR);
  const written = new Map<string, number>();
  const pipeline = {
    async acceptHistory(columns: ReadingColumns): Promise<void> {
      for (let row = 0; row < columns.length; row++) {
        written.set(`${columns.series[row]} ${columns.timesMs[row]}`, columns.values[row] ?? Number.NaN);
      }
    },
  };
  const reads: number[] = [];
  const store = {
    async readRaw({ series, fromMs }: { readonly series: readonly number[]; readonly fromMs: number }) {
      reads.push(fromMs);
      const held = written.has(`${series[0]} ${fromMs}`);
      return { columns: { ...NOTHING, length: held ? 1 : 0 }, next: null };
    },
  };
  const noted = new Map<number, CoverageRun[]>();
  const ledger = {
    note: (series: number, run: CoverageRun) => void noted.set(series, [...(noted.get(series) ?? []), run]),
  };
  const parts = { catalogue, pipeline, store, ledger, fleet: VENDOR.fleet, nowMs: NOW_MS };
  await writeDemoHistory(parts, AbortSignal.timeout(60_000));
  const slots = (HISTORY_DAYS - 1) * 288 + 144;
  expect(written.size).toBeGreaterThan(500 * slots * 0.95);
  expect(written.size).toBeLessThanOrEqual(500 * slots);
  expect(reads).toHaveLength(HISTORY_DAYS);

  const device = (await catalogue.devices.list({ limit: 1 }, null)).items[0];
  const series = catalogue.directory.ofDevice(device?.id ?? "", "active_power")?.series;
  const atMs = NOW_MS - 3_600_000;
  const state = VENDOR.fleet.get(device?.serialNumber ?? "")?.at(atMs);
  expect(written.get(`${series} ${atMs}`)).toBe(state?.online ? state.powerW : undefined);

  // The ledger claims each slot that has a value, and knows of all others that there is none.
  expect(noted.size).toBe(500);
  let claimed = 0;
  for (const runs of noted.values()) {
    expect(runs.reduce((ms, { fromMs, toMs }) => ms + toMs - fromMs, 0)).toBe(slots * 300_000);
    for (const { fromMs, toMs, outcome } of runs) claimed += outcome === "data" ? (toMs - fromMs) / 300_000 : 0;
  }
  expect(claimed).toBe(written.size);

  const before = written.size;
  written.set("marker", 0);
  await writeDemoHistory(parts, AbortSignal.timeout(60_000));
  expect(written.size).toBe(before + 1);
});

test("writing the past stops when it is told to", async () => {
  await prepareDemoFleet(catalogue, VENDOR);
  const stop = new AbortController();
  const pipeline = { acceptHistory: async () => stop.abort() };
  const store = {
    readRaw: async () => ({ columns: NOTHING, next: null }),
  };
  const ledger = { note: () => {} };
  const parts = { catalogue, pipeline, store, ledger, fleet: VENDOR.fleet, nowMs: NOW_MS };
  await expect(writeDemoHistory(parts, stop.signal)).rejects.toThrow();
});
