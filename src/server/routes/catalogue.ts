import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from "../../catalogue/page.ts";
import { NotFound } from "../../domain/errors.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { siteView } from "../views/objects.ts";

const ById = z.object({ id: api.Id });
const BySite = z.object({ siteId: api.Id });
const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(PAGE_ITEMS_MAX).default(PAGE_ITEMS_DEFAULT),
  cursor: z.string().max(100).optional(),
});
const NewSite = z.strictObject({
  name: z.string().trim().min(1).max(200),
  timezone: z.string().refine(isTimezone, "must be an IANA timezone such as Europe/Madrid"),
  latitude: z.number().min(-90).max(90).nullable().default(null),
  longitude: z.number().min(-180).max(180).nullable().default(null),
  peakPowerW: z.number().positive().nullable().default(null),
});

/** Sites, devices and metrics. */
export function catalogueRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { catalogue, fleet, objects } = parts;

  declare(
    app,
    "GET",
    "/fleet",
    {
      permission: "site:read",
      summary: "The fleet now: sums by site, and how its connections do",
      answers: { 200: api.Fleet },
    },
    () => fleet.fleet(),
  );
  declare(
    app,
    "GET",
    "/fleet/devices",
    {
      permission: "device:read",
      summary: "Every device with its status and power",
      query: PageQuery,
      answers: { 200: api.FleetDevicePage },
    },
    ({ query }) => fleet.devices(query),
  );

  declare(
    app,
    "GET",
    "/sites",
    { permission: "site:read", summary: "Sites", query: PageQuery, answers: { 200: api.pageOf(api.Site) } },
    async ({ query }) => {
      const page = await catalogue.sites.list(query);
      return { items: page.items.map(siteView), nextCursor: page.nextCursor };
    },
  );
  declare(
    app,
    "POST",
    "/sites",
    {
      permission: "site:create",
      summary: "Create a site",
      body: NewSite,
      audit: { action: "site.create", note: ({ body: { name } }) => ({ detail: { name } }) },
      answers: { 201: api.Site },
    },
    async ({ body }) => siteView(await catalogue.sites.create(body)),
  );
  declare(
    app,
    "GET",
    "/sites/:id",
    { permission: "site:read", summary: "A site", params: ById, answers: { 200: api.Site } },
    async ({ params }) => siteView(await catalogue.sites.get(params.id)),
  );
  declare(
    app,
    "GET",
    "/sites/:siteId/devices",
    {
      permission: "device:read",
      summary: "A site's devices, with their metrics",
      params: BySite,
      query: PageQuery,
      answers: { 200: api.pageOf(api.Device) },
    },
    ({ params, query }) => fleet.devicesOfSite(params.siteId, query),
  );
  declare(
    app,
    "GET",
    "/sites/:siteId/latest",
    {
      permission: "metric:read",
      summary: "The latest value of each metric of a site",
      params: BySite,
      query: PageQuery,
      answers: { 200: api.pageOf(api.Metric) },
    },
    async ({ params, query }) => {
      const page = await fleet.devicesOfSite(params.siteId, query);
      return { items: page.items.flatMap((device) => device.metrics), nextCursor: page.nextCursor };
    },
  );

  declare(
    app,
    "GET",
    "/devices/:id",
    { permission: "device:read", summary: "A device, with its metrics", params: ById, answers: { 200: api.Device } },
    ({ params }) => fleet.device(params.id),
  );

  const ownerOf = (metricId: string) => {
    const owner = catalogue.directory.byMetric(metricId);
    if (!owner) throw new NotFound("metric");
    return owner;
  };
  declare(
    app,
    "GET",
    "/metrics/:id",
    { permission: "metric:read", summary: "A metric", params: ById, answers: { 200: api.Metric } },
    ({ params }) => objects.metric(ownerOf(params.id)),
  );
  declare(
    app,
    "GET",
    "/metrics/:id/latest",
    {
      permission: "metric:read",
      summary: "A metric's latest value",
      params: ById,
      answers: { 200: api.Latest.nullable() },
    },
    ({ params }) => objects.latest(ownerOf(params.id)),
  );
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}
