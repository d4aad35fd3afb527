import { z } from "zod";
import { CONNECTION_STATES } from "../collect/connection-health.ts";
import { API_KEY_SCOPES } from "../domain/api-key.ts";
import { DEVICE_KINDS, DEVICE_STATUSES } from "../domain/device.ts";
import { METRIC_KINDS } from "../domain/metric.ts";
import { ACROSS } from "../telemetry/store.ts";

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

export const FoundMetric = z
  .object({
    id: Id,
    name: z.string(),
    unit: z.string(),
    kind: z.enum(METRIC_KINDS),
    device: z.object({ id: Id, name: z.string() }),
    site: z.object({ id: Id, name: z.string(), timezone: z.string().meta({ description: "IANA name" }) }),
  })
  .meta({ id: "FoundMetric" });

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
    state: z.enum(CONNECTION_STATES),
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
        generatedToday: z
          .object({
            energyWh: z.number().meta({ description: "The integral of the active power of what generates" }),
            coverage: z
              .number()
              .meta({ description: "The share of the time that readings cover; a mean over devices" }),
          })
          .nullable()
          .meta({
            description:
              "Since the site's midnight, at most a minute or two old; null where nothing generates, and until that of every site in the answer is added up",
          }),
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
    activePowerUnitW: z
      .number()
      .meta({ description: "How many W one of that metric's unit is, for whoever follows it live" }),
    activePowerW: z.number().nullable(),
    activePowerAt: Time.nullable(),
    ratedPowerW: z.number().nullable(),
    staleAfterMs: StaleAfterMs,
  })
  .meta({ id: "FleetDevice" });

const seriesFields = {
  from: Time,
  to: Time,
  step: z.string().meta({ description: "`raw`, `m4`, or an ISO 8601 duration" }),
  timezone: z.string().meta({ description: "Whose days, weeks, months and years the steps are" }),
};

const howSeriesWereRead = {
  plan: z
    .object({
      rollup: z.enum(["PT15M", "PT1H", "P1D"]).nullable(),
      rollupShare: z.number(),
      goneShare: z.number().optional().meta({
        description:
          "The share of which nothing is known: retention has removed its readings, and the steps are too fine for what is kept",
      }),
    })
    .meta({ description: "The widest rollup that was read, and the share of the window that came from rollups" }),
  gapRule: z.object({ maxGapS: z.int(), between: z.literal("linear") }).meta({
    description: "Readings further apart leave a gap, which is not covered and adds nothing to an integral",
  }),
};

export const Series = z
  .object({
    ...seriesFields,
    series: z.array(
      z.object({
        metricId: Id,
        unit: z.string(),
        points: z.array(z.tuple([z.number(), z.number()])).meta({ description: "Epoch ms and value, ascending" }),
        coverage: z.number().nullable().meta({
          description: "Share of the steps, up to now, that have a value (0 to 1); null for `raw` and `m4`",
        }),
        pointCoverage: z.array(z.number()).optional().meta({
          description: "For each point the share of its step's time, within the window, that is covered by readings",
        }),
      }),
    ),
    goneMetricIds: z.array(Id).optional().meta({
      description: "Of a subscription: the metrics that are there no more, or not for the asker",
    }),
    nextCursor: z.string().nullable().meta({ description: "Where a `raw` answer goes on; null otherwise" }),
    ...howSeriesWereRead,
  })
  .meta({ id: "Series" });

export const SeriesAcross = z
  .object({
    ...seriesFields,
    across: z.enum(ACROSS),
    unit: z.string(),
    metrics: z.int().meta({ description: "How many were asked for" }),
    points: z.array(z.tuple([z.number(), z.number(), z.int()])).meta({
      description: "Epoch ms, value, and how many metrics have a value there; ascending",
    }),
    ...howSeriesWereRead,
  })
  .meta({ id: "SeriesAcross" });

const LaneShare = z.number().gt(0).max(1).optional();
export const LaneShares = z.object({ repair: LaneShare, history: LaneShare }).meta({
  description:
    "The most of the vendor's limits that closing gaps, and fetching the past, may use; no bound where it is absent",
});

export const Connection = z
  .object({
    id: Id,
    name: z.string(),
    vendor: z.string(),
    baseUrl: z.string(),
    pollIntervalMs: z.int(),
    laneShares: LaneShares,
    createdAt: Time,
    pausedAt: Time.nullable().meta({ description: "Since when nothing is asked; null while it is polled" }),
    devices: z.int(),
    state: z.enum(CONNECTION_STATES),
    message: z.string().nullable(),
    since: Time,
    requests: z.int(),
    failedRequests: z.int(),
    readings: z.int(),
    issues: z.int(),
    missingDevices: z.int(),
  })
  .meta({ id: "Connection" });

const pushedFields = {
  time: z.union([z.iso.datetime({ offset: true }), z.int()]).meta({ description: "ISO 8601, or epoch ms" }),
  value: z.number(),
};

/** A JSON body; NDJSON has one of the readings a line. */
export const PushedReadings = z
  .object({
    readings: z.array(
      z.union([
        z.object({ metricId: Id, ...pushedFields }),
        z.object({ deviceId: Id, name: z.string().meta({ description: "The metric's name" }), ...pushedFields }),
      ]),
    ),
  })
  .meta({ id: "PushedReadings" });

const apiKeyFields = {
  id: Id,
  name: z.string(),
  prefix: z.string().meta({ description: "The part of the key that may be shown: `kw_<prefix>_…`" }),
  scopes: z.array(z.enum(API_KEY_SCOPES)),
  siteIds: z.array(Id).nullable().meta({ description: "The sites that it is limited to; null for all" }),
  ingest: z
    .object({
      unknownSeries: z.enum(["create", "refuse"]),
      template: z
        .object({ site: z.string().nullable(), device: z.string().nullable(), metric: z.string().nullable() })
        .meta({
          description:
            "Text with placeholders such as {measurement}, {field}, {name} or {host}; null for the usual place",
        }),
      seriesMax: z.int(),
    })
    .meta({ description: "What becomes of pushed readings whose series is not known yet" }),
  createdAt: Time,
  expiresAt: Time.nullable(),
  lastUsedAt: Time.nullable(),
};

export const ApiKey = z.object(apiKeyFields).meta({ id: "ApiKey" });

export const NewApiKey = z
  .object({ ...apiKeyFields, key: z.string().meta({ description: "The whole key; never shown again" }) })
  .meta({ id: "NewApiKey" });

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
