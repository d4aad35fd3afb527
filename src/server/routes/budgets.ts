import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { InvalidInput } from "../../domain/errors.ts";
import * as shapes from "../connection-schemas.ts";
import { EXAMPLE_IDS } from "../examples.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { isoTime } from "../views/times.ts";

const DAY_MS = 86_400_000;
/** Longest span that one answer tells of. */
export const BUDGET_SPAN_MS_MAX = 31 * DAY_MS;

const ById = z.object({ id: api.Id });
const Time = z.iso.datetime({ offset: true });
const Asked = z.strictObject({
  from: Time.optional().meta({ description: "Hours that begin from here on; a day before `to` unless told" }),
  to: Time.optional().meta({ description: "and before this; now unless told" }),
});

/** Who spends a vendor's limits. */
export function budgetRoutes(app: FastifyInstance, { clock, collector }: RouteParts): void {
  declare(
    app,
    "GET",
    "/connections/:id/budget",
    {
      permission: "connection:read",
      summary: "Who spent what of a vendor account's limits, by hour, connection and lane; kept for 90 days",
      params: ById,
      query: Asked,
      example: { params: { id: EXAMPLE_IDS.connection } },
      answers: { 200: shapes.Budget },
    },
    async ({ params, query }) => {
      const toMs = query.to === undefined ? clock.nowMs() : Date.parse(query.to);
      const fromMs = query.from === undefined ? toMs - DAY_MS : Date.parse(query.from);
      if (fromMs > toMs) throw new InvalidInput([{ path: "to", message: "must not lie before from" }]);
      if (toMs - fromMs > BUDGET_SPAN_MS_MAX) {
        throw new InvalidInput([{ path: "from", message: "must lie at most 31 days before to" }]);
      }
      const { isHeldHere, budgets, uses } = await collector.budgetUse(params.id, fromMs, toMs);
      return {
        connectionId: params.id,
        from: isoTime(fromMs),
        to: isoTime(toMs),
        isHeldHere,
        limits: budgets.map(({ requests, perMs }) => ({ requests, perMs })),
        hours: uses.map(({ hourMs, connectionId, lane, requests, refusals }) => {
          return { hour: isoTime(hourMs), connectionId, lane, requests, refusals };
        }),
      };
    },
  );
}
