import type { SeriesDirectory } from "../../catalogue/directory.ts";

/** Metrics that somebody keeps, by whether they can be read now. */
export interface KeptMetrics {
  readonly metricIds: string[];
  /** Deleted, or of a site that is no longer among one's own: which of the two is not told. */
  readonly goneMetricIds: string[];
}

/** @param reach the sites that the reader may read; null for all */
export function isReadable(metricId: string, directory: SeriesDirectory, reach: ReadonlySet<string> | null): boolean {
  const siteId = directory.byMetric(metricId)?.siteId;
  return siteId !== undefined && (reach === null || reach.has(siteId));
}

/** @param reach as `isReadable` */
export function keptMetrics(
  metricIds: readonly string[],
  directory: SeriesDirectory,
  reach: ReadonlySet<string> | null,
): KeptMetrics {
  const kept = Map.groupBy(metricIds, (id) => isReadable(id, directory, reach));
  return { metricIds: kept.get(true) ?? [], goneMetricIds: kept.get(false) ?? [] };
}
