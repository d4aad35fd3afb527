import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { pageAmong } from "../../catalogue/page.ts";
import { PageQuery } from "../page-query.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { findMetrics, foundMetric } from "../views/metric-search.ts";

/** Metrics that one request may name: more would not fit into a request's line. */
export const FOUND_METRICS_NAMED_MAX = 200;
export const SEARCH_TEXT_MAX = 200;

const SearchQuery = PageQuery.extend({
  q: z.string().max(SEARCH_TEXT_MAX).optional().meta({
    description: "Words that the names of the metric, its device and its site, or the serial number, must hold",
  }),
  siteId: api.Id.optional(),
  deviceId: api.Id.optional(),
  metricIds: z
    .string()
    .max(FOUND_METRICS_NAMED_MAX * 37)
    .transform((text) => text.split(","))
    .pipe(z.array(api.Id).min(1).max(FOUND_METRICS_NAMED_MAX))
    .optional()
    .meta({ description: "Only these; what is not there, or not for the asker, is left out" }),
});

/** All metrics that somebody may read, to pick some of them. */
export function metricSearchRoutes(app: FastifyInstance, { access, catalogue: { directory } }: RouteParts): void {
  declare(
    app,
    "GET",
    "/metrics",
    {
      permission: "metric:read",
      about: "reach",
      summary: "Find metrics by their names, over all sites and devices; in the order in which they were made",
      query: SearchQuery,
      example: { query: { q: "active_power", limit: 50 } },
      answers: { 200: api.pageOf(api.FoundMetric) },
    },
    ({ actor, query }) => {
      const found = findMetrics(directory, { ...query, text: query.q }, access.reach(actor));
      const listed = found.map((owner) => ({ id: owner.metricId, owner }));
      const { items, nextCursor } = pageAmong(listed, query);
      return { items: items.map(({ owner }) => foundMetric(directory, owner)), nextCursor };
    },
  );
}
