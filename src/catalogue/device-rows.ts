import type { Insertable, Selectable } from "kysely";
import type { Device } from "../domain/device.ts";
import type { CatalogueDatabase } from "./database.ts";
import type { Schema } from "./schema.ts";

export function deviceRow(device: Device, pushedAs: string | null): Insertable<Schema["device"]> {
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

export function deviceOf(row: Selectable<Schema["device"]>): Device {
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

/** Remembers what a device was, when it has another serial number now. */
export async function keepFormerUnit(
  transaction: CatalogueDatabase,
  before: Selectable<Schema["device"]>,
  serialNumber: string | null,
  nowMs: number,
): Promise<void> {
  if (before.serial_number === null || before.serial_number === serialNumber) return;
  await transaction
    .insertInto("former_unit")
    .values({
      device_id: before.id,
      serial_number: before.serial_number,
      manufacturer: before.manufacturer,
      model: before.model,
      until_ms: nowMs,
    })
    .execute();
}
