import { v7 as uuidv7 } from "uuid";
import type { Clock } from "../domain/clock.ts";
import type { Device, FormerUnit } from "../domain/device.ts";
import { NotFound } from "../domain/errors.ts";
import type { Metric, MetricTemplate } from "../domain/metric.ts";
import { ChangedMeanwhile, type Patch, type Versioned } from "./changed.ts";
import type { CatalogueDatabase } from "./database.ts";
import { deviceOf, deviceRow, keepFormerUnit } from "./device-rows.ts";
import type { SeriesDirectory } from "./directory.ts";
import { refusingDoubles, refusingOrphans } from "./integrity.ts";
import { endSeries, endSeriesOfConnection, insertMetrics, metricOf } from "./metric-rows.ts";
import { afterId, EMPTY_PAGE, PAGE_ITEMS_MAX, type Page, type PageRequest, pageOf } from "./page.ts";

export type NewDevice = Omit<Device, "id" | "createdAtMs">;

/** What of a device may change: its site and its connection stay. */
export type DevicePatch = Patch<Omit<NewDevice, "siteId" | "connectionId">>;

/** A device as far as sums over a fleet need it. */
export type FleetMember = Pick<Device, "id" | "siteId" | "kind" | "ratedPowerW" | "connectionId">;

/** A device as far as a row of the fleet needs it. */
export type ListedDevice = Pick<Device, "id" | "siteId" | "name" | "serialNumber" | "ratedPowerW" | "connectionId">;

/** What becomes of a connection's devices when it is removed: they stay without one, with all their readings, or they are deleted. */
export const DEVICE_FATES = ["keep", "delete"] as const;
export type DeviceFate = (typeof DEVICE_FATES)[number];

