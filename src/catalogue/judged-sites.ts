import { NotFound } from "../domain/errors.ts";
import type { JudgedSite } from "../domain/quality.ts";
import type { CatalogueDatabase } from "./database.ts";
import type { SeriesDirectory } from "./directory.ts";

/** Sites with all that judging their readings takes. */
export class JudgedSites {
  readonly #database: CatalogueDatabase;
  readonly #directory: SeriesDirectory;

  constructor(database: CatalogueDatabase, directory: SeriesDirectory) {
    this.#database = database;
    this.#directory = directory;
  }

  /** Of all sites, the oldest first. */
  async ids(): Promise<readonly string[]> {
    const rows = await this.#database.selectFrom("site").select("id").orderBy("id").execute();
    return rows.map(({ id }) => id);
  }

  /** @throws NotFound */
  async get(siteId: string): Promise<JudgedSite> {
    const site = await this.#database.selectFrom("site").selectAll().where("id", "=", siteId).executeTakeFirst();
    if (!site) throw new NotFound("site");
    const devices = await this.#database
      .selectFrom("device")
      .leftJoin("connection", "connection.id", "device.connection_id")
      .select(["device.id", "device.kind", "device.rated_power_w", "connection.poll_interval_ms"])
      .where("device.site_id", "=", siteId)
      .orderBy("device.id")
      .execute();
    const { timezone, latitude, longitude } = site;
    return {
      id: siteId,
      timezone,
      place: latitude === null || longitude === null ? null : { latitude, longitude },
      devices: devices.map((device) => ({
        id: device.id,
        kind: device.kind,
        ratedPowerW: device.rated_power_w,
        pollIntervalMs: device.poll_interval_ms,
        metrics: this.#directory.allOfDevice(device.id).map(({ metricId, metricName, series, unit, kind }) => ({
          id: metricId,
          name: metricName,
          series,
          unit,
          kind,
        })),
      })),
    };
  }
}
