import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { DiskUse, TelemetryStore } from "../../telemetry/store.ts";
import { ofKinds } from "./of-kinds.ts";

const ESTIMATED = "The bytes of a site or metric are estimated: its share of all rows, since rows of many share files.";

/** What is on the disk. */
export class StorageViews {
  readonly #catalogue: Catalogue;
  readonly #store: Pick<TelemetryStore, "diskUse">;
  /** The question that is under way, for all who ask meanwhile: the engine counts every row for it. */
  #asked: Promise<DiskUse> | null = null;

  constructor(catalogue: Catalogue, store: Pick<TelemetryStore, "diskUse">) {
    this.#catalogue = catalogue;
    this.#store = store;
  }

  /** @throws StorageUnavailable */
  async all() {
    const { ofSeries, ...use } = await this.#diskUse();
    const bySite = new Map<string | null, { readings: number; bytes: number }>();
    const kinds = ofKinds(() => ({ series: 0, readings: 0 }));
    for (let row = 0; row < ofSeries.length; row++) {
      const series = ofSeries.series[row] ?? 0;
      const readings = ofSeries.readings[row] ?? 0;
      const kind = this.#catalogue.directory.kindOf(series);
      if (kind !== undefined) {
        kinds[kind].series++;
        kinds[kind].readings += readings;
      }
      const siteId = this.#catalogue.directory.bySeries(series)?.siteId ?? null;
      const site = bySite.get(siteId) ?? { readings: 0, bytes: 0 };
      bySite.set(siteId, site);
      site.readings += readings;
      site.bytes += (ofSeries.readingBytes[row] ?? 0) + (ofSeries.rollupBytes[row] ?? 0);
    }
    const sites = Array.from(bySite, async ([siteId, { readings, bytes }]) => {
      const name = siteId === null ? null : (await this.#catalogue.sites.get(siteId)).name;
      return { siteId, name, readings, bytes: Math.round(bytes) };
    });
    return { ...use, kinds, sites: (await Promise.all(sites)).sort((a, b) => b.bytes - a.bytes), message: ESTIMATED };
  }

  /** The largest first. @param siteId null for all sites @throws StorageUnavailable, NotFound */
  async metrics(siteId: string | null, limit: number) {
    if (siteId !== null) await this.#catalogue.sites.get(siteId);
    const { ofSeries } = await this.#diskUse();
    const items = Array.from({ length: ofSeries.length }, (_, row) => row).flatMap((row) => {
      const owner = this.#catalogue.directory.bySeries(ofSeries.series[row] ?? 0);
      if (!owner || (siteId !== null && owner.siteId !== siteId)) return [];
      return {
        metricId: owner.metricId,
        deviceId: owner.deviceId,
        siteId: owner.siteId,
        name: owner.metricName,
        deviceName: this.#catalogue.directory.device(owner.deviceId)?.name ?? "",
        readings: ofSeries.readings[row] ?? 0,
        readingBytes: Math.round(ofSeries.readingBytes[row] ?? 0),
        rollupBytes: Math.round(ofSeries.rollupBytes[row] ?? 0),
      };
    });
    items.sort((a, b) => b.readingBytes + b.rollupBytes - (a.readingBytes + a.rollupBytes));
    return { items: items.slice(0, limit), message: ESTIMATED };
  }

  #diskUse(): Promise<DiskUse> {
    this.#asked ??= this.#store.diskUse().finally(() => {
      this.#asked = null;
    });
    return this.#asked;
  }
}
