import type { Metric, MetricKind } from "../domain/metric.ts";

/** Whose a series is: all that a reading's way through the system needs to know of it, in memory. */
export interface SeriesOwner {
  readonly series: number;
  readonly metricId: string;
  readonly metricName: string;
  readonly unit: string;
  readonly kind: MetricKind;
  readonly deviceId: string;
  readonly siteId: string;
}

/** The catalogue's metrics by series number, by id, and by device and name. The repositories keep it in step with the database. */
export class SeriesDirectory {
  readonly #bySeries = new Map<number, SeriesOwner>();
  readonly #byMetric = new Map<string, SeriesOwner>();
  readonly #byDevice = new Map<string, Map<string, SeriesOwner>>();

  add(metric: Metric, siteId: string): void {
    const owner: SeriesOwner = {
      series: metric.series,
      metricId: metric.id,
      metricName: metric.name,
      unit: metric.unit,
      kind: metric.kind,
      deviceId: metric.deviceId,
      siteId,
    };
    this.#bySeries.set(owner.series, owner);
    this.#byMetric.set(owner.metricId, owner);
    const ofDevice = this.#byDevice.get(owner.deviceId);
    if (ofDevice) ofDevice.set(owner.metricName, owner);
    else this.#byDevice.set(owner.deviceId, new Map([[owner.metricName, owner]]));
  }

  bySeries(series: number): SeriesOwner | undefined {
    return this.#bySeries.get(series);
  }

  byMetric(metricId: string): SeriesOwner | undefined {
    return this.#byMetric.get(metricId);
  }

  ofDevice(deviceId: string, metricName: string): SeriesOwner | undefined {
    return this.#byDevice.get(deviceId)?.get(metricName);
  }

  allOfDevice(deviceId: string): SeriesOwner[] {
    return [...(this.#byDevice.get(deviceId)?.values() ?? [])];
  }
}
