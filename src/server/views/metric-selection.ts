import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { SeriesOwner } from "../../catalogue/directory.ts";
import { PAGE_ITEMS_MAX } from "../../catalogue/page.ts";
import { isTimeZone } from "../../domain/calendar.ts";
import { InvalidInput, NotFound } from "../../domain/errors.ts";
import { type MetricSelection, SERIES_METRICS_MAX } from "./series-request.ts";

/** The metrics that a selection means, each once. @throws NotFound, InvalidInput */
export async function selectedMetrics(catalogue: Catalogue, selection: MetricSelection): Promise<SeriesOwner[]> {
  const { metricIds, siteId, name, siteIds } = selection;
  const mayRead = (id: string): boolean => siteIds === null || siteIds.includes(id);
  if (metricIds !== undefined && siteId === undefined && name === undefined) {
    return [...new Set(metricIds)].map((id) => {
      const owner = catalogue.directory.byMetric(id);
      if (!owner || !mayRead(owner.siteId)) throw new NotFound("metric");
      return owner;
    });
  }
  if (metricIds !== undefined || siteId === undefined || name === undefined) {
    throw new InvalidInput([{ path: "metricIds", message: "name the metrics by metricIds, or by siteId and name" }]);
  }
  const site = await catalogue.sites.get(siteId);
  if (!mayRead(site.id)) throw new NotFound("site");
  return metricsOfSite(catalogue, site.id, name);
}

async function metricsOfSite(catalogue: Catalogue, siteId: string, name: string): Promise<SeriesOwner[]> {
  const owners: SeriesOwner[] = [];
  let cursor: string | undefined;
  do {
    const page = await catalogue.devices.list({ limit: PAGE_ITEMS_MAX, cursor }, siteId);
    owners.push(...page.items.flatMap(({ id }) => catalogue.directory.ofDevice(id, name) ?? []));
    if (owners.length > SERIES_METRICS_MAX) {
      throw new InvalidInput([{ path: "name", message: `means more than ${SERIES_METRICS_MAX} metrics of the site` }]);
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return owners;
}

/** The timezone that was told, or that all sites of the metrics share; null when they do not. @throws InvalidInput for one that there is not */
export async function timezoneOf(
  catalogue: Catalogue,
  owners: readonly SeriesOwner[],
  told: string | undefined,
): Promise<string | null> {
  if (told !== undefined) {
    if (isTimeZone(told)) return told;
    throw new InvalidInput([{ path: "timezone", message: "must be an IANA timezone such as Europe/Madrid" }]);
  }
  const sites = await Promise.all(
    Array.from(new Set(owners.map(({ siteId }) => siteId)), (siteId) => catalogue.sites.get(siteId)),
  );
  const zones = new Set(sites.map(({ timezone }) => timezone));
  const [zone = "UTC"] = zones;
  return zones.size <= 1 ? zone : null;
}
