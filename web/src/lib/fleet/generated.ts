import type { Fleet } from "../api/types.gen.ts";

/** Energy since midnight, each site's own. */
export type Generated = NonNullable<Fleet["sites"][number]["generatedToday"]>;

/**
 * What the sites have generated together; null while nothing is known of any. A site that is not added up yet, or where nothing generates, adds
 * nothing. The coverage is a mean by devices.
 */
export function generatedByAll(
  sites: readonly Pick<Fleet["sites"][number], "generatedToday" | "devices">[],
): Generated | null {
  let [energyWh, covered, devices] = [0, 0, 0];
  for (const { generatedToday, devices: counts } of sites) {
    if (!generatedToday) continue;
    energyWh += generatedToday.energyWh;
    covered += generatedToday.coverage * counts.total;
    devices += counts.total;
  }
  return devices === 0 ? null : { energyWh, coverage: covered / devices };
}
