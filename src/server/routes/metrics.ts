import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { SeriesOwner } from "../../catalogue/directory.ts";
import { pageAmong } from "../../catalogue/page.ts";
import { NotFound } from "../../domain/errors.ts";
import { METRIC_KINDS } from "../../domain/metric.ts";
import { ABOUT_DEVICE, ABOUT_METRIC } from "../about.ts";
import { EXAMPLE_IDS } from "../examples.ts";
import { PageQuery } from "../page-query.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { fromVersion, showVersion } from "../versions.ts";
import { NewMetric } from "./devices.ts";

const ById = z.object({ id: api.Id });
const MetricPatch = z
  .strictObject({
    name: NewMetric.shape.name,
    unit: NewMetric.shape.unit,
    kind: z.enum(METRIC_KINDS),
  })
  .partial();

/** Metrics: read by those of their site, made and changed by its technicians. */
export function metricRoutes(app: FastifyInstance, { catalogue, objects }: RouteParts): void {
  const { directory, metrics } = catalogue;
  const ownerOf = (metricId: string): SeriesOwner => {
    const owner = directory.byMetric(metricId);
    if (!owner) throw new NotFound("metric");
    return owner;
  };

  declare(
    app,
    "GET",
    "/devices/:id/metrics",
    {
      permission: "metric:read",
      about: ABOUT_DEVICE,
      summary: "A device's metrics",
      params: ById,
      query: PageQuery,
      example: { params: { id: EXAMPLE_IDS.device }, query: { limit: 50 } },
      answers: { 200: api.pageOf(api.Metric) },
    },
    ({ params, query }) => {
      const owners = directory.allOfDevice(params.id).map((owner) => ({ id: owner.metricId, owner }));
      const { items, nextCursor } = pageAmong(owners, query);
      return { items: items.map(({ owner }) => objects.metric(owner)), nextCursor };
    },
  );
  declare(
    app,
    "POST",
    "/devices/:id/metrics",
    {
      permission: "metric:create",
      about: ABOUT_DEVICE,
      summary: "Give a device another metric",
      audit: {
        action: "metric.create",
        note: ({ body: { name }, params: { id } }) => ({ object: { kind: "device", id }, detail: { name } }),
      },
      params: ById,
      body: NewMetric,
      isRepeatable: true,
      example: { params: { id: EXAMPLE_IDS.device }, body: { name: "state_of_charge", unit: "%" } },
      answers: { 201: api.Metric },
    },
    async ({ body, params }) => {
      const [metric] = await metrics.add(params.id, [body]);
      return objects.metric(ownerOf(metric?.id ?? ""));
    },
  );
  declare(
    app,
    "GET",
    "/metrics/:id",
    {
      permission: "metric:read",
      about: ABOUT_METRIC,
      summary: "A metric",
      params: ById,
      example: { params: { id: EXAMPLE_IDS.metric } },
      answers: { 200: api.Metric },
    },
    async ({ params, reply }) => {
      showVersion(reply, (await metrics.versioned(params.id)).version);
      return objects.metric(ownerOf(params.id));
    },
  );
  declare(
    app,
    "PATCH",
    "/metrics/:id",
    {
      permission: "metric:update",
      about: ABOUT_METRIC,
      summary: "Change what a metric is called or said to be; its readings stay as they are",
      audit: { action: "metric.change", note: ({ body }) => ({ detail: { fields: Object.keys(body) } }) },
      params: ById,
      body: MetricPatch,
      example: { params: { id: EXAMPLE_IDS.metric }, body: { name: "pv_active_power" } },
      answers: { 200: api.Metric },
    },
    async ({ body, params, request, reply }) => {
      showVersion(reply, (await metrics.update(params.id, body, fromVersion(request))).version);
      return objects.metric(ownerOf(params.id));
    },
  );
  declare(
    app,
    "DELETE",
    "/metrics/:id",
    {
      permission: "metric:delete",
      about: ABOUT_METRIC,
      summary: "Delete a metric that is not its device's last; its readings are kept until retention ends",
      audit: { action: "metric.delete" },
      params: ById,
      answers: { 204: z.null() },
    },
    async ({ params }) => {
      await metrics.delete(params.id);
      return null;
    },
  );
  declare(
    app,
    "GET",
    "/metrics/:id/latest",
    {
      permission: "metric:read",
      about: ABOUT_METRIC,
      summary: "A metric's latest value",
      params: ById,
      example: { params: { id: EXAMPLE_IDS.metric } },
      answers: { 200: api.Latest.nullable() },
    },
    ({ params, reply }) => {
      // Text goes out as it is: programs ask for this more often than for anything else, and tests compare it with its schema.
      reply.type("application/json; charset=utf-8");
      return JSON.stringify(objects.latest(ownerOf(params.id)));
    },
  );
}