/** What each of some devices is created with. */
export type MetricsOfDevice = (device: NewDevice) => readonly MetricTemplate[];

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
    const ended = this.#database.selectFrom("series").selectAll().where("ended_kind", "is not", null);
    for (const { number, ended_kind: kind } of await ended.execute()) {
      if (kind !== null) this.#directory.addEnded(number, kind);
    }
  }

  /**
   * Creates devices, all or none.
   * @param metrics the same for each, or of each its own
   * @throws Conflict when the connection has one of the serial numbers already.
   */
  async createAll(
    devices: readonly NewDevice[],
    metrics: readonly MetricTemplate[] | MetricsOfDevice,
  ): Promise<Device[]> {
    const metricsOf = typeof metrics === "function" ? metrics : () => metrics;
    const insertion = await this.#database
      .transaction()
      .execute((transaction) => this.insertAll(transaction, devices, metricsOf));
    return this.remember(insertion);
  }

  /** As `createAll`, inside a transaction of another repository; `remember` what it gives once that is committed. */
  async insertAll(
    transaction: CatalogueDatabase,
    devices: readonly NewDevice[],
    metricsOf: MetricsOfDevice,
  ): Promise<DeviceInsertion> {
    const created = devices.map((device) => ({ ...device, id: uuidv7(), createdAtMs: this.#clock.nowMs() }));
    for (const device of created) {
      await refusingDoubles(`serial number ${device.serialNumber}`, () =>
        refusingOrphans("site", () => transaction.insertInto("device").values(deviceRow(device, null)).execute()),
      );
    }
    const wanted = created.flatMap((device) => metricsOf(device).map((metric) => ({ ...metric, deviceId: device.id })));
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

  /** @throws NotFound */
  async get(id: string): Promise<Device> {
    const row = await this.#database.selectFrom("device").selectAll().where("id", "=", id).executeTakeFirst();
    if (!row) throw new NotFound("device");
    return deviceOf(row);
  }

  /** The device, and the version that a change of it is made from. @throws NotFound */
  async versioned(id: string): Promise<Versioned<Device>> {
    const row = await this.#database.selectFrom("device").selectAll().where("id", "=", id).executeTakeFirst();
    if (!row) throw new NotFound("device");
    return { item: deviceOf(row), version: row.version };
  }

  /**
   * Changes a device. Another serial number is a swap: the device's metrics, and with them its history, go on.
   * @param fromVersion what the change was made from; null for whatever is there
   * @throws NotFound, ChangedMeanwhile, Conflict when its connection has the serial number already
   */
  async update(id: string, patch: DevicePatch, fromVersion: number | null): Promise<Versioned<Device>> {
    const row = await this.#database.transaction().execute(async (transaction) => {
      const before = await transaction.selectFrom("device").selectAll().where("id", "=", id).executeTakeFirst();
      const changed = await refusingDoubles(`serial number ${patch.serialNumber ?? ""}`, () =>
        transaction
          .updateTable("device")
          .set((of) => ({
            ...(patch.name !== undefined && { name: patch.name }),
            ...(patch.kind !== undefined && { kind: patch.kind }),
            ...(patch.serialNumber !== undefined && { serial_number: patch.serialNumber }),
            ...(patch.manufacturer !== undefined && { manufacturer: patch.manufacturer }),
            ...(patch.model !== undefined && { model: patch.model }),
            ...(patch.ratedPowerW !== undefined && { rated_power_w: patch.ratedPowerW }),
            version: of("version", "+", 1),
          }))
          .where("id", "=", id)
          .$if(fromVersion !== null, (query) => query.where("version", "=", fromVersion ?? 0))
          .returningAll()
          .executeTakeFirst(),
      );
      if (before && changed) await keepFormerUnit(transaction, before, changed.serial_number, this.#clock.nowMs());
      return changed;
    });
    if (!row) {
      await this.get(id);
      throw new ChangedMeanwhile("device");
    }
    const device = deviceOf(row);
    this.#directory.replaceDevice({ ...device, pushedAs: row.pushed_as });
    return { item: device, version: row.version };
  }

  /** The units that a device once was, the latest `PAGE_ITEMS_MAX` of them, the latest first. */
  async formerUnits(id: string): Promise<FormerUnit[]> {
    const rows = await this.#database
      .selectFrom("former_unit")
      .selectAll()
      .where("device_id", "=", id)
      .orderBy("until_ms", "desc")
      .limit(PAGE_ITEMS_MAX)
      .execute();
    return rows.map((row) => ({
      serialNumber: row.serial_number,
      manufacturer: row.manufacturer,
      model: row.model,
      untilMs: row.until_ms,
    }));
  }

  /** Deletes a device and its metrics. Their readings stay in the store until retention ends. @throws NotFound */
  async delete(id: string): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      await endSeries(transaction, "device_id", id);
      await transaction.deleteFrom("metric").where("device_id", "=", id).execute();
      const { numDeletedRows } = await transaction.deleteFrom("device").where("id", "=", id).executeTakeFirst();
      if (numDeletedRows === 0n) throw new NotFound("device");
    });
    this.#directory.removeDevice(id);
  }

  /** What a connection that is removed leaves behind, inside its transaction. `tellDirectory` once that is committed. */
  async partFrom(
    transaction: CatalogueDatabase,
    connectionId: string,
    fate: DeviceFate,
  ): Promise<{ readonly devices: number; tellDirectory(): void }> {
    const of = transaction.selectFrom("device").where("connection_id", "=", connectionId);
    const rows = await of.selectAll().execute();
    if (fate === "delete") {
      await endSeriesOfConnection(transaction, connectionId);
      await transaction.deleteFrom("metric").where("device_id", "in", of.select("id")).execute();
      await transaction.deleteFrom("device").where("connection_id", "=", connectionId).execute();
      return { devices: rows.length, tellDirectory: () => this.#directory.removeDevices(rows.map(({ id }) => id)) };
    }
    await transaction
      .updateTable("device")
      .set((row) => ({ connection_id: null, version: row("version", "+", 1) }))
      .where("connection_id", "=", connectionId)
      .execute();
    const left = rows.map((row) => ({ ...deviceOf(row), connectionId: null, pushedAs: row.pushed_as }));
    return { devices: rows.length, tellDirectory: () => this.#directory.replaceDevices(left) };
  }

  /** @param siteIds of these sites; null for all */
  async list(request: PageRequest, siteIds: ReadonlySet<string> | null): Promise<Page<Device>> {
    if (siteIds?.size === 0) return EMPTY_PAGE;
    const rows = await this.#rowsOf(request, siteIds).selectAll().execute();
    return pageOf(rows.map(deviceOf), request.limit);
  }

  /** The same with less of each device, for pages of hundreds. @param siteIds of these sites; null for all */
  async listed(request: PageRequest, siteIds: ReadonlySet<string> | null): Promise<Page<ListedDevice>> {
    if (siteIds?.size === 0) return EMPTY_PAGE;
    const rows = await this.#rowsOf(request, siteIds)
      .select(["id", "site_id", "name", "serial_number", "rated_power_w", "connection_id"])
      .execute();
    const devices = rows.map((row) => ({
      id: row.id,
      siteId: row.site_id,
      name: row.name,
      serialNumber: row.serial_number,
      ratedPowerW: row.rated_power_w,
      connectionId: row.connection_id,
    }));
    return pageOf(devices, request.limit);
  }

  /** A page's rows, and one more. */
  #rowsOf(request: PageRequest, siteIds: ReadonlySet<string> | null) {
    const rows = this.#database
      .selectFrom("device")
      .where("id", ">", afterId(request))
      .orderBy("id")
      .limit(request.limit + 1);
    return siteIds === null ? rows : rows.where("site_id", "in", [...siteIds]);
  }

  async all(): Promise<Device[]> {
    return (await this.#database.selectFrom("device").selectAll().orderBy("id").execute()).map(deviceOf);
  }

  /** Every device, as far as sums over a fleet need it; in no order. */
  async members(): Promise<FleetMember[]> {
    const rows = this.#database
      .selectFrom("device")
      .select(["id", "site_id", "kind", "rated_power_w", "connection_id"]);
    return (await rows.execute()).map((row) => ({
      id: row.id,
      siteId: row.site_id,
      kind: row.kind,
      ratedPowerW: row.rated_power_w,
      connectionId: row.connection_id,
    }));
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
