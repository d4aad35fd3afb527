import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { ABOUT_DEVICE, aboutSite } from "../about.ts";
import { Gaps, SiteCoverage } from "../coverage-schemas.ts";
import { EXAMPLE_IDS, EXAMPLE_TIMES } from "../examples.ts";
import { PageQuery } from "../page-query.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { CoverageViews } from "../views/coverage.ts";
import { GapViews } from "../views/gaps.ts";

const ById = z.object({ id: api.Id });
const timeMs = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const CoverageQuery = PageQuery.extend({
  from: timeMs,
  to: timeMs,
  step: z.string().max(30).default("P1D").meta({
    description: "`auto`, a duration such as `PT15M`, or `P1D`, `P1W`, `P1M`, `P1Y` in the calendar of the site",
  }),
});
const GapsQuery = PageQuery.extend({
  from: timeMs.optional().meta({ description: "7 days before `to` unless told" }),
  to: timeMs.optional().meta({ description: "Now unless told" }),
});

/** What was asked of vendors, what came, and what is missing. */
export function coverageRoutes(app: FastifyInstance, { catalogue, ledger, collector, clock }: RouteParts): void {
  const coverage = new CoverageViews(catalogue, ledger, clock);
  const gaps = new GapViews(catalogue, ledger, collector, clock);

  declare(
    app,
    "GET",
    "/sites/:id/coverage",
    {
      permission: "device:read",
      about: aboutSite(),
      summary: "How much of the time was asked for and what came, step by step for each device of a site",
      params: ById,
      query: CoverageQuery,
      example: {
        params: { id: EXAMPLE_IDS.site },
        query: { from: EXAMPLE_TIMES.from, to: EXAMPLE_TIMES.to, step: "PT15M" },
      },
      answers: { 200: SiteCoverage },
    },
    ({ params, query: { from, to, ...query } }) => coverage.ofSite(params.id, { ...query, fromMs: from, toMs: to }),
  );
  declare(
    app,
    "GET",
    "/sites/:id/gaps",
    {
      permission: "device:read",
      about: aboutSite(),
      summary:
        "What is missing of a site's devices, and what their vendors said when it was asked for last; the newest first",
      params: ById,
      query: GapsQuery,
      example: { params: { id: EXAMPLE_IDS.site }, query: { from: EXAMPLE_TIMES.from, to: EXAMPLE_TIMES.to } },
      answers: { 200: Gaps },
    },
    ({ params, query: { from, to, limit, cursor } }) =>
      gaps.ofSite(params.id, { fromMs: from, toMs: to, limit, cursor }),
  );
  declare(
    app,
    "GET",
    "/devices/:id/gaps",
    {
      permission: "device:read",
      about: ABOUT_DEVICE,
      summary: "What is missing of a device, and what its vendor said when it was asked for last; the newest first",
      params: ById,
      query: GapsQuery,
      example: { params: { id: EXAMPLE_IDS.device }, query: { from: EXAMPLE_TIMES.from, to: EXAMPLE_TIMES.to } },
      answers: { 200: Gaps },
    },
    ({ params, query: { from, to, limit, cursor } }) =>
      gaps.ofDevice(params.id, { fromMs: from, toMs: to, limit, cursor }),
  );
}
