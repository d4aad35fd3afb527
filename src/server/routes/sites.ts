import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Membership } from "../../catalogue/memberships.ts";
import { isTimeZone } from "../../domain/calendar.ts";
import { SITE_ROLES } from "../../domain/user.ts";
import { aboutSite } from "../about.ts";
import { EXAMPLE_IDS } from "../examples.ts";
import { PageQuery } from "../page-query.ts";
import type { RouteParts } from "../parts.ts";
import * as people from "../people-schemas.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { fromVersion, showVersion } from "../versions.ts";
import { siteView } from "../views/objects.ts";

const ById = z.object({ id: api.Id });
const BySite = z.object({ siteId: api.Id });
const ByMember = z.object({ siteId: api.Id, userId: api.Id });

const Name = z.string().trim().min(1).max(200);
const Timezone = z.string().refine(isTimeZone, "must be an IANA timezone such as Europe/Madrid");
const Latitude = z.number().min(-90).max(90).nullable();
const Longitude = z.number().min(-180).max(180).nullable();
const PeakPowerW = z.number().positive().nullable();

const NewSite = z.strictObject({
  name: Name,
  timezone: Timezone,
  latitude: Latitude.default(null),
  longitude: Longitude.default(null),
  peakPowerW: PeakPowerW.default(null),
});
const SitePatch = z
  .strictObject({ name: Name, timezone: Timezone, latitude: Latitude, longitude: Longitude, peakPowerW: PeakPowerW })
  .partial();
const NewMember = z.strictObject({ role: z.enum(SITE_ROLES) });

/** Sites as people make and change them, and who is what on each. */
export function siteRoutes(app: FastifyInstance, { catalogue }: RouteParts): void {
  const { memberships, sites, users } = catalogue;

  declare(
    app,
    "POST",
    "/sites",
    {
      permission: "site:create",
      summary: "Create a site",
      audit: { action: "site.create", note: ({ body: { name } }) => ({ detail: { name } }) },
      body: NewSite,
      isRepeatable: true,
      example: {
        body: {
          name: "Solar Park Sevilla",
          timezone: "Europe/Madrid",
          latitude: 37.39,
          longitude: -5.98,
          peakPowerW: 2_500_000,
        },
      },
      answers: { 201: api.Site },
    },
    async ({ body }) => siteView(await sites.create(body)),
  );
  declare(
    app,
    "GET",
    "/sites/:id",
    {
      permission: "site:read",
      about: aboutSite(),
      summary: "A site",
      params: ById,
      example: { params: { id: EXAMPLE_IDS.site } },
      answers: { 200: api.Site },
    },
    async ({ params, reply }) => {
      const { item, version } = await sites.versioned(params.id);
      showVersion(reply, version);
      return siteView(item);
    },
  );
  declare(
    app,
    "PATCH",
    "/sites/:id",
    {
      permission: "site:update",
      about: aboutSite(),
      summary: "Change a site",
      audit: { action: "site.change", note: ({ body }) => ({ detail: { fields: Object.keys(body) } }) },
      params: ById,
      body: SitePatch,
      example: { params: { id: EXAMPLE_IDS.site }, body: { peakPowerW: 2_750_000 } },
      answers: { 200: api.Site },
    },
    async ({ body, params, request, reply }) => {
      const { item, version } = await sites.update(params.id, body, fromVersion(request));
      showVersion(reply, version);
      return siteView(item);
    },
  );
  declare(
    app,
    "DELETE",
    "/sites/:id",
    {
      permission: "site:delete",
      about: aboutSite(),
      summary: "Delete a site that has no devices",
      audit: { action: "site.delete" },
      params: ById,
      answers: { 204: z.null() },
    },
    async ({ params }) => {
      await sites.delete(params.id);
      memberships.forgetSite(params.id);
      return null;
    },
  );

  declare(
    app,
    "GET",
    "/sites/:siteId/members",
    {
      permission: "member:manage",
      about: aboutSite("siteId"),
      summary: "Who is what on a site",
      params: BySite,
      query: PageQuery,
      example: { params: { siteId: EXAMPLE_IDS.site }, query: { limit: 50 } },
      answers: { 200: api.pageOf(people.Member) },
    },
    ({ params, query }) => {
      const { items, nextCursor } = memberships.ofSite(params.siteId, query);
      return { items: items.map(memberView), nextCursor };
    },
  );
  declare(
    app,
    "PUT",
    "/sites/:siteId/members/:userId",
    {
      permission: "member:manage",
      about: aboutSite("siteId"),
      summary: "Give a person a role on a site",
      audit: {
        action: "member.put",
        note: ({ body: { role }, params: { siteId, userId } }) => ({
          object: { kind: "user", id: userId },
          detail: { siteId, role },
        }),
      },
      params: ByMember,
      body: NewMember,
      example: { params: { siteId: EXAMPLE_IDS.site, userId: EXAMPLE_IDS.user }, body: { role: "technician" } },
      answers: { 200: people.Member },
    },
    async ({ body, params }) => {
      users.get(params.userId);
      const membership = { ...params, role: body.role };
      await memberships.put(membership);
      return memberView(membership);
    },
  );
  declare(
    app,
    "DELETE",
    "/sites/:siteId/members/:userId",
    {
      permission: "member:manage",
      about: aboutSite("siteId"),
      summary: "Take a person off a site, at once",
      audit: {
        action: "member.remove",
        note: ({ params: { siteId, userId } }) => ({ object: { kind: "user", id: userId }, detail: { siteId } }),
      },
      params: ByMember,
      answers: { 204: z.null() },
    },
    async ({ params }) => {
      await memberships.remove(params.userId, params.siteId);
      return null;
    },
  );

  function memberView({ userId, siteId, role }: Membership): z.input<typeof people.Member> {
    const { email, name } = users.get(userId).item;
    return { userId, siteId, role, email, name };
  }
}
