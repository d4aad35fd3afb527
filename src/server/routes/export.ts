import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { InvalidInput } from "../../domain/errors.ts";
import { READING_TIME_MS } from "../../domain/reading.ts";
import type { AuditNote } from "../audit-trail.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { LINE_FORMATS } from "../views/reading-lines.ts";
import { type ExportSelection, ReadingsExport } from "../views/readings-export.ts";
import { isoTime } from "../views/times.ts";

/** Metrics that one request may name: more would not fit into a request's line. */
export const EXPORT_METRICS_MAX = 200;

const timeMs = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const ExportQuery = z.strictObject({
  metricIds: z
    .string()
    .max(EXPORT_METRICS_MAX * 37)
    .transform((text) => text.split(","))
    .pipe(z.array(api.Id).min(1).max(EXPORT_METRICS_MAX))
    .optional(),
  deviceId: api.Id.optional(),
  siteId: api.Id.optional(),
  from: timeMs.default(READING_TIME_MS.min),
  to: timeMs.default(READING_TIME_MS.max + 1),
  format: z.enum([...LINE_FORMATS, "parquet"]).default("csv"),
});

const MEDIA_TYPES = {
  csv: "text/csv; charset=utf-8; header=present",
  ndjson: "application/x-ndjson",
  parquet: "application/vnd.apache.parquet",
} as const;

/** Readings of many metrics as one long answer. */
export function exportRoutes(app: FastifyInstance, { access, catalogue, store }: RouteParts): void {
  const readings = new ReadingsExport(catalogue, store);
  declare(
    app,
    "GET",
    "/readings",
    {
      permission: "metric:read",
      about: "reach",
      summary:
        "Readings of metrics, of a device or of a site, as CSV, NDJSON or Parquet; a range of any length streams",
      query: ExportQuery,
      audit: { action: "readings.export", note: ({ query }) => noteOf(query) },
      answers: { 200: z.string() },
      answersAs: { "text/csv": z.string(), "application/x-ndjson": z.string(), [MEDIA_TYPES.parquet]: z.string() },
    },
    async ({ query, actor, reply }) => {
      const { from: fromMs, to: toMs, format } = query;
      if (fromMs >= toMs) throw new InvalidInput([{ path: "from", message: "must lie before to" }]);
      const owners = await readings.select(selectionOf(query), access.reach(actor));
      const window = { fromMs, toMs };
      const chunks =
        format === "parquet" ? readings.parquet(owners, window) : readings.lines(owners, { format, ...window });
      // The first chunk is made before the head goes out: a store that cannot answer is a 503, not a cut body.
      const first = await chunks.next();
      reply.header("content-disposition", `attachment; filename="readings.${format}"`);
      return reply.type(MEDIA_TYPES[format]).send(Readable.from(continued(first, chunks), { objectMode: false }));
    },
  );
}

async function* continued(
  first: IteratorResult<Uint8Array, void>,
  rest: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (first.done !== true) yield first.value;
    yield* rest;
  } finally {
    // Whoever goes away after the first chunk has not begun the rest, which reads ahead.
    await rest.return();
  }
}

function noteOf({ metricIds, deviceId, siteId, from, to, format }: z.output<typeof ExportQuery>): AuditNote {
  const detail = {
    ...(metricIds && { metricIds }),
    from: from === READING_TIME_MS.min ? null : isoTime(from),
    to: to > READING_TIME_MS.max ? null : isoTime(to),
    format,
  };
  if (siteId !== undefined) return { object: { kind: "site", id: siteId }, detail };
  if (deviceId !== undefined) return { object: { kind: "device", id: deviceId }, detail };
  return { object: { kind: "metric", id: metricIds?.length === 1 ? (metricIds[0] ?? null) : null }, detail };
}

function selectionOf({ metricIds, deviceId, siteId }: z.output<typeof ExportQuery>): ExportSelection {
  const given = [metricIds && { metricIds }, deviceId && { deviceId }, siteId && { siteId }].filter(
    (selection) => selection !== undefined && selection !== "",
  );
  const [selection] = given;
  if (selection === undefined || given.length > 1) {
    throw new InvalidInput([{ path: "", message: "name what to export by one of metricIds, deviceId or siteId" }]);
  }
  return selection;
}
