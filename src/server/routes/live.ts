import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { LiveOwner } from "../../live/hub.ts";
import { aboutSite } from "../about.ts";
import { LiveReader } from "../live-reader.ts";
import type { LiveStreams, StreamBegin } from "../live-streams.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";

const BySite = z.object({ siteId: api.Id });
export const EventStream = z.string().meta({ description: "Events `reading`, `dropped`, `reset`" });
export const EVENT_STREAM_TYPES = { "text/event-stream": EventStream };

/** What every stream of readings takes. */
export const StreamQuery = z.strictObject({
  since: z.iso
    .datetime({ offset: true })
    .transform((text) => Date.parse(text))
    .optional()
    .meta({
      description:
        "Begins with the readings that came at this time or later, by the server's clock, as far as they are kept; else with `reset`. `Last-Event-ID` goes before it.",
    }),
});

/** Streams of readings as they are acked. */
export function liveRoutes(app: FastifyInstance, parts: RouteParts, streams: LiveStreams): void {
  declare(
    app,
    "GET",
    "/stream",
    {
      permission: "metric:read",
      about: "reach",
      summary: "Readings of every site that the asker may read, live",
      query: StreamQuery,
      answers: { 200: EventStream },
      answersAs: EVENT_STREAM_TYPES,
    },
    ({ actor, query, request, reply }) => {
      const reader = new LiveReader(parts, actor, "reach");
      const lets = ({ siteId }: LiveOwner): boolean => reader.reaches(siteId);
      const interest = { of: "everything", lets } as const;
      streams.stream(reply, { interest, mayGoOn: () => reader.mayGoOn() }, beginOf(request, query));
    },
  );
  declare(
    app,
    "GET",
    "/sites/:siteId/stream",
    {
      permission: "metric:read",
      about: aboutSite("siteId"),
      summary: "A site's readings, live",
      params: BySite,
      query: StreamQuery,
      answers: { 200: EventStream },
      answersAs: EVENT_STREAM_TYPES,
    },
    ({ actor, params: { siteId }, query, request, reply }) => {
      const reader = new LiveReader(parts, actor, { object: "site", siteId });
      streams.stream(reply, { interest: { of: { siteId } }, mayGoOn: () => reader.mayGoOn() }, beginOf(request, query));
    },
  );
}

export function beginOf({ headers }: FastifyRequest, { since }: z.output<typeof StreamQuery>): StreamBegin {
  const header = headers["last-event-id"];
  return { lastEventId: typeof header === "string" && header !== "" ? header : undefined, sinceMs: since };
}
