import type { z } from "zod";
import type { SeriesDirectory, SeriesOwner } from "../../catalogue/directory.ts";
import type * as api from "../schemas.ts";

/** What a metric must be; whatever is left out, any is. */
export interface MetricSearch {
  readonly metricIds?: readonly string[] | undefined;
  readonly siteId?: string | undefined;
  readonly deviceId?: string | undefined;
  /** Words, in any case: each must stand in the name of the metric, of its device or of its site, or in the serial number. */
  readonly text?: string | undefined;
}

/** @param reach the sites that the asker may read; null for all */
export function findMetrics(
  directory: SeriesDirectory,
  { metricIds, siteId, deviceId, text = "" }: MetricSearch,
  reach: ReadonlySet<string> | null,
): SeriesOwner[] {
  const matches = textMatcher(directory, text);
  const found: SeriesOwner[] = [];
  for (const owner of candidates(directory, metricIds, deviceId)) {
    if (deviceId !== undefined && owner.deviceId !== deviceId) continue;
    if (siteId !== undefined && owner.siteId !== siteId) continue;
    if (reach !== null && !reach.has(owner.siteId)) continue;
    if (matches(owner)) found.push(owner);
  }
  return found;
}

export function foundMetric(directory: SeriesDirectory, owner: SeriesOwner): z.input<typeof api.FoundMetric> {
  const { metricId, metricName, unit, kind, deviceId, siteId } = owner;
  return {
    id: metricId,
    name: metricName,
    unit,
    kind,
    device: { id: deviceId, name: directory.device(deviceId)?.name ?? "" },
    site: { id: siteId, name: directory.siteName(siteId) ?? "", timezone: directory.timezoneOf(siteId) ?? "UTC" },
  };
}

function candidates(
  directory: SeriesDirectory,
  metricIds: readonly string[] | undefined,
  deviceId: string | undefined,
): Iterable<SeriesOwner> {
  if (metricIds) return [...new Set(metricIds)].flatMap((id) => directory.byMetric(id) ?? []);
  return deviceId === undefined ? directory.all() : directory.allOfDevice(deviceId);
}

/** A device's names are looked through once for all of its metrics, which lie together. */
function textMatcher(directory: SeriesDirectory, text: string): (owner: SeriesOwner) => boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return () => true;
  let deviceId: string | null = null;
  let left: string[] = words;
  return (owner) => {
    if (owner.deviceId !== deviceId) {
      deviceId = owner.deviceId;
      const device = directory.device(deviceId);
      const place = `${directory.siteName(owner.siteId) ?? ""}\n${device?.name ?? ""}\n${device?.serialNumber ?? ""}`;
      const known = place.toLowerCase();
      left = words.filter((word) => !known.includes(word));
    }
    const name = left.length > 0 ? owner.metricName.toLowerCase() : "";
    return left.every((word) => name.includes(word));
  };
}
