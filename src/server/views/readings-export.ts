import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { SeriesOwner } from "../../catalogue/directory.ts";
import { PAGE_ITEMS_MAX } from "../../catalogue/page.ts";
import { NotFound } from "../../domain/errors.ts";
import type { TelemetryStore, TimeWindow } from "../../telemetry/store.ts";
import { type LineFormat, ReadingLines, type SeriesNames } from "./reading-lines.ts";
import { ReadingParquet } from "./reading-parquet.ts";
import { type SeriesRun, seriesRuns } from "./series-runs.ts";

/** Which metrics: named ones, or all of a device or of a site. */
export type ExportSelection =
  | { readonly metricIds: readonly string[] }
  | { readonly deviceId: string }
  | { readonly siteId: string };

/** Readings, one metric after another, however many there are. */
export class ReadingsExport {
  readonly #catalogue: Catalogue;
  readonly #store: TelemetryStore;

  constructor(catalogue: Catalogue, store: TelemetryStore) {
    this.#catalogue = catalogue;
    this.#store = store;
  }

  /**
   * The metrics that a selection means, in the order given; those of a device or a site by their creation.
   * @param siteIds the sites that the asker may read; null for all
   * @throws NotFound
   */
  async select(selection: ExportSelection, siteIds: ReadonlySet<string> | null): Promise<readonly SeriesOwner[]> {
    const { directory, devices, sites } = this.#catalogue;
    const mayRead = (siteId: string): boolean => siteIds === null || siteIds.has(siteId);
    if ("metricIds" in selection) {
      return [...new Set(selection.metricIds)].map((id) => {
        const owner = directory.byMetric(id);
        if (!owner || !mayRead(owner.siteId)) throw new NotFound("metric");
        return owner;
      });
    }
    if ("deviceId" in selection) {
      const device = await devices.get(selection.deviceId);
      if (!mayRead(device.siteId)) throw new NotFound("device");
      return directory.allOfDevice(device.id);
    }
    const site = await sites.get(selection.siteId);
    if (!mayRead(site.id)) throw new NotFound("site");
    const owners: SeriesOwner[] = [];
    let cursor: string | undefined;
    do {
      const page = await devices.list({ limit: PAGE_ITEMS_MAX, cursor }, new Set([site.id]));
      owners.push(...page.items.flatMap((device) => directory.allOfDevice(device.id)));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return owners;
  }

  /** Whole lines in every chunk; memory does not grow with the answer. @throws StorageUnavailable */
  async *lines(
    owners: readonly SeriesOwner[],
    { format, ...window }: TimeWindow & { readonly format: LineFormat },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const lines = new ReadingLines(format);
    let header = lines.header;
    for await (const { names, run } of this.#runs(owners, window)) {
      if (header.length > 0) yield header;
      header = new Uint8Array();
      for (const chunk of lines.write(names, run)) {
        yield chunk;
        await othersMayRun();
      }
    }
    if (header.length > 0) yield header;
  }

  /** A Parquet file; memory grows by some hundred bytes with each row group. @throws StorageUnavailable */
  async *parquet(owners: readonly SeriesOwner[], window: TimeWindow): AsyncGenerator<Uint8Array, void, undefined> {
    const file = new ReadingParquet();
    for await (const { names, run } of this.#runs(owners, window)) {
      for await (const chunk of file.write(names, run)) {
        yield chunk;
        await othersMayRun();
      }
    }
    yield* file.end();
  }

  async *#runs(
    owners: readonly SeriesOwner[],
    { fromMs, toMs }: TimeWindow,
  ): AsyncGenerator<{ readonly names: SeriesNames; readonly run: SeriesRun }, void, undefined> {
    const names = new OwnerNames(this.#catalogue);
    const bySeries = new Map(owners.map((owner) => [owner.series, owner]));
    for await (const run of seriesRuns(this.#store, [...bySeries.keys()], { fromMs, toMs })) {
      const owner = bySeries.get(run.series);
      if (owner) yield { names: await names.of(owner), run };
    }
  }
}

/** A socket that takes all at once would otherwise keep this process from everything else. */
function othersMayRun(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** The names of a series, looked up once for as long as the device stays the same. */
class OwnerNames {
  readonly #catalogue: Catalogue;
  #deviceId: string | null = null;
  #place: Pick<SeriesNames, "site" | "device"> = { site: "", device: "" };

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  async of({ metricId, deviceId, siteId, metricName, unit }: SeriesOwner): Promise<SeriesNames> {
    if (deviceId !== this.#deviceId) {
      const [site, device] = await Promise.all([
        this.#catalogue.sites.get(siteId),
        this.#catalogue.devices.get(deviceId),
      ]);
      this.#place = { site: site.name, device: device.name };
      this.#deviceId = deviceId;
    }
    return { metricId, ...this.#place, metric: metricName, unit };
  }
}
