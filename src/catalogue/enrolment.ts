import type { Clock } from "../domain/clock.ts";
import type { Device } from "../domain/device.ts";
import type { Site } from "../domain/site.ts";
import { inPieces } from "./bulk.ts";
import type { CatalogueDatabase } from "./database.ts";
import { deviceRow } from "./device-rows.ts";
import type { SeriesDirectory } from "./directory.ts";
import { insertMetrics, type NewMetric } from "./metric-rows.ts";
import { siteRow } from "./sites.ts";

/** What a push source brings that was not there: sites, devices under them or under known ones, metrics under devices. */
export interface Newcomers {
  readonly sites: readonly Site[];
  readonly devices: readonly (Device & { readonly pushedAs: string })[];
  readonly metrics: readonly NewMetric[];
}

/** Takes in what pushed readings bring: all of it or nothing, seen by readers at once when it is stored. */
export class Enrolment {
  readonly #database: CatalogueDatabase;
  readonly #directory: SeriesDirectory;
  readonly #clock: Clock;

  constructor(database: CatalogueDatabase, directory: SeriesDirectory, clock: Clock) {
    this.#database = database;
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Metrics that a source has created and that are still there. */
  async metricsOf(source: string): Promise<number> {
    const { count } = await this.#database
      .selectFrom("metric")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .where("source", "=", source)
      .executeTakeFirstOrThrow();
    return count;
  }

  /** @throws Conflict, StorageUnavailable; nothing is created then */
  async enrol(source: string, { sites, devices, metrics }: Newcomers): Promise<void> {
    const added = await this.#database.transaction().execute(async (transaction) => {
      await inPieces(sites, (piece) => transaction.insertInto("site").values(piece.map(siteRow)).execute());
      await inPieces(devices, (piece) =>
        transaction
          .insertInto("device")
          .values(piece.map((device) => deviceRow(device, device.pushedAs)))
          .execute(),
      );
      return insertMetrics(transaction, metrics, source, this.#clock.nowMs());
    });
    for (const site of sites) this.#directory.addSite(site);
    await inPieces(devices, (piece) => {
      for (const device of piece) this.#directory.addDevice(device);
    });
    await inPieces(added, (piece) => {
      for (const metric of piece) this.#directory.add(metric, this.#directory.device(metric.deviceId)?.siteId ?? "");
    });
  }
}
