import type { Chance } from "./chance.ts";
import type { Ask } from "./stored.ts";
import { FaultList } from "./verdict.ts";

const DEVICES_LOOKED_AT = 20;
const FROM = "2020-01-01T00:00:00Z";

interface Answer {
  readonly series: readonly { readonly points: readonly (readonly [number, number])[] }[];
}

/** Looks at what was polled from simulated vendors: it is there, no time of a series comes twice, and counting agrees. */
export async function checkPolled(ask: Ask, chance: Chance): Promise<FaultList> {
  const faults = new FaultList();
  const page = JSON.parse(await ask("/fleet/devices?limit=500")) as {
    items: { name: string; onlineMetricId: string | null }[];
  };
  const to = new Date(Date.now() - 1_000).toISOString();
  let polled = 0;
  for (let count = 0; count < DEVICES_LOOKED_AT; count++) {
    const device = chance.pick(page.items);
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
  if (polled === 0) faults.add("lost", "no polled reading is there");
  return faults;
}
