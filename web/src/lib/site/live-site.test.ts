import { expect, test, vi } from "vitest";
import { LiveSite } from "./live-site.svelte.ts";
import type { DeviceRow, PowerRow } from "./rows.ts";

// What moves is compiled only for pages; here a state is a plain value.
vi.stubGlobal("$state", { raw: (value: unknown) => value });

const NOW_MS = 1_800_000_000_000;
const newest = (value: number, ageMs = 0) => ({ value, timeMs: NOW_MS - ageMs, quality: "good" as const });
const reading = (metricId: string, value: number, timeMs = NOW_MS + 1_000) => {
  return { metricId, value, timeMs, quality: "good" as const };
};

function powerRow(metricId: string, changes: Partial<PowerRow> = {}): PowerRow {
  const online = `${metricId}.online`;
  return {
    group: "pv",
    metricId,
    unitW: 1,
    newest: newest(100),
    status: "online",
    onlineMetricId: online,
    staleAfterMs: 180_000,
    ...changes,
  };
}

test("power now is that of what is there and fresh, and moves with the stream, whatever the list shows", () => {
  const site = new LiveSite(
    [],
    [
      powerRow("a"),
      powerRow("b", { unitW: 1_000, newest: newest(2) }),
      powerRow("stale", { newest: newest(7, 180_001) }),
      powerRow("down", { status: "offline", newest: newest(7) }),
      powerRow("pushes", { group: "meter", status: "unknown", onlineMetricId: null, newest: newest(-40) }),
    ],
  );
  expect(site.powerNow(NOW_MS)).toEqual([
    { group: "pv", powerW: 2_100, fresh: 2, total: 4 },
    { group: "meter", powerW: -40, fresh: 1, total: 1 },
  ]);
  site.apply([
    reading("a", 150),
    reading("down.online", 1),
    reading("stale", 1),
    reading("b", 9, NOW_MS - 1),
    reading("?", 1),
  ]);
  expect(site.powerNow(NOW_MS)[0]).toEqual({ group: "pv", powerW: 2_158, fresh: 4, total: 4 });
  site.apply([reading("a.online", 0)]);
  expect(site.powerNow(NOW_MS)[0]).toMatchObject({ powerW: 2_008, fresh: 3 });
});

test("a row says its status as the server did until a reading says otherwise", () => {
  const row: DeviceRow = {
    id: "d",
    name: "d",
    serialNumber: null,
    kind: "inverter",
    status: "unknown",
    ratedPowerW: null,
    staleAfterMs: 180_000,
    openEvents: 0,
    onlineMetricId: "o",
    power: { metricId: "p", unitW: 1_000 },
    metrics: [
      { id: "p", name: "active_power", unit: "kW", newest: newest(3) },
      { id: "o", name: "online", unit: "1", newest: newest(1, 600_000) },
    ],
  };
  const site = new LiveSite([row], []);
  const [live] = site.rows;
  expect([live?.status, live?.power?.powerW, live?.isCurrent(NOW_MS)]).toEqual(["unknown", 3_000, true]);
  site.apply([reading("o", 0)]);
  expect([live?.status, live?.isCurrent(NOW_MS)]).toEqual(["offline", false]);
});
