import { Readable } from "node:stream";
import type { FastifyError, FastifyInstance } from "fastify";
import { z } from "zod";
import { InvalidInput, StorageUnavailable } from "../../domain/errors.ts";
import { READING_TIME_MS } from "../../domain/reading.ts";
import { parseTimeText } from "../../domain/time-text.ts";
import { createPlaintextDecoder } from "../../ingest/codecs/decoder.ts";
import { MalformedLine } from "../../ingest/codecs/malformed-line.ts";
import { PLAINTEXT } from "../../ingest/sources/protocols.ts";
import type { TimeWindow } from "../../telemetry/store.ts";
import { answerNow } from "../body/early-answer.ts";
import { push, sourceOf, streamBodies } from "../body/push.ts";
import { dataAnswer } from "../data-answer.ts";
import { EXAMPLE_TIMES } from "../examples.ts";
import type { RouteParts } from "../parts.ts";
import { problemOf } from "../problems.ts";
import { declare } from "../route.ts";

const STORED = Buffer.from('{"success":true}');

const Refusal = z.object({ success: z.literal(false), message: z.string() });
const DataQuery = z.object({ from: z.string().optional(), to: z.string().optional() });

/** The plaintext data API: a contract that clients in the field already speak, errors in its own form. */
export function dataApiRoutes(root: FastifyInstance, parts: RouteParts): void {
  const { catalogue, store } = parts;
  root.register(async (app) => {
    streamBodies(app);

    app.setErrorHandler((error: FastifyError, request, reply) => {
      const { status: mapped, detail } = problemOf(error);
      const status = error instanceof MalformedLine || error instanceof InvalidInput ? 400 : mapped;
      if (status === 500) request.log.error({ err: error }, "request failed");
      return answerNow(reply, {
        status,
        type: "application/json; charset=utf-8",
        body: JSON.stringify({ success: false, message: status === 500 ? detail : error.message }),
        ...(error instanceof StorageUnavailable && { headers: { "retry-after": String(error.retryAfterS) } }),
      });
    });

    declare(
      app,
      "POST",
      "/data",
      {
        permission: "data:push",
        about: "reach",
        summary: "Push readings as lines of text: unix-seconds name value",
        streamedBody: { types: ["text/plain"], shape: z.string() },
        example: { body: `${Date.parse(EXAMPLE_TIMES.reading) / 1_000} Voltage 1.34\n` },
        answers: { 200: z.object({ success: z.literal(true) }), 400: Refusal },
      },
      async ({ request, reply }) => {
        await push(request, parts, PLAINTEXT, createPlaintextDecoder);
        reply.type("application/json; charset=utf-8");
        return STORED;
      },
    );

    declare(
      app,
      "GET",
      "/data",
      {
        permission: "data:read",
        about: "reach",
        summary: "Pushed readings of a time range, and each day's power",
        query: DataQuery,
        answers: { 200: z.unknown(), 400: Refusal },
      },
      async ({ query, request, reply }) => {
        const window = windowOf(query);
        const deviceId = sourceOf(request, parts).dataDeviceId();
        const owners = deviceId === null ? [] : catalogue.directory.allOfDevice(deviceId);
        const names = new Map(owners.map((owner) => [owner.series, owner.metricName]));
        const pieces = dataAnswer(store, names, window);
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
