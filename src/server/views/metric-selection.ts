import type { SeriesDirectory, SeriesOwner } from "../../catalogue/directory.ts";
import { isTimeZone } from "../../domain/calendar.ts";
import { InvalidInput, NotFound } from "../../domain/errors.ts";
import { type MetricSelection, SERIES_METRICS_MAX } from "./series-request.ts";

/** The metrics that a selection means, each once. @throws NotFound, InvalidInput */
export function selectedMetrics(directory: SeriesDirectory, selection: MetricSelection): SeriesOwner[] {
  const { metricIds, siteId, name, siteIds } = selection;
  const mayRead = (id: string): boolean => siteIds === null || siteIds.has(id);
  if (metricIds !== undefined && siteId === undefined && name === undefined) {
    return [...new Set(metricIds)].map((id) => {
      const owner = directory.byMetric(id);
      if (!owner || !mayRead(owner.siteId)) throw new NotFound("metric");
      return owner;
    });
  }
  if (metricIds !== undefined || siteId === undefined || name === undefined) {
    throw new InvalidInput([{ path: "metricIds", message: "name the metrics by metricIds, or by siteId and name" }]);
  }
  if (directory.timezoneOf(siteId) === undefined || !mayRead(siteId)) throw new NotFound("site");
  const owners = directory.ofSite(siteId, name);
  if (owners.length <= SERIES_METRICS_MAX) return owners;
  throw new InvalidInput([{ path: "name", message: `means more than ${SERIES_METRICS_MAX} metrics of the site` }]);
}

/** The timezone that was told, or that all sites of the metrics share; null when they do not. @throws InvalidInput for one that there is not */
export function timezoneOf(
  directory: SeriesDirectory,
  owners: readonly SeriesOwner[],
  told: string | undefined,
): string | null {
  if (told !== undefined) {
    if (isTimeZone(told)) return told;
    throw new InvalidInput([{ path: "timezone", message: "must be an IANA timezone such as Europe/Madrid" }]);
  }
  const sites = new Set(owners.map(({ siteId }) => siteId));
  const zones = new Set(Array.from(sites, (siteId) => directory.timezoneOf(siteId) ?? "UTC"));
  const [zone = "UTC"] = zones;
  return zones.size <= 1 ? zone : null;
}
