import { z } from "zod";
import { DEVICE_KINDS, DEVICE_STATUSES } from "../domain/device.ts";
import { METRIC_KINDS } from "../domain/metric.ts";

/** The API's objects, as OpenAPI names them. Times are ISO 8601 with Z, units UCUM codes. */
export const Id = z.uuid().meta({ description: "UUIDv7" });
export const Time = z.iso.datetime({ precision: 3 });

export const Site = z
  .object({
    id: Id,
    name: z.string(),
    timezone: z.string().meta({ description: "IANA name" }),
    latitude: z.number().nullable(),
    longitude: z.number().nullable(),
    peakPowerW: z.number().nullable(),
    createdAt: Time,
  })
  .meta({ id: "Site" });

export const Latest = z
  .object({
    value: z.number(),
    unit: z.string(),
    time: Time,
    receivedAt: Time,
    quality: z.enum(["good", "uncertain", "bad"]),
  })
  .meta({ id: "Latest" });

export const Metric = z
  .object({
    id: Id,
    deviceId: Id,
    name: z.string(),
    unit: z.string(),
    kind: z.enum(METRIC_KINDS),
    latest: Latest.nullable(),
  })
  .meta({ id: "Metric" });

const StaleAfterMs = z.int().meta({ description: "Age from which a value of this device is not live, ms" });

const deviceFields = {
  id: Id,
  siteId: Id,
  name: z.string(),
  kind: z.enum(DEVICE_KINDS),
  serialNumber: z.string().nullable(),
  manufacturer: z.string().nullable(),
  model: z.string().nullable(),
  ratedPowerW: z.number().nullable(),
  status: z.enum(DEVICE_STATUSES),
  statusAt: Time.nullable(),
  staleAfterMs: StaleAfterMs,
  connectionId: Id.nullable(),
  createdAt: Time,
};

export const Device = z.object({ ...deviceFields, metrics: z.array(Metric) }).meta({ id: "Device" });

export const DeviceCounts = z
  .object({ total: z.int(), online: z.int(), offline: z.int(), unknown: z.int() })
  .meta({ id: "DeviceCounts" });

export const ConnectionHealth = z
  .object({
    id: Id,
    name: z.string(),
    vendor: z.string(),
    state: z.enum(["starting", "running", "backing_off", "refused"]),
    message: z.string().nullable(),
    since: Time,
  })
  .meta({ id: "ConnectionHealth" });

export const Fleet = z
  .object({
    asOf: Time,
    activePowerW: z.number().meta({ description: "Sum over the devices that are online and have a fresh value" }),
    ratedPowerW: z.number().nullable(),
    devices: DeviceCounts,
    sites: z.array(
      z.object({
        id: Id,
        name: z.string(),
        timezone: z.string(),
        activePowerW: z.number(),
        ratedPowerW: z.number().nullable(),
        devices: DeviceCounts,
      }),
    ),
    connections: z.array(ConnectionHealth),
  })
  .meta({ id: "Fleet" });

export const FleetDevice = z
  .object({
    id: Id,
    siteId: Id,
    name: z.string(),
    serialNumber: z.string().nullable(),
    status: z.enum(DEVICE_STATUSES),
    statusAt: Time.nullable(),
    onlineMetricId: Id.nullable(),
    activePowerMetricId: Id.nullable(),
    activePowerW: z.number().nullable(),
    activePowerAt: Time.nullable(),
    ratedPowerW: z.number().nullable(),
    staleAfterMs: StaleAfterMs,
  })
  .meta({ id: "FleetDevice" });

export const Series = z
  .object({
    from: Time,
    to: Time,
    step: z.string().meta({ description: "`raw`, or an ISO 8601 duration" }),
    timezone: z.string(),
    series: z.array(
      z.object({
        metricId: Id,
        unit: z.string(),
        points: z.array(z.tuple([z.number(), z.number()])).meta({ description: "Epoch ms and value, ascending" }),
        coverage: z.number().nullable().meta({
          description: "Share of the steps, up to now, that hold at least one reading (0 to 1); null for `raw`",
        }),
      }),
    ),
    nextCursor: z.string().nullable().meta({ description: "Where a `raw` answer goes on; null otherwise" }),
  })
  .meta({ id: "Series" });

export const Connection = z
  .object({
    id: Id,
    name: z.string(),
    vendor: z.string(),
    baseUrl: z.string(),
    pollIntervalMs: z.int(),
    devices: z.int(),
    state: z.enum(["starting", "running", "backing_off", "refused"]),
    message: z.string().nullable(),
    since: Time,
    requests: z.int(),
    failedRequests: z.int(),
    readings: z.int(),
    issues: z.int(),
    missingDevices: z.int(),
  })
  .meta({ id: "Connection" });

export const Me = z
  .object({
    user: z.object({ id: Id, email: z.string(), name: z.string() }).nullable(),
    role: z.enum(["admin", "viewer"]),
    demo: z.boolean(),
  })
  .meta({ id: "Me" });

export const Session = z
  .object({
    accessToken: z.string(),
    expiresInS: z.int(),
    user: z.object({ id: Id, email: z.string(), name: z.string() }),
  })
  .meta({ id: "Session" });

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: "Problem" });

/** A list's answer. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

export const FleetDevicePage = pageOf(FleetDevice).meta({ id: "FleetDevicePage" });

export const Setup = z.object({ needsAdmin: z.boolean() }).meta({ id: "Setup" });
