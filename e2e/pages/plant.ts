import type { Person } from "./person.ts";

/** Names as nobody should give them, and somebody will. */
export const HOSTILE = '<img src=x onerror=alert(1)> & "Söhne"';
const STEP_MS = 300_000;
const HOUR_MS = 3_600_000;

interface Made {
  readonly id: string;
  readonly metrics: readonly { readonly id: string; readonly name: string }[];
}

/** A site with the sun, a battery and the grid's meter, whose devices have pushed readings since yesterday. */
export interface Plant {
  readonly siteId: string;
  readonly timezone: string;
  readonly inverter: Made;
  readonly battery: Made;
  readonly ingestKey: string;
}

/** A place where it is day now, so that today has readings whenever the suite runs. */
function zoneByDay(nowMs: number): string {
  const zones = [
    "Europe/Madrid",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Pacific/Auckland",
  ];
  const hourIn = (timeZone: string): number =>
    Number(new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", hourCycle: "h23" }).format(nowMs));
  return zones.find((zone) => hourIn(zone) >= 6 && hourIn(zone) < 20) ?? "UTC";
}

/** Makes the plant; the battery charges, and the inverter once gave more than there can be. */
export async function makePlant(admin: Person): Promise<Plant> {
  const nowMs = Date.now();
  const timezone = zoneByDay(nowMs);
  const { id: siteId } = await admin.ask<{ id: string }>("POST", "/sites", {
    name: `Roof ${HOSTILE}`,
    timezone,
    peakPowerW: 12_000,
  });
  const device = (body: object): Promise<Made> => admin.ask<Made>("POST", `/sites/${siteId}/devices`, body);
  const power = { name: "active_power", unit: "W" };
  const inverter = await device({
    name: `Inverter ${HOSTILE}`,
    kind: "inverter",
    serialNumber: "OLD-1",
    ratedPowerW: 10_000,
    metrics: [
      power,
      { name: "energy_total", unit: "kW.h", kind: "counter" },
      { name: "online", unit: "1", kind: "state" },
    ],
  });
  const battery = await device({
    name: "Cabinet",
    kind: "battery",
    ratedPowerW: 5_000,
    metrics: [
      { name: "active_power", unit: "kW" },
      { name: "state_of_charge", unit: "%" },
    ],
  });
  const meter = await device({ name: "Grid", kind: "meter", metrics: [power] });

  const { key } = await admin.ask<{ key: string }>("POST", "/api-keys", { name: "plant", scopes: ["ingest"] });
  const readings: object[] = [];
  for (let timeMs = nowMs - 30 * HOUR_MS; timeMs <= nowMs; timeMs += STEP_MS) {
    const time = new Date(timeMs).toISOString();
    const push = (made: Made, name: string, value: number) => readings.push({ deviceId: made.id, name, time, value });
    const age = (nowMs - timeMs) / HOUR_MS;
    push(inverter, "active_power", age > 2 && age < 2.5 ? 15_000 : 6_000 + 500 * Math.sin(age * 7));
    push(inverter, "energy_total", 1_000 + (30 - age) * 6);
    push(inverter, "online", 1);
    push(battery, "active_power", -2 - 0.1 * Math.sin(age * 5));
    push(battery, "state_of_charge", 60 + age / 2);
    push(meter, "active_power", -3_000 + 100 * Math.sin(age * 3));
  }
  await admin.ask("POST", "/readings", { readings }, key);
  const scanned = { from: new Date(nowMs - 29 * HOUR_MS).toISOString(), to: new Date(nowMs).toISOString() };
  await admin.ask("POST", `/sites/${siteId}/quality-scans`, scanned);
  return { siteId, timezone, inverter, battery, ingestKey: key };
}
