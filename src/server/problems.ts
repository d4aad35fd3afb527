import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { ChangedMeanwhile } from "../catalogue/changed.ts";
import {
  Conflict,
  type InputIssue,
  InvalidInput,
  NotAllowed,
  NotAuthenticated,
  NotFound,
  StorageUnavailable,
  TooManyRequests,
  VendorFailed,
} from "../domain/errors.ts";
import { MalformedBody } from "../ingest/codecs/malformed-body.ts";
import { MalformedLine } from "../ingest/codecs/malformed-line.ts";
import { BodyDamaged, BodyTooLarge, BodyTooSlow, EncodingUnknown } from "./body/refusals.ts";

/** RFC 9457. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly InputIssue[];
}

const TITLES: Readonly<Record<number, string>> = {
  400: "The request cannot be read",
  401: "Not signed in",
  403: "Not allowed",
  404: "Not found",
  405: "Method not allowed",
  408: "Too slow",
  409: "Conflict",
  412: "Changed meanwhile",
  413: "Too large",
  415: "Media type not supported",
  422: "The request is wrong",
  429: "Too many requests",
  431: "Headers too large",
  500: "The server failed",
  502: "The vendor failed",
  503: "Storage is not available",
};

export function problem(status: number, detail: string, errors?: readonly InputIssue[]): Problem {
  return { type: "about:blank", title: TITLES[status] ?? "Error", status, detail, ...(errors && { errors }) };
}

/** The only place that knows which error is which status. */
export function problemOf(error: unknown): Problem {
  if (error instanceof NotFound) return problem(404, error.message);
  if (error instanceof InvalidInput) return problem(422, error.message, error.issues);
  if (error instanceof MalformedLine) {
    return problem(400, error.message, [{ path: `line ${error.lineNumber}`, message: error.reason }]);
  }
  if (error instanceof MalformedBody) {
    return problem(error.isReadable ? 422 : 400, error.message, [{ path: error.path, message: error.reason }]);
  }
  if (error instanceof BodyDamaged) return problem(400, error.message);
  if (error instanceof BodyTooSlow) return problem(408, error.message);
  if (error instanceof BodyTooLarge) return problem(413, error.message);
  if (error instanceof EncodingUnknown) return problem(415, error.message);
  if (error instanceof NotAuthenticated) return problem(401, error.message);
  if (error instanceof NotAllowed) return problem(403, error.message);
  if (error instanceof ChangedMeanwhile) return problem(412, error.message);
  if (error instanceof Conflict) return problem(409, error.message);
  if (error instanceof StorageUnavailable) return problem(503, error.message);
  if (error instanceof VendorFailed) return problem(502, error.message);
  if (error instanceof TooManyRequests) return problem(429, error.message);
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((issue) => ({
      path: issue.instancePath.replace(/^\//, "").replaceAll("/", "."),
      message: issue.message ?? "is not valid",
    }));
    return problem(422, errors.map(({ path, message }) => `${path}: ${message}`).join("; "), errors);
  }
  const status = statusOf(error);
  return status !== null && status >= 400 && status < 500 && error instanceof Error
    ? problem(status, error.message)
    : problem(500, "Something went wrong on the server; its log says what.");
}

/** Answers every error of every route as a problem document, and logs what is the server's own fault. */
export function answerErrorsAsProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const answer = problemOf(error);
    if (answer.status === 500) request.log.error({ err: error }, "request failed");
    if (error instanceof StorageUnavailable || error instanceof TooManyRequests) {
      reply.header("retry-after", error.retryAfterS);
    }
    return sendProblem(reply, answer);
  });
}

export function sendProblem(reply: FastifyReply, answer: Problem): FastifyReply {
  return reply.code(answer.status).type("application/problem+json").serializer(JSON.stringify).send(answer);
}

/** What Node's parser finds wrong with a request before there is one to speak of; all else is a 400. */
const UNREADABLE: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: problem(431, "The request's line and headers are too long."),
  ERR_HTTP_REQUEST_TIMEOUT: problem(408, "The request did not come in time."),
};

/** Answers what cannot be read as a request, and ends the connection: where the next one would begin is not known. */
export function answerUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  // Whoever went away reads no answer.
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const answer = UNREADABLE[error.code ?? ""] ?? problem(400, "This is no HTTP request.");
  const body = JSON.stringify(answer);
  socket.end(
    [
      `HTTP/1.1 ${answer.status} ${answer.title}`,
      "Content-Type: application/problem+json",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "Connection: close",
      "",
      body,
    ].join("\r\n"),
  );
}

function statusOf(error: unknown): number | null {
  return error instanceof Error && "statusCode" in error && typeof error.statusCode === "number"
    ? error.statusCode
    : null;
}
