import { expect, test, vi } from "vitest";
import { LiveFleet, LiveRow } from "./live-fleet.svelte.ts";
import type { Row } from "./rows.ts";

// What moves is compiled only for pages; here a state is a plain value.
vi.stubGlobal("$state", (value: unknown) => value);

const NOW_MS = 1_800_000_000_000;
const inKilowatts: Row = {
  id: "1",
  name: "Inverter 1",
  serialNumber: null,
  site: 0,
  status: "unknown",
  activePowerW: 1_000,
  activePowerAtMs: NOW_MS,
  ratedPowerW: 5_000,
  onlineMetricId: null,
  activePowerMetricId: "power",
  activePowerUnitW: 1_000,
  staleAfterMs: 180_000,
};
const reading = (value: number, timeMs: number) => ({ metricId: "power", value, timeMs, quality: "good" as const });

test("a row moves in W, whatever unit its metric has, and never back in time", () => {
  const fleet = new LiveFleet([new LiveRow(inKilowatts)]);
  fleet.apply([reading(2.5, NOW_MS + 1), reading(9, NOW_MS)]);
  expect(fleet.rows[0]).toMatchObject({
    activePowerW: 2_500,
    activePowerAtMs: NOW_MS + 1,
    status: "online",
    changes: 1,
  });
});
