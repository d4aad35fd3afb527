import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { ownerIdOf } from "../../access/actor.ts";
import { NotAuthenticated } from "../../domain/errors.ts";
import { ACROSS, STEP_AGGREGATES } from "../../telemetry/store.ts";
import { ABOUT_METRIC } from "../about.ts";
import { EXAMPLE_IDS, EXAMPLE_TIMES } from "../examples.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { Turns } from "../turns.ts";
import { keptMetrics } from "../views/readable-metrics.ts";
import { acrossCsv, seriesCsv } from "../views/series-csv.ts";
import { POINTS_DEFAULT, SERIES_METRICS_MAX, type SeriesRequest } from "../views/series-request.ts";
import { POINTS_MAX } from "../views/series-steps.ts";

/** A query has one turn of the event loop, and bodies that are coming in have the others. */
const TURNS_BESIDE_BODIES = 2;

const ById = z.object({ id: api.Id });
const timeMs = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const seriesFields = {
  from: timeMs,
  to: timeMs,
  step: z.string().max(30).default("auto").meta({
    description:
      "`auto`, `raw` (pages of `maxPoints` readings, in the order of time), a duration such as `PT15M`, or `P1D`, `P1W`, `P1M`, `P1Y` in the calendar of the site",
  }),
  agg: z
    .enum([...STEP_AGGREGATES, "m4"])
    .default("mean")
    .meta({
      description:
        "`integral` is in the metric's unit times hours; `m4` picks each stretch's first, smallest, largest and last reading, for a chart",
    }),
  maxPoints: z.coerce.number().int().min(1).max(POINTS_MAX).default(POINTS_DEFAULT),
  coverage: z.enum(["steps", "points"]).default("steps").meta({
    description: "`points` adds to each point the share of its step's time that is covered by readings",
  }),
};
const SeriesQuery = z.strictObject({ ...seriesFields, cursor: z.string().max(100).optional() });
const SubscriptionQuery = SeriesQuery.extend({ timezone: z.string().max(60).optional() });
const ManyQuery = z.strictObject({
  ...SeriesQuery.shape,
  metricIds: z
    .string()
    .max(SERIES_METRICS_MAX * 37)
    .transform((text) => text.split(","))
    .pipe(z.array(api.Id).min(1).max(SERIES_METRICS_MAX))
    .optional(),
  siteId: api.Id.optional(),
  name: z.string().max(200).optional().meta({ description: "With `siteId`: all metrics of this name in the site" }),
  timezone: z.string().max(60).optional().meta({ description: "Whose calendar; the metrics' own site's unless told" }),
  across: z.enum(ACROSS).optional().meta({ description: "Makes one number of all metrics for each step" }),
});

type SeriesView = z.input<typeof api.Series>;
const AnySeries = z.union([api.Series, api.SeriesAcross]);

/** What metrics were over time: JSON, or CSV for `Accept: text/csv`. */
export function seriesRoutes(app: FastifyInstance, { access, catalogue, series, bodies }: RouteParts): void {
  const turns = new Turns(() => (bodies.bodies > 0 ? TURNS_BESIDE_BODIES : 1));
  declare(
    app,
    "GET",
    "/metrics/:id/series",
    {
      permission: "metric:read",
      about: ABOUT_METRIC,
      summary: "A metric over time, raw or by steps",
      params: ById,
      query: SeriesQuery,
      example: {
        params: { id: EXAMPLE_IDS.metric },
        query: { from: EXAMPLE_TIMES.from, to: EXAMPLE_TIMES.to, step: "PT15M", agg: "mean" },
      },
      answers: { 200: api.Series },
      answersAs: { "application/json": api.Series, "text/csv": z.string() },
    },
    async ({ params, query, request, reply }) => {
      await turns.next();
      const view = await series.ofMetric(params.id, requestOf(query, query.cursor));
      return answered(request, reply, view);
    },
  );
  declare(
    app,
    "GET",
    "/subscriptions/:id/series",
    {
      permission: "subscription:own",
      about: "reach",
      summary: "A subscription's metrics over time; says which of them are gone",
      params: ById,
      query: SubscriptionQuery,
      example: {
        params: { id: EXAMPLE_IDS.subscription },
        query: { from: EXAMPLE_TIMES.from, to: EXAMPLE_TIMES.to, step: "PT15M" },
      },
      answers: { 200: api.Series },
      answersAs: { "application/json": api.Series, "text/csv": z.string() },
    },
    async ({ actor, params, query, request, reply }) => {
      const ownerId = ownerIdOf(actor);
      if (ownerId === null) throw new NotAuthenticated("Sign in first.");
      const { item } = await catalogue.subscriptions.get(ownerId, params.id);
      await turns.next();
      const reach = access.reach(actor);
      const { metricIds, goneMetricIds } = keptMetrics(item.metricIds, catalogue.directory, reach);
      const selection = { metricIds, timezone: query.timezone, siteIds: reach };
      const view = await series.ofMetrics(selection, requestOf(query, query.cursor));
      return answered(request, reply, { ...view, goneMetricIds });
    },
  );
  declare(
    app,
    "GET",
    "/series",
    {
      permission: "metric:read",
      about: "reach",
      summary: "Many metrics over time, each by itself or all in one number a step",
      query: ManyQuery,
      example: {
        query: {
          from: EXAMPLE_TIMES.from,
          to: EXAMPLE_TIMES.to,
          step: "PT15M",
          siteId: EXAMPLE_IDS.site,
          name: "active_power",
          across: "sum",
        },
      },
      answers: { 200: AnySeries },
      answersAs: { "application/json": AnySeries, "text/csv": z.string() },
    },
    async ({ query, actor, request, reply }) => {
      await turns.next();
      const selection = { ...query, siteIds: access.reach(actor) };
      if (query.across === undefined) {
        const view = await series.ofMetrics(selection, requestOf(query, query.cursor));
        return answered(request, reply, view);
      }
      const view = await series.across(selection, { ...requestOf(query), across: query.across });
      return wantsCsv(request) ? asCsv(reply, acrossCsv(view)) : asJson(reply, view);
    },
  );
}

type SharedQuery = Pick<z.output<typeof SeriesQuery>, keyof typeof seriesFields>;

function requestOf({ from, to, step, agg, maxPoints, coverage }: SharedQuery, cursor?: string): SeriesRequest {
  return { fromMs: from, toMs: to, step, aggregate: agg, maxPoints, cursor, pointCoverage: coverage === "points" };
}

/** Whether CSV is named and JSON is not named before it. */
function wantsCsv({ headers: { accept = "" } }: FastifyRequest): boolean {
  return /^(?:(?!json).)*text\/csv/.test(accept);
}

function answered(request: FastifyRequest, reply: FastifyReply, view: SeriesView): Buffer | string {
  if (!wantsCsv(request)) return asJson(reply, view);
  if (view.nextCursor !== null) reply.header("x-next-cursor", view.nextCursor);
  return asCsv(reply, seriesCsv(view));
}

/** Goes out as it is, as bytes: to check thousands of points against the schema, or to write a long text, costs more than to find them. */
function asJson(reply: FastifyReply, view: SeriesView | z.input<typeof api.SeriesAcross>): Buffer {
  reply.type("application/json; charset=utf-8");
  return Buffer.from(JSON.stringify(view));
}

function asCsv(reply: FastifyReply, text: string): string {
  reply.type("text/csv; charset=utf-8; header=present");
  return text;
}
