import type { DiscoveredDevice } from "../vendor.ts";
import { mappingOf } from "./mapping.ts";
import { signalId } from "./signals.ts";
import type { Database, Measurement } from "./wire.ts";

/**
 * Signals as devices: the vendor addresses signals, and which of them make up a machine is the catalogue's to say. One whose unit is not
 * known has no metric. The site is the database's name.
 */
export function discoveredSignals(
  measurements: readonly Measurement[],
  databases: readonly Database[],
): readonly DiscoveredDevice[] {
  const sites = new Map(databases.map(({ id, name }) => [String(id), name]));
  const byId = new Map<string, Measurement>();
  for (const measurement of measurements) byId.set(signalId(measurement.databaseId, measurement.index), measurement);
  return Array.from(byId, ([serialNumber, measurement]) => {
    const { name, tag, databaseId } = measurement;
    const mapping = mappingOf(measurement);
    return {
      serialNumber,
      name: name ?? tag ?? serialNumber,
      kind: "sensor",
      model: null,
      site: sites.get(String(databaseId)) ?? null,
      timezone: null,
      metrics: mapping ? [mapping.metric] : [],
    };
  });
}
