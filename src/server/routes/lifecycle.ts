import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { InvalidInput, NotFound } from "../../domain/errors.ts";
import { METRIC_KINDS } from "../../domain/metric.ts";
import { READING_TIME_MS } from "../../domain/reading.ts";
import { RETENTION_DAYS_MAX } from "../../telemetry/store.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { retentionView } from "../views/retention.ts";
import { StorageViews } from "../views/storage.ts";
import { isoTime } from "../views/times.ts";

/** Metrics in one answer of `/storage/metrics`. */
export const STORAGE_METRICS_MAX = 500;

const timeMs = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const Window = z.strictObject({ from: timeMs.optional(), to: timeMs.optional() });

const DeletedReadings = z
  .object({
    metricId: api.Id,
    from: api.Time.nullable().meta({ description: "Null for the first reading" }),
    to: api.Time.nullable().meta({ description: "Exclusive; null for the last reading" }),
    message: z.string(),
  })
  .meta({ id: "DeletedReadings" });

const days = z.int().min(1).max(RETENTION_DAYS_MAX).nullable();
const KeptDays = z
  .strictObject({
    rawDays: days.meta({ description: "For how many days readings are kept; null for ever" }),
    rollupDays: days.meta({ description: "The same for what is made of them by quarter-hours, hours and days" }),
  })
  .meta({ id: "KeptDays" });
const kinds = <Shape extends z.ZodType>(of: Shape) => z.strictObject({ gauge: of, counter: of, state: of });

const Retention = z
  .object({
    policy: kinds(KeptDays),
    removed: kinds(
      z
        .object({ readingsBefore: api.Time, rollupsBefore: api.Time.nullable(), refusedBefore: api.Time })
        .nullable()
        .meta({ description: "What is gone already, and does not come back; null for nothing" }),
    ),
    message: z.string(),
  })
  .meta({ id: "Retention" });

const RetentionCut = z.object({ days: z.int(), before: api.Time }).meta({ id: "RetentionCut" });

const size = { bytes: z.int(), rows: z.int() };
const Storage = z
  .object({
    readings: z.object(size),
    rollups: z.object(size),
    journalBytes: z.int(),
    leavingBytes: z.int().meta({ description: "Replaced or removed, and off the disk within minutes" }),
    freeBytes: z.int(),
    kinds: kinds(z.object({ series: z.int(), readings: z.int() })).meta({
      description: "What retention rules over: series that hold readings, also those whose metric there is no more",
    }),
    sites: z.array(
      z.object({
        siteId: api.Id.nullable().meta({ description: "Null for series whose metric there is no more" }),
        name: z.string().nullable(),
        readings: z.int(),
        bytes: z.int(),
      }),
    ),
    message: z.string(),
  })
  .meta({ id: "Storage" });

const MetricStorage = z
  .object({
    metricId: api.Id,
    deviceId: api.Id,
    siteId: api.Id,
    name: z.string(),
    deviceName: z.string(),
    readings: z.int(),
    readingBytes: z.int(),
    rollupBytes: z.int(),
  })
  .meta({ id: "MetricStorage" });

const MetricsQuery = z.strictObject({
  siteId: api.Id.optional(),
  limit: z.coerce.number().int().min(1).max(STORAGE_METRICS_MAX).default(STORAGE_METRICS_MAX),
});

/** What is kept, for how long, how to be rid of it, and what it takes. */
export function lifecycleRoutes(app: FastifyInstance, { catalogue, store }: RouteParts): void {
  const storage = new StorageViews(catalogue, store);

  declare(
    app,
    "DELETE",
    "/metrics/:id/readings",
    {
      permission: "readings:delete",
      summary: "Delete a metric's readings, all or those of a time range",
      params: z.object({ id: api.Id }),
      query: Window,
      audit: {
        action: "readings.delete",
        note: ({ params: { id }, query: { from, to } }) => ({
          object: { kind: "metric", id },
          detail: { from: from === undefined ? null : isoTime(from), to: to === undefined ? null : isoTime(to) },
        }),
      },
      answers: { 202: DeletedReadings },
    },
    async ({ params, query: { from, to } }) => {
      const owner = catalogue.directory.byMetric(params.id);
      if (!owner) throw new NotFound("metric");
      const window = { fromMs: from ?? READING_TIME_MS.min, toMs: to ?? READING_TIME_MS.max + 1 };
      if (window.fromMs >= window.toMs) throw new InvalidInput([{ path: "from", message: "must lie before to" }]);
      await store.deleteReadings({ series: [owner.series], ...window });
      return {
        metricId: owner.metricId,
        from: from === undefined ? null : isoTime(from),
        to: to === undefined ? null : isoTime(to),
        message:
          "No answer holds these readings any more. They leave the disk in the background; backups keep them. Readings that come in from now on are stored.",
      };
    },
  );

  declare(
    app,
    "GET",
    "/retention",
    {
      permission: "retention:manage",
      summary: "For how long readings are kept, by kind of metric",
      answers: { 200: Retention },
    },
    () => retentionView(store.retention()),
  );
  declare(
    app,
    "PUT",
    "/retention",
    {
      permission: "retention:manage",
      summary: "Say for how long readings are kept, by kind of metric",
      body: kinds(KeptDays).meta({ id: "RetentionPolicy" }),
      audit: { action: "retention.change", note: ({ body }) => ({ detail: { policy: body } }) },
      answers: { 200: Retention },
    },
    async ({ body }) => {
      await store.setRetention(Object.fromEntries(METRIC_KINDS.map((kind) => [kind, body[kind]])));
      return retentionView(store.retention());
    },
  );

  declare(
    app,
    "GET",
    "/retention/cut",
    {
      permission: "retention:manage",
      summary: "Before when readings would be removed now, if they were kept for so many days; changes nothing",
      query: z.strictObject({ days: z.coerce.number().int().min(1).max(RETENTION_DAYS_MAX) }),
      example: { query: { days: 365 } },
      answers: { 200: RetentionCut },
    },
    ({ query: { days: keptDays } }) => ({ days: keptDays, before: isoTime(store.removableBefore(keptDays)) }),
  );

  declare(
    app,
    "GET",
    "/storage",
    { permission: "operation:read", summary: "What is on the disk, in all and by site", answers: { 200: Storage } },
    () => storage.all(),
  );
  declare(
    app,
    "GET",
    "/storage/metrics",
    {
      permission: "operation:read",
      summary: "What metrics take on the disk, the largest first",
      query: MetricsQuery,
      answers: { 200: z.object({ items: z.array(MetricStorage), message: z.string() }) },
    },
    ({ query }) => storage.metrics(query.siteId ?? null, query.limit),
  );
}
