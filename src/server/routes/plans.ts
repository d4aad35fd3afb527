import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { costOfHistory } from "../../collect/plan/history-cost.ts";
import type { SchedulePlan } from "../../collect/plan/schedule.ts";
import { type Connection, POLL_INTERVAL_MS } from "../../domain/connection.ts";
import { InvalidInput } from "../../domain/errors.ts";
import * as shapes from "../connection-schemas.ts";
import { EXAMPLE_IDS } from "../examples.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { isoTime } from "../views/times.ts";

const ById = z.object({ id: api.Id });
const Time = z.iso.datetime({ offset: true });
const Asked = z
  .strictObject({
    pollIntervalMs: z.coerce
      .number()
      .int()
      .min(POLL_INTERVAL_MS.min)
      .max(POLL_INTERVAL_MS.max)
      .optional()
      .meta({ description: "An interval to compare the present one with" }),
    historyFrom: Time.optional().meta({ description: "The past whose cost is asked for begins here" }),
    historyTo: Time.optional().meta({ description: "and ends here; now unless told" }),
  })
  .refine(({ historyFrom, historyTo }) => historyTo === undefined || historyFrom !== undefined, {
    path: ["historyFrom"],
    message: "must be given beside historyTo",
  })
  .refine(({ historyFrom = "", historyTo = "" }) => !(Date.parse(historyFrom) > Date.parse(historyTo)), {
    path: ["historyTo"],
    message: "must not lie before historyFrom",
  });
type Asked = z.output<typeof Asked>;

/** What collecting takes, before anything runs. */
export function planRoutes(app: FastifyInstance, { catalogue, clock, collector }: RouteParts): void {
  declare(
    app,
    "GET",
    "/connections/:id/plan",
    {
      permission: "connection:read",
      summary:
        "What a vendor account's schedule takes, what another would, and what a past would cost; nothing is sent",
      params: ById,
      query: Asked,
      example: { params: { id: EXAMPLE_IDS.connection }, query: { pollIntervalMs: 15_000 } },
      answers: { 200: shapes.Plan },
    },
    async ({ params, query }) => {
      const connection = await catalogue.connections.get(params.id);
      const { pollIntervalMs } = query;
      const changed = pollIntervalMs === undefined ? null : await collector.plan(connection, pollIntervalMs);
      const present = await collector.plan(connection);
      const devices = await collector.serialNumbers(connection.id);
      return {
        connectionId: connection.id,
        vendor: connection.vendor,
        devices: devices.length,
        present,
        changed,
        history: historyOf(connection, devices, changed ?? present, query),
      };
    },
  );

  function historyOf(
    connection: Connection,
    devices: readonly string[],
    { budgets }: SchedulePlan,
    { historyFrom, historyTo }: Asked,
  ): z.input<typeof shapes.Plan>["history"] {
    if (historyFrom === undefined) return null;
    const { title, history } = collector.vendorOf(connection);
    if (!history) {
      throw new InvalidInput([{ path: "historyFrom", message: `${title} keeps no past that can be asked for` }]);
    }
    const nowMs = clock.nowMs();
    const { fromMs, toMs, ...cost } = costOfHistory({
      devices,
      fromMs: Math.min(Date.parse(historyFrom), nowMs),
      toMs: Math.min(historyTo === undefined ? nowMs : Date.parse(historyTo), nowMs),
      nowMs,
      history,
      budgets,
      share: connection.laneShares.history,
    });
    return { from: isoTime(fromMs), to: isoTime(toMs), ...cost };
  }
}
