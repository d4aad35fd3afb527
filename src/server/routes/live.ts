import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { LiveStreams } from "../live-streams.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";

const BySite = z.object({ siteId: api.Id });
const EventStream = z.string().meta({ description: "text/event-stream: events `reading`, `dropped`, `reset`" });

/** Streams of readings as they are acked. */
export function liveRoutes(app: FastifyInstance, { catalogue }: RouteParts, streams: LiveStreams): void {
  declare(
    app,
    "GET",
    "/stream",
    { permission: "metric:read", summary: "Readings of every site, live", answers: { 200: EventStream } },
    ({ request, reply }) => streams.stream(reply, () => true, lastEventId(request)),
  );
  declare(
    app,
    "GET",
    "/sites/:siteId/stream",
    { permission: "metric:read", summary: "A site's readings, live", params: BySite, answers: { 200: EventStream } },
    async ({ params, request, reply }) => {
      const site = await catalogue.sites.get(params.siteId);
      streams.stream(reply, (reading) => reading.siteId === site.id, lastEventId(request));
    },
  );
}

function lastEventId(request: FastifyRequest): string | undefined {
  const header = request.headers["last-event-id"];
  return typeof header === "string" && header !== "" ? header : undefined;
}
