import type { Clock } from "../domain/clock.ts";
import { Conflict, NotFound } from "../domain/errors.ts";
import type { Metric, MetricTemplate } from "../domain/metric.ts";
import { ChangedMeanwhile, type Patch, type Versioned } from "./changed.ts";
import type { CatalogueDatabase } from "./database.ts";
import type { SeriesDirectory } from "./directory.ts";
import { refusingDoubles } from "./integrity.ts";
import { endSeries, insertMetrics, metricOf } from "./metric-rows.ts";

/** Metrics of one device. */
export const METRICS_PER_DEVICE_MAX = 10_000;

/** What people do with metrics; those that devices bring are made with them. */
export class Metrics {
  readonly #database: CatalogueDatabase;
  readonly #directory: SeriesDirectory;
  readonly #clock: Clock;

  constructor(database: CatalogueDatabase, directory: SeriesDirectory, clock: Clock) {
    this.#database = database;
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Adds metrics to a device, all or none. @throws NotFound, Conflict */
  async add(deviceId: string, templates: readonly MetricTemplate[]): Promise<Metric[]> {
    const device = this.#directory.device(deviceId);
    if (!device) throw new NotFound("device");
    if (this.#directory.allOfDevice(deviceId).length + templates.length > METRICS_PER_DEVICE_MAX) {
      throw new Conflict(`A device has at most ${METRICS_PER_DEVICE_MAX} metrics.`);
    }
    const wanted = templates.map((template) => ({ ...template, deviceId }));
    const added = await this.#database
      .transaction()
      .execute((transaction) => insertMetrics(transaction, wanted, null, this.#clock.nowMs()));
    for (const metric of added) this.#directory.add(metric, device.siteId);
    return added;
  }

  /** The metric, and the version that a change of it is made from. @throws NotFound */
  async versioned(id: string): Promise<Versioned<Metric>> {
    const row = await this.#database.selectFrom("metric").selectAll().where("id", "=", id).executeTakeFirst();
    if (!row) throw new NotFound("metric");
    return { item: metricOf(row), version: row.version };
  }

  /**
   * Changes what a metric is called or said to be; its readings stay as they are.
   * @param fromVersion what the change was made from; null for whatever is there
   * @throws NotFound, ChangedMeanwhile, Conflict when the device has a metric of that name
   */
  async update(id: string, patch: Patch<MetricTemplate>, fromVersion: number | null): Promise<Versioned<Metric>> {
    const row = await refusingDoubles(`metric "${patch.name ?? ""}"`, () =>
      this.#database
        .updateTable("metric")
        .set((of) => ({
          ...(patch.name !== undefined && { name: patch.name }),
          ...(patch.unit !== undefined && { unit: patch.unit }),
          ...(patch.kind !== undefined && { kind: patch.kind }),
          version: of("version", "+", 1),
        }))
        .where("id", "=", id)
        .$if(fromVersion !== null, (query) => query.where("version", "=", fromVersion ?? 0))
        .returningAll()
        .executeTakeFirst(),
    );
    if (!row) {
      await this.versioned(id);
      throw new ChangedMeanwhile("metric");
    }
    const metric = metricOf(row);
    this.#directory.replace(metric, this.#directory.device(metric.deviceId)?.siteId ?? "");
    return { item: metric, version: row.version };
  }

  /** Deletes a metric. Its readings stay in the store until retention ends. @throws NotFound, Conflict for a device's last metric */
  async delete(id: string): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      const found = await transaction.selectFrom("metric").select("device_id").where("id", "=", id).executeTakeFirst();
      if (!found) throw new NotFound("metric");
      const { count } = await transaction
        .selectFrom("metric")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .where("device_id", "=", found.device_id)
        .executeTakeFirstOrThrow();
      if (count <= 1) throw new Conflict("This is the device's last metric: delete the device instead.");
      await endSeries(transaction, "id", id);
      await transaction.deleteFrom("metric").where("id", "=", id).execute();
    });
    this.#directory.remove(id);
  }
}
