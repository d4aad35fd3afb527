import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { EXAMPLE_IDS } from "../examples.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { LatestValues } from "../views/latest-values.ts";

const Query = z.strictObject({ siteId: api.Id.optional() });
const LatestValue = z
  .object({ metricId: api.Id, deviceId: api.Id, name: z.string() })
  .extend(api.Latest.shape)
  .meta({ id: "LatestValue" });

/** The present of a whole fleet in one answer. */
export function latestRoutes(app: FastifyInstance, { access, catalogue, store }: RouteParts): void {
  const values = new LatestValues(catalogue.directory, store);
  declare(
    app,
    "GET",
    "/latest",
    {
      permission: "metric:read",
      about: "reach",
      summary: "The latest value of every metric that has one, of all sites or of one",
      query: Query,
      example: { query: { siteId: EXAMPLE_IDS.site } },
      answers: { 200: z.object({ items: z.array(LatestValue) }) },
    },
    ({ actor, query, reply }) => {
      const reach = access.reach(actor);
      const wanted = query.siteId === undefined ? null : new Set([query.siteId]);
      const siteIds = reach && wanted ? wanted.intersection(reach) : (reach ?? wanted);
      // Text goes out as it is: to check thousands of values against the schema would cost more than to make them.
      reply.type("application/json; charset=utf-8");
      return values.json(siteIds);
    },
  );
}
