import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { BackfillReport } from "../../collect/history/backfills.ts";
import { hasEnded } from "../../domain/backfill.ts";
import { InvalidInput } from "../../domain/errors.ts";
import { EXAMPLE_IDS } from "../examples.ts";
import { BackfillJob } from "../history-schemas.ts";
import type { JobStreams } from "../job-streams.ts";
import { PageQuery } from "../page-query.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { fromVersion, showVersion } from "../versions.ts";
import { isoTime } from "../views/times.ts";

/** Devices that one import may name. */
export const BACKFILL_DEVICES_MAX = 10_000;

const ById = z.object({ id: api.Id });
const NewBackfillJob = z.strictObject({
  from: z.iso.datetime({ offset: true }),
  to: z.iso.datetime({ offset: true }),
  deviceIds: z.array(api.Id).min(1).max(BACKFILL_DEVICES_MAX).optional(),
});
const ProgressStream = z.string().meta({ description: "Event `progress`: a BackfillJob, whenever it has changed" });

/** Imports of what vendors keep of the past. */
export function backfillRoutes(app: FastifyInstance, parts: RouteParts, streams: JobStreams): void {
  const { access, backfills, signIn } = parts;

  declare(
    app,
    "POST",
    "/connections/:id/backfill-jobs",
    {
      permission: "connection:create",
      summary: "Import history, newest first; the answer says what it costs and how long it takes",
      audit: {
        action: "backfill.create",
        note: ({ body: { from, to, deviceIds }, params }) => ({
          object: { kind: "connection", id: params.id },
          detail: { from, to, devices: deviceIds?.length ?? null },
        }),
      },
      params: ById,
      body: NewBackfillJob,
      isRepeatable: true,
      example: {
        params: { id: EXAMPLE_IDS.connection },
        body: { from: "2026-06-01T00:00:00.000Z", to: "2026-06-15T00:00:00.000Z" },
      },
      answers: { 201: BackfillJob },
    },
    async ({ body, params }) => {
      const report = await backfills.create({
        connectionId: params.id,
        fromMs: timeOf("from", body.from),
        toMs: timeOf("to", body.to),
        deviceIds: body.deviceIds ? [...new Set(body.deviceIds)] : null,
      });
      return view(report);
    },
  );
  declare(
    app,
    "GET",
    "/connections/:id/backfill-jobs",
    {
      permission: "connection:read",
      summary: "A connection's imports of history",
      params: ById,
      query: PageQuery,
      example: { params: { id: EXAMPLE_IDS.connection }, query: { limit: 50 } },
      answers: { 200: api.pageOf(BackfillJob) },
    },
    async ({ params, query }) => {
      const { items, nextCursor } = await backfills.list(params.id, query);
      return { items: items.map(view), nextCursor };
    },
  );
  declare(
    app,
    "GET",
    "/backfill-jobs/:id",
    {
      permission: "connection:read",
      summary: "An import of history, and how far it is",
      params: ById,
      example: { params: { id: EXAMPLE_IDS.backfillJob } },
      answers: { 200: BackfillJob },
    },
    async ({ params, reply }) => {
      const report = await backfills.get(params.id);
      showVersion(reply, report.version);
      return view(report);
    },
  );
  for (const [verb, state, summary] of CHANGES) {
    declare(
      app,
      "POST",
      `/backfill-jobs/:id/${verb}`,
      {
        permission: "connection:create",
        summary,
        audit: { action: `backfill.${verb}` },
        params: ById,
        example: { params: { id: EXAMPLE_IDS.backfillJob } },
        answers: { 200: BackfillJob },
      },
      async ({ params, request, reply }) => {
        const report = await backfills.become(params.id, state, fromVersion(request));
        showVersion(reply, report.version);
        return view(report);
      },
    );
  }
  declare(
    app,
    "DELETE",
    "/backfill-jobs/:id",
    {
      permission: "connection:create",
      summary: "Cancel an import; what it has brought is kept",
      audit: { action: "backfill.cancel" },
      params: ById,
      answers: { 204: z.null() },
    },
    async ({ params, request }) => {
      await backfills.become(params.id, "cancelled", fromVersion(request));
      return null;
    },
  );
  declare(
    app,
    "GET",
    "/backfill-jobs/:id/stream",
    {
      permission: "connection:read",
      summary: "How far an import is, live, until it has ended",
      params: ById,
      answers: { 200: ProgressStream },
      answersAs: { "text/event-stream": ProgressStream },
    },
    async ({ actor, params, reply }) => {
      const read = async () => {
        const report = await backfills.get(params.id);
        return { view: view(report), goesOn: !hasEnded(report.job.state) };
      };
      const mayGoOn = (): boolean => {
        const renewed = signIn.renewed(actor);
        return renewed !== undefined && access.can(renewed, "connection:read", "installation");
      };
      await streams.stream(reply, { read, mayGoOn });
    },
  );
}

const CHANGES = [
  ["pause", "paused", "Pause an import; requests that are under way end"],
  ["resume", "running", "Go on with an import where it was paused"],
] as const;

/** ISO 8601 to epoch ms. @throws InvalidInput for a day that no calendar has */
function timeOf(path: string, text: string): number {
  const timeMs = Math.trunc(Date.parse(text));
  if (Number.isNaN(timeMs)) throw new InvalidInput([{ path, message: "is no time that there was" }]);
  return timeMs;
}

function view({ job, requestsLeft, leftMs }: BackfillReport): z.input<typeof BackfillJob> {
  const { id, connectionId, fromMs, toMs, deviceIds, state, message, requests, readings, createdAtMs, endedAtMs } = job;
  return {
    id,
    connectionId,
    from: isoTime(fromMs),
    to: isoTime(toMs),
    deviceIds: deviceIds && [...deviceIds],
    state,
    message,
    requests,
    readings,
    requestsLeft,
    leftMs,
    createdAt: isoTime(createdAtMs),
    endedAt: endedAtMs === null ? null : isoTime(endedAtMs),
  };
}
