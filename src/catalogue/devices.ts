import { v7 as uuidv7 } from "uuid";
import type { Clock } from "../domain/clock.ts";
import type { Device } from "../domain/device.ts";
import { Conflict, NotFound } from "../domain/errors.ts";
import type { Metric, MetricTemplate } from "../domain/metric.ts";
import type { CatalogueDatabase } from "./database.ts";
import type { SeriesDirectory } from "./directory.ts";
import { afterId, type Page, type PageRequest, pageOf } from "./page.ts";
import type { Schema } from "./schema.ts";

export type NewDevice = Omit<Device, "id" | "createdAtMs">;

/** What an insertion of devices has brought, for when it is committed. */
export interface DeviceInsertion {
  readonly created: Device[];
  readonly added: { readonly metric: Metric; readonly siteId: string }[];
}

/** Series numbers are `UInt32` in the telemetry store. */
export const SERIES_MAX = 2 ** 32 - 1;

/** Devices and the metrics that live under them. */
export class Devices {
  readonly #database: CatalogueDatabase;
  readonly #directory: SeriesDirectory;
  readonly #clock: Clock;

  constructor(database: CatalogueDatabase, directory: SeriesDirectory, clock: Clock) {
    this.#database = database;
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Fills the directory from the database; once, at start. */
  async loadDirectory(): Promise<void> {
    const rows = await this.#database
      .selectFrom("metric")
      .innerJoin("device", "device.id", "metric.device_id")
      .selectAll("metric")
      .select("device.site_id")
      .execute();
    for (const row of rows) this.#directory.add(metricOf(row), row.site_id);
  }

  /**
   * Creates devices with the same metrics each, all or none.
   * @throws Conflict when the connection has one of the serial numbers already.
   */
  async createAll(devices: readonly NewDevice[], metrics: readonly MetricTemplate[]): Promise<Device[]> {
    const insertion = await this.#database
      .transaction()
      .execute((transaction) => this.insertAll(transaction, devices, metrics));
    return this.remember(insertion);
  }

  /** As `createAll`, inside a transaction of another repository; `remember` what it gives once that is committed. */
  async insertAll(
    transaction: CatalogueDatabase,
    devices: readonly NewDevice[],
    metrics: readonly MetricTemplate[],
  ): Promise<DeviceInsertion> {
    const created = devices.map((device) => ({ ...device, id: uuidv7(), createdAtMs: this.#clock.nowMs() }));
    const added: DeviceInsertion["added"] = [];
    for (const device of created) {
      await refusingDoubles(`serial number ${device.serialNumber}`, () =>
        transaction.insertInto("device").values(deviceRow(device)).execute(),
      );
      for (const metric of metrics) {
        added.push({ metric: await this.#addMetric(transaction, device.id, metric), siteId: device.siteId });
      }
    }
    return { created, added };
  }

  /** Makes what was committed known to the directory. */
  remember({ created, added }: DeviceInsertion): Device[] {
    for (const { metric, siteId } of added) this.#directory.add(metric, siteId);
    return created;
  }

  /** Adds metrics to a device, all or none. @throws NotFound, Conflict */
  async addMetrics(deviceId: string, templates: readonly MetricTemplate[]): Promise<Metric[]> {
    const device = await this.get(deviceId);
    const added: Metric[] = [];
    await this.#database.transaction().execute(async (transaction) => {
      for (const template of templates) added.push(await this.#addMetric(transaction, deviceId, template));
    });
    for (const metric of added) this.#directory.add(metric, device.siteId);
    return added;
  }

  /** @throws NotFound */
  async get(id: string): Promise<Device> {
    const row = await this.#database.selectFrom("device").selectAll().where("id", "=", id).executeTakeFirst();
    if (!row) throw new NotFound("device");
    return deviceOf(row);
  }

  async list(request: PageRequest, siteId?: string): Promise<Page<Device>> {
    let query = this.#database.selectFrom("device").selectAll().where("id", ">", afterId(request));
    if (siteId !== undefined) query = query.where("site_id", "=", siteId);
    const rows = await query
      .orderBy("id")
      .limit(request.limit + 1)
      .execute();
    return pageOf(rows.map(deviceOf), request.limit);
  }

  /** A device that belongs to no connection, by its serial number. */
  async findUnconnected(serialNumber: string): Promise<Device | undefined> {
    const row = await this.#database
      .selectFrom("device")
      .selectAll()
      .where("serial_number", "=", serialNumber)
      .where("connection_id", "is", null)
      .orderBy("id")
      .executeTakeFirst();
    return row && deviceOf(row);
  }

  async all(): Promise<Device[]> {
    return (await this.#database.selectFrom("device").selectAll().orderBy("id").execute()).map(deviceOf);
  }

  async ofConnection(connectionId: string): Promise<Device[]> {
    const rows = await this.#database
      .selectFrom("device")
      .selectAll()
      .where("connection_id", "=", connectionId)
      .orderBy("id")
      .execute();
    return rows.map(deviceOf);
  }

  async #addMetric(transaction: CatalogueDatabase, deviceId: string, template: MetricTemplate): Promise<Metric> {
    const id = uuidv7();
    const { number } = await transaction
      .insertInto("series")
      .values({ metric_id: id })
      .returning("number")
      .executeTakeFirstOrThrow();
    if (number > SERIES_MAX) throw new Conflict(`All ${SERIES_MAX} series numbers are used up.`);
    const metric: Metric = { ...template, id, deviceId, series: number };
    await refusingDoubles(`metric "${template.name}"`, () =>
      transaction
        .insertInto("metric")
        .values({
          id,
          device_id: deviceId,
          name: template.name,
          unit: template.unit,
          kind: template.kind,
          series: number,
          created_at_ms: this.#clock.nowMs(),
        })
        .execute(),
    );
    return metric;
  }
}

/** SQLite's extended result code of a broken UNIQUE constraint (sqlite.org/rescode.html#constraint_unique). */
const SQLITE_CONSTRAINT_UNIQUE = 2067;

async function refusingDoubles<T>(what: string, insert: () => Promise<T>): Promise<T> {
  try {
    return await insert();
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_CONSTRAINT_UNIQUE) {
      throw new Conflict(`There is a ${what} already.`, { cause: error });
    }
    throw error;
  }
}

function deviceRow(device: Device): Schema["device"] {
  return {
    id: device.id,
    site_id: device.siteId,
    name: device.name,
    kind: device.kind,
    serial_number: device.serialNumber,
    manufacturer: device.manufacturer,
    model: device.model,
    rated_power_w: device.ratedPowerW,
    connection_id: device.connectionId,
    created_at_ms: device.createdAtMs,
  };
}

function deviceOf(row: Schema["device"]): Device {
  return {
    id: row.id,
    siteId: row.site_id,
    name: row.name,
    kind: row.kind,
    serialNumber: row.serial_number,
    manufacturer: row.manufacturer,
    model: row.model,
    ratedPowerW: row.rated_power_w,
    connectionId: row.connection_id,
    createdAtMs: row.created_at_ms,
  };
}

function metricOf(row: Schema["metric"]): Metric {
  return { id: row.id, deviceId: row.device_id, name: row.name, unit: row.unit, kind: row.kind, series: row.series };
}
