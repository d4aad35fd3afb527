import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Person } from "../../access/actor.ts";
import { SITE_PERMISSIONS } from "../../access/permissions.ts";
import { SITE_ROLES } from "../../domain/user.ts";
import { aboutSite, targetOf } from "../about.ts";
import { EXAMPLE_IDS } from "../examples.ts";
import { PageQuery } from "../page-query.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";

const ById = z.object({ id: api.Id });
const ByIdAndSite = z.object({ id: api.Id, siteId: api.Id });

const VisibleSite = z
  .object({
    siteId: api.Id,
    name: z.string(),
    timezone: z.string(),
    role: z
      .enum(SITE_ROLES)
      .nullable()
      .meta({ description: "What they are there; null for an administrator without a role" }),
    permissions: z.array(z.enum(SITE_PERMISSIONS)).meta({ description: "What they may there, by the access decision" }),
    devices: z.int(),
    metrics: z.int(),
  })
  .meta({ id: "VisibleSite" });

const PersonView = z
  .object({
    userId: api.Id,
    isEverywhere: z.boolean().meta({ description: "Whether they see every site, also those to come" }),
    ...api.pageOf(VisibleSite).shape,
  })
  .meta({ id: "PersonView" });

const NOT_LOCAL = (): boolean => false;

/**
 * What a person may reach, told to an administrator. The access decision is asked about them as it is when they ask themselves; nobody is signed in
 * as them, and nothing is done in their name.
 */
export function personViewRoutes(app: FastifyInstance, { access, catalogue, fleet }: RouteParts): void {
  const { directory, memberships, sites, users } = catalogue;

  const person = (id: string): Person => ({ kind: "user", user: users.get(id).item, sites: memberships.of(id) });

  declare(
    app,
    "GET",
    "/users/:id/view",
    {
      permission: "user:manage",
      summary: "The sites that a person sees, and what they may there",
      params: ById,
      query: PageQuery,
      example: { params: { id: EXAMPLE_IDS.user }, query: { limit: 50 } },
      answers: { 200: PersonView },
    },
    async ({ params, query }) => {
      const subject = person(params.id);
      const reach = access.reach(subject);
      const { items, nextCursor } = await sites.list(query, reach);
      return {
        userId: params.id,
        isEverywhere: reach === null,
        items: items.map(({ id: siteId, name, timezone }) => ({
          siteId,
          name,
          timezone,
          role: subject.sites.get(siteId) ?? null,
          permissions: SITE_PERMISSIONS.filter((permission) =>
            access.can(subject, permission, { object: "site", siteId }),
          ),
          ...directory.countsOf(siteId),
        })),
        nextCursor,
      };
    },
  );
  declare(
    app,
    "GET",
    "/users/:id/view/sites/:siteId/devices",
    {
      permission: "user:manage",
      summary: "A site's devices with their metrics as a person sees them, or the refusal that they would get",
      params: ByIdAndSite,
      query: PageQuery,
      answers: { 200: api.pageOf(api.Device) },
    },
    ({ params, query }) => {
      access.require(person(params.id), "device:read", targetOf(aboutSite("siteId"), params, directory), NOT_LOCAL);
      return fleet.devicesOfSite(params.siteId, query);
    },
  );
}
