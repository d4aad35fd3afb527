import { Readable } from "node:stream";
import type { FastifyError, FastifyInstance } from "fastify";
import { z } from "zod";
import { InvalidInput, StorageUnavailable } from "../../domain/errors.ts";
import { NamedColumns } from "../../domain/named-columns.ts";
import { READING_TIME_MS } from "../../domain/reading.ts";
import { parseTimeText } from "../../domain/time-text.ts";
import { MalformedLine } from "../../ingest/codecs/malformed-line.ts";
import { decodePlaintext } from "../../ingest/codecs/plaintext.ts";
import type { TimeWindow } from "../../telemetry/store.ts";
import { dataAnswer } from "../data-answer.ts";
import type { RouteParts } from "../parts.ts";
import { problemOf } from "../problems.ts";
import { declare } from "../route.ts";

/** Largest body of one `POST /data`. */
export const DATA_BODY_BYTES_MAX = 16 * 1_048_576;

const BYTES = "application/octet-stream";

const Refusal = z.object({ success: z.literal(false), message: z.string() });
const DataQuery = z.object({ from: z.string().optional(), to: z.string().optional() });

/** The plaintext data API: a contract that clients in the field already speak, errors in its own form. */
export function dataApiRoutes(root: FastifyInstance, { pipeline, pushedSeries, store }: RouteParts): void {
  root.register(async (app) => {
    // Any content type or none, even one that is none: the body is bytes, whatever it is called.
    app.addHook("onRequest", async (request) => {
      request.raw.headers["content-type"] = BYTES;
    });
    app.removeAllContentTypeParsers();
    const asBytes = { parseAs: "buffer", bodyLimit: DATA_BODY_BYTES_MAX } as const;
    app.addContentTypeParser(BYTES, asBytes, (_request, body, done) => done(null, body));

    app.setErrorHandler((error: FastifyError, request, reply) => {
      const status = error instanceof MalformedLine || error instanceof InvalidInput ? 400 : problemOf(error).status;
      if (status === 500) request.log.error({ err: error }, "request failed");
      if (error instanceof StorageUnavailable) reply.header("retry-after", error.retryAfterS);
      const message = status === 500 ? problemOf(error).detail : error.message;
      return reply.code(status).serializer(JSON.stringify).type("application/json").send({ success: false, message });
    });

    declare(
      app,
      "POST",
      "/data",
      {
        permission: "data:push",
        summary: "Push readings as lines of text: unix-seconds name value",
        answers: { 200: z.object({ success: z.literal(true) }), 400: Refusal },
      },
      async ({ request }) => {
        const named = new NamedColumns();
        decodePlaintext(request.body instanceof Uint8Array ? request.body : new Uint8Array(), named);
        await pipeline.accept(await pushedSeries.resolve(named));
        return { success: true };
      },
    );

    declare(
      app,
      "GET",
      "/data",
      {
        permission: "data:read",
        summary: "Pushed readings of a time range, and each day's power",
        query: DataQuery,
        answers: { 200: z.unknown(), 400: Refusal },
      },
      async ({ query, reply }) => {
        const window = windowOf(query);
        const pieces = dataAnswer(store, await pushedSeries.all(), window);
        // The first piece is made before the head goes out: a store that cannot answer is a 503, not a cut body.
        const first = await pieces.next();
        return reply.type("application/json").send(Readable.from(concat(first, pieces), { objectMode: false }));
      },
    );
  });
}

async function* concat(
  first: IteratorResult<string, void>,
  rest: AsyncGenerator<string, void, undefined>,
): AsyncGenerator<string, void, undefined> {
  if (first.done !== true) yield first.value;
  yield* rest;
}

function windowOf(query: z.output<typeof DataQuery>): TimeWindow {
  const [from, to] = (["from", "to"] as const).map((name) => {
    const text = query[name];
    if (text === undefined || text === "") {
      throw new InvalidInput([{ path: "", message: `${name} is missing: an ISO 8601 date or date-time` }]);
    }
    // A plus sign in a query string arrives as a space unless it was escaped.
    const time = parseTimeText(text.replace(" ", "+"));
    if (!time) throw new InvalidInput([{ path: "", message: `${name} is not an ISO 8601 date or date-time` }]);
    return time;
  });
  if (!from || !to) throw new RangeError("two texts give two times");
  if (from.fromMs >= to.toMs) throw new InvalidInput([{ path: "", message: "from lies after to" }]);
  return { fromMs: Math.max(from.fromMs, READING_TIME_MS.min), toMs: Math.min(to.toMs, READING_TIME_MS.max + 1) };
}
