import { setTimeout as sleep } from "node:timers/promises";
import type { Chance } from "./chance.ts";
import type { Ask } from "./stored.ts";
import { FaultList } from "./verdict.ts";

const DEVICES_LOOKED_AT = 20;
const FROM = "2020-01-01T00:00:00Z";
/** A server that was killed every second or two may not have polled one of the devices that are looked at: it is given so long to go on. */
const POLLED_MS_MAX = 60_000;
const LOOKED_AT_EVERY_MS = 1_000;

interface Device {
  readonly name: string;
  readonly onlineMetricId: string | null;
}

interface Answer {
  readonly series: readonly { readonly points: readonly (readonly [number, number])[] }[];
}

/** Looks at what was polled from simulated vendors: it is there, no time of a series comes twice, and counting agrees. */
export async function checkPolled(ask: Ask, chance: Chance): Promise<FaultList> {
  const page = JSON.parse(await ask("/fleet/devices?limit=500")) as { items: Device[] };
  const untilMs = performance.now() + POLLED_MS_MAX;
  for (;;) {
    const faults = new FaultList();
    const polled = await lookAtSome(ask, chance, page.items, faults);
    if (polled > 0 || faults.lines().length > 0) return faults;
    if (performance.now() > untilMs) {
      faults.add("lost", "no polled reading is there, and none came");
      return faults;
    }
    await sleep(LOOKED_AT_EVERY_MS);
  }
}

/** Answers how many polled readings some devices have. */
async function lookAtSome(ask: Ask, chance: Chance, devices: readonly Device[], faults: FaultList): Promise<number> {
  const to = new Date(Date.now() - 1_000).toISOString();
  let polled = 0;
  for (let count = 0; count < DEVICES_LOOKED_AT; count++) {
    const device = chance.pick(devices);
    if (!device?.onlineMetricId) continue;
    const series = async (query: string) => {
      const path = `/metrics/${device.onlineMetricId}/series?from=${FROM}&to=${to}&maxPoints=10000&${query}`;
      return (JSON.parse(await ask(path)) as Answer).series[0]?.points ?? [];
    };
    const raw = await series("step=raw");
    const counted = (await series("step=P1D&agg=count")).reduce((sum, [, readings]) => sum + readings, 0);
    polled += raw.length;
    const times = new Set(raw.map(([timeMs]) => timeMs));
    if (times.size !== raw.length)
      faults.add("doubled", `${raw.length - times.size} polled readings of ${device.name}`);
    if (counted !== raw.length && raw.length < 10_000) {
      faults.add("misread", `${device.name} has ${raw.length} polled readings, and ${counted} by counting`);
    }
  }
  return polled;
}
