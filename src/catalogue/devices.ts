import { v7 as uuidv7 } from "uuid";
import type { Clock } from "../domain/clock.ts";
import type { Device } from "../domain/device.ts";
import { NotFound } from "../domain/errors.ts";
import type { Metric, MetricTemplate } from "../domain/metric.ts";
import type { CatalogueDatabase } from "./database.ts";
import type { SeriesDirectory } from "./directory.ts";
import { insertMetrics, refusingDoubles } from "./metric-rows.ts";
import { afterId, type Page, type PageRequest, pageOf } from "./page.ts";
import type { Schema } from "./schema.ts";

export type NewDevice = Omit<Device, "id" | "createdAtMs">;

/** What an insertion of devices has brought, for when it is committed. */
export interface DeviceInsertion {
  readonly created: Device[];
  readonly added: { readonly metric: Metric; readonly siteId: string }[];
}

/** Metrics that are read at once when the directory is filled: a million in one answer would take longer than a statement may. */
export const METRICS_PER_READ = 20_000;

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
    const sites = await this.#database.selectFrom("site").select(["id", "name", "timezone"]).orderBy("id").execute();
    for (const site of sites) this.#directory.addSite(site);
    for (const row of await this.#database.selectFrom("device").selectAll().orderBy("id").execute()) {
      this.#directory.addDevice({ ...deviceOf(row), pushedAs: row.pushed_as });
    }
    for (let last = 0; ; ) {
      const rows = await this.#database
        .selectFrom("metric")
        .selectAll()
        .where("series", ">", last)
        .orderBy("series")
        .limit(METRICS_PER_READ)
        .execute();
      for (const row of rows) {
        const device = this.#directory.device(row.device_id);
        if (device) this.#directory.add(metricOf(row), device.siteId);
        last = row.series;
      }
      if (rows.length < METRICS_PER_READ) break;
    }
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
    for (const device of created) {
      await refusingDoubles(`serial number ${device.serialNumber}`, () =>
        transaction.insertInto("device").values(deviceRow(device, null)).execute(),
      );
    }
    const wanted = created.flatMap(({ id }) => metrics.map((metric) => ({ ...metric, deviceId: id })));
    const siteIds = new Map(created.map(({ id, siteId }) => [id, siteId]));
    const added = await insertMetrics(transaction, wanted, null, this.#clock.nowMs());
    return { created, added: added.map((metric) => ({ metric, siteId: siteIds.get(metric.deviceId) ?? "" })) };
  }

  /** Makes what was committed known to the directory. */
  remember({ created, added }: DeviceInsertion): Device[] {
    for (const device of created) this.#directory.addDevice({ ...device, pushedAs: null });
    for (const { metric, siteId } of added) this.#directory.add(metric, siteId);
    return created;
  }

  /** Adds metrics to a device, all or none. @throws NotFound, Conflict */
  async addMetrics(deviceId: string, templates: readonly MetricTemplate[]): Promise<Metric[]> {
    const device = await this.get(deviceId);
    const wanted = templates.map((template) => ({ ...template, deviceId }));
    const added = await this.#database
      .transaction()
      .execute((transaction) => insertMetrics(transaction, wanted, null, this.#clock.nowMs()));
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
}

export function deviceRow(device: Device, pushedAs: string | null): Schema["device"] {
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
    pushed_as: pushedAs,
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
