import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { LiveOwner } from "../../live/hub.ts";
import { aboutSite } from "../about.ts";
import { LiveReader } from "../live-reader.ts";
import type { LiveStreams } from "../live-streams.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";

const BySite = z.object({ siteId: api.Id });
export const EventStream = z.string().meta({ description: "Events `reading`, `dropped`, `reset`" });
export const EVENT_STREAM_TYPES = { "text/event-stream": EventStream };

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
      answers: { 200: EventStream },
      answersAs: EVENT_STREAM_TYPES,
    },
    ({ actor, request, reply }) => {
      const reader = new LiveReader(parts, actor, "reach");
      const lets = ({ siteId }: LiveOwner): boolean => reader.reaches(siteId);
      const interest = { of: "everything", lets } as const;
      streams.stream(reply, { interest, mayGoOn: () => reader.mayGoOn() }, lastEventId(request));
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
      answers: { 200: EventStream },
      answersAs: EVENT_STREAM_TYPES,
    },
    ({ actor, params: { siteId }, request, reply }) => {
      const reader = new LiveReader(parts, actor, { object: "site", siteId });
      streams.stream(reply, { interest: { of: { siteId } }, mayGoOn: () => reader.mayGoOn() }, lastEventId(request));
    },
  );
}

export function lastEventId(request: FastifyRequest): string | undefined {
  const header = request.headers["last-event-id"];
  return typeof header === "string" && header !== "" ? header : undefined;
}
