import type { FastifyError, FastifyInstance } from "fastify";
import { z } from "zod";
import { InvalidInput, StorageUnavailable } from "../../domain/errors.ts";
import {
  createInfluxLineDecoder,
  createJsonDecoder,
  createNdjsonDecoder,
  type InfluxPrecision,
  parseInfluxPrecision,
} from "../../ingest/codecs/decoder.ts";
import { MalformedLine } from "../../ingest/codecs/malformed-line.ts";
import { INFLUX_LINES, JSON_READINGS } from "../../ingest/sources/protocols.ts";
import { answerNow } from "../body/early-answer.ts";
import { push, streamBodies } from "../body/push.ts";
import { EXAMPLE_IDS, EXAMPLE_TIMES } from "../examples.ts";
import type { RouteParts } from "../parts.ts";
import { problemOf } from "../problems.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";

const Stored = z.object({ readings: z.int() });
/** Errors as InfluxDB's clients read them: v2 `code` and `message`, v1 `error`. */
const InfluxRefusal = z.object({ code: z.string(), message: z.string(), line: z.int().optional() });
const InfluxV1Refusal = z.object({ error: z.string() });

/** All that the clients send; what says where InfluxDB should keep it means nothing here. */
const WriteQuery = z.object({ precision: z.string().optional() });

const LINES = { types: ["text/plain"], shape: z.string() };

/** Media types whose body is one JSON value a line. */
const LINES_TYPES = new Set([
  "application/x-ndjson",
  "application/ndjson",
  "application/jsonl",
  "application/x-jsonlines",
]);

/** Readings as JSON or NDJSON; mounted under `/api/v1`. */
export function readingRoutes(root: FastifyInstance, parts: RouteParts): void {
  root.register(async (app) => {
    streamBodies(app);
    app.setErrorHandler((error: FastifyError, request, reply) => {
      const problem = problemOf(error);
      if (problem.status === 500) request.log.error({ err: error }, "request failed");
      return answerNow(reply, {
        status: problem.status,
        type: "application/problem+json",
        body: JSON.stringify(problem),
        ...(error instanceof StorageUnavailable && { headers: { "retry-after": String(error.retryAfterS) } }),
      });
    });

    declare(
      app,
      "POST",
      "/readings",
      {
        permission: "data:push",
        about: "reach",
        summary: "Push readings of known metrics or devices, as JSON or NDJSON",
        streamedBody: { types: ["application/json", "application/x-ndjson"], shape: api.PushedReadings },
        example: {
          body: {
            readings: [
              { metricId: EXAMPLE_IDS.metric, time: EXAMPLE_TIMES.reading, value: 73_500 },
              { deviceId: EXAMPLE_IDS.device, name: "active_power", time: EXAMPLE_TIMES.to, value: 74_250.5 },
            ],
          },
        },
        answers: { 200: Stored },
      },
      async ({ request }) => {
        const nowMs = parts.clock.nowMs();
        const create = LINES_TYPES.has(request.bodyType) ? createNdjsonDecoder : createJsonDecoder;
        return {
          readings: await push(request, parts, JSON_READINGS, (table, options) => create(table, { ...options, nowMs })),
        };
      },
    );
  });
}

/** InfluxDB line protocol, as the clients of its versions 2 and 1 send it; mounted at the root, where they look for it. */
export function influxRoutes(root: FastifyInstance, parts: RouteParts): void {
  const write = async (request: Parameters<typeof push>[0], query: z.output<typeof WriteQuery>): Promise<null> => {
    const precision = precisionOf(query.precision);
    const nowMs = parts.clock.nowMs();
    await push(request, parts, INFLUX_LINES, (table, options) =>
      createInfluxLineDecoder(table, { ...options, nowMs, precision }),
    );
    return null;
  };

  root.register(async (app) => {
    streamBodies(app);
    app.setErrorHandler(
      influxRefusal((status, message, error) => ({
        code: CODES[status] ?? "internal error",
        message,
        ...(error instanceof MalformedLine && { line: error.lineNumber }),
      })),
    );
    declare(
      app,
      "POST",
      "/api/v2/write",
      {
        permission: "data:push",
        about: "reach",
        summary: "Push readings as InfluxDB line protocol, as its version 2 takes them",
        streamedBody: LINES,
        query: WriteQuery,
        takesInfluxKeys: true,
        example: {
          query: { precision: "s" },
          body: `meter,host=gateway-4 power=1340 ${Date.parse(EXAMPLE_TIMES.reading) / 1_000}`,
        },
        answers: { 204: z.null(), 400: InfluxRefusal },
      },
      ({ request, query }) => write(request, query),
    );
  });
  root.register(async (app) => {
    streamBodies(app);
    app.setErrorHandler(influxRefusal((_status, message) => ({ error: message })));
    declare(
      app,
      "POST",
      "/write",
      {
        permission: "data:push",
        about: "reach",
        summary: "Push readings as InfluxDB line protocol, as its version 1 takes them",
        streamedBody: LINES,
        query: WriteQuery,
        takesInfluxKeys: true,
        example: {
          query: { precision: "s" },
          body: `meter,host=gateway-4 power=1340 ${Date.parse(EXAMPLE_TIMES.reading) / 1_000}`,
        },
        answers: { 204: z.null(), 400: InfluxV1Refusal },
      },
      ({ request, query }) => write(request, query),
    );
  });
}

/** InfluxDB's words for what the status says (its API document, "Error" schema). */
const CODES: Readonly<Record<number, string>> = {
  400: "invalid",
  401: "unauthorized",
  403: "forbidden",
  404: "not found",
  408: "invalid",
  413: "request too large",
  415: "unsupported media type",
  422: "unprocessable entity",
  429: "too many requests",
  503: "unavailable",
};

function influxRefusal(bodyOf: (status: number, message: string, error: Error) => object) {
  return (error: FastifyError, request: Parameters<typeof push>[0], reply: Parameters<typeof answerNow>[0]) => {
    const { status, detail } = problemOf(error);
    if (status === 500) request.log.error({ err: error }, "request failed");
    return answerNow(reply, {
      status,
      type: "application/json; charset=utf-8",
      body: JSON.stringify(bodyOf(status, detail, error)),
      ...(error instanceof StorageUnavailable && { headers: { "retry-after": String(error.retryAfterS) } }),
    });
  };
}

function precisionOf(text: string | undefined): InfluxPrecision {
  const precision = parseInfluxPrecision(text === undefined || text === "" ? "ns" : text);
  if (precision !== null) return precision;
  throw new InvalidInput([{ path: "precision", message: "must be ns, us, ms or s" }]);
}
