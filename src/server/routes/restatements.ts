import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { NotFound } from "../../domain/errors.ts";
import { ABOUT_METRIC } from "../about.ts";
import { EXAMPLE_IDS } from "../examples.ts";
import { Restatement } from "../history-schemas.ts";
import { PageQuery } from "../page-query.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { isoTime } from "../views/times.ts";

/** Values that vendors changed after they had been read. */
export function restatementRoutes(app: FastifyInstance, { catalogue }: RouteParts): void {
  declare(
    app,
    "GET",
    "/metrics/:id/restatements",
    {
      permission: "metric:read",
      about: ABOUT_METRIC,
      summary: "A metric's values that its vendor changed after they had been read, by their time",
      params: z.object({ id: api.Id }),
      query: PageQuery,
      example: { params: { id: EXAMPLE_IDS.metric }, query: { limit: 50 } },
      answers: { 200: api.pageOf(Restatement) },
    },
    async ({ params, query }) => {
      const owner = catalogue.directory.byMetric(params.id);
      if (!owner) throw new NotFound("metric");
      const { items, nextCursor } = await catalogue.restatements.list(owner.series, query);
      return {
        items: items.map((each) => ({
          time: isoTime(each.timeMs),
          formerValue: each.formerValue,
          formerReceivedAt: isoTime(each.formerReceivedAtMs),
          value: each.value,
          foundAt: isoTime(each.foundAtMs),
          unit: owner.unit,
        })),
        nextCursor,
      };
    },
  );
}
