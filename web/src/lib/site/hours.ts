import { localTime } from "../format/zoned.ts";
import type { PowerGroup } from "./power-groups.ts";
import type { Stack } from "./stacking.ts";

/** The mean of each kind in an hour of the site's own time, W; a kind without a value in it is left out. */
export interface HourRow {
  readonly label: string;
  readonly meanW: Partial<Readonly<Record<PowerGroup, number>>>;
}

/** The stack as a table: one row for each local hour that has a value, in the order of time. */
export function hourRows({ timesMs, groups }: Stack, timezone: string): HourRow[] {
  const hours = new Map<string, Map<PowerGroup, number[]>>();
  for (const [place, timeMs] of timesMs.entries()) {
    for (const { group, values } of groups) {
      const value = values[place] ?? null;
      if (value === null) continue;
      const label = `${localTime(timeMs, timezone).slice(0, 2)}:00`;
      const hour = hours.get(label) ?? new Map<PowerGroup, number[]>();
      hours.set(label, hour);
      hour.set(group, [...(hour.get(group) ?? []), value]);
    }
  }
  return [...hours].map(([label, values]) => {
    const means = [...values].map(([group, all]) => [group, all.reduce((sum, value) => sum + value, 0) / all.length]);
    return { label, meanW: Object.fromEntries(means) };
  });
}
