import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { aboutSite } from "../about.ts";
import { EXAMPLE_IDS } from "../examples.ts";
import { PageQuery } from "../page-query.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { siteView } from "../views/objects.ts";

const BySite = z.object({ siteId: api.Id });

/** What there is, for those who look over all of it that they may read. */
export function catalogueRoutes(app: FastifyInstance, { access, catalogue, fleet }: RouteParts): void {
  declare(
    app,
    "GET",
    "/fleet",
    {
      permission: "site:read",
      about: "reach",
      summary: "The fleet now: sums by site, and how its connections do",
      answers: { 200: api.Fleet },
    },
    ({ actor }) => fleet.fleet(access.reach(actor)),
  );
  declare(
    app,
    "GET",
    "/fleet/devices",
    {
      permission: "device:read",
      about: "reach",
      summary: "Every device with its status and power",
      query: PageQuery,
      example: { query: { limit: 50 } },
      answers: { 200: api.FleetDevicePage },
    },
    ({ actor, query }) => fleet.devices(query, access.reach(actor)),
  );
  declare(
    app,
    "GET",
    "/sites",
    {
      permission: "site:read",
      about: "reach",
      summary: "Sites",
      query: PageQuery,
      example: { query: { limit: 50 } },
      answers: { 200: api.pageOf(api.Site) },
    },
    async ({ actor, query }) => {
      const page = await catalogue.sites.list(query, access.reach(actor));
      return { items: page.items.map(siteView), nextCursor: page.nextCursor };
    },
  );
  declare(
    app,
    "GET",
    "/sites/:siteId/latest",
    {
      permission: "metric:read",
      about: aboutSite("siteId"),
      summary: "The latest value of each metric of a site",
      params: BySite,
      query: PageQuery,
      example: { params: { siteId: EXAMPLE_IDS.site }, query: { limit: 50 } },
      answers: { 200: api.pageOf(api.Metric) },
    },
    async ({ params, query }) => {
      const page = await fleet.devicesOfSite(params.siteId, query);
      return { items: page.items.flatMap((device) => device.metrics), nextCursor: page.nextCursor };
    },
  );
}
