import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Actor } from "../access/actor.ts";
import type { Permission } from "../access/permissions.ts";
import type { AuditNote } from "./audit-trail.ts";
import { Problem } from "./schemas.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the asker must be allowed to do; a route without one is refused at start. */
    permission?: Permission;
    takesInfluxKeys?: boolean;
  }
  interface FastifyRequest {
    actor: Actor;
  }
}

/** What a refusal looks like, for the document; the error mapper writes it. */
const PROBLEM = { description: "A problem (RFC 9457)", content: { "application/problem+json": { schema: Problem } } };

type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
type Schema = z.ZodType | undefined;
type Input<S extends Schema> = S extends z.ZodType ? z.output<S> : undefined;

/** What a route says of itself; OpenAPI is made from it. */
export interface RouteSpec<Params extends Schema, Query extends Schema, Body extends Schema> {
  readonly permission: Permission;
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** What a body that is decoded as it comes looks like, for the document: `push` reads it, and its decoder judges it. */
  readonly streamedBody?: { readonly types: readonly string[]; readonly shape: z.ZodType };
  /** Whether an API key may come as InfluxDB's clients send theirs (`credentials.ts`). */
  readonly takesInfluxKeys?: boolean;
  /** How the audit log tells of it. A route that changes something, and does not take readings, must have this. */
  readonly audit?: {
    /** The object's kind and the deed: `site.create`. */
    readonly action: `${string}.${string}`;
    /** What is said of a call whose input is good, before it is answered. Never a secret. */
    readonly note?: (input: RouteInput<Params, Query, Body>) => AuditNote | Promise<AuditNote>;
  };
  /** The one success status, and what it brings. */
  readonly answers: Readonly<Record<number, z.ZodType>>;
}

export interface RouteInput<Params extends Schema, Query extends Schema, Body extends Schema> {
  readonly actor: Actor;
  readonly params: Input<Params>;
  readonly query: Input<Query>;
  readonly body: Input<Body>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Declares a route: path, permission, shapes, and one call that answers it. */
export function declare<
  Params extends Schema = undefined,
  Query extends Schema = undefined,
  Body extends Schema = undefined,
>(
  app: FastifyInstance,
  method: Method,
  url: string,
  spec: RouteSpec<Params, Query, Body>,
  answer: (input: RouteInput<Params, Query, Body>) => unknown,
): void {
  const [status] = Object.keys(spec.answers).map(Number);
  if (status === undefined) throw new TypeError(`${method} ${url} declares no answer`);
  app.route({
    method,
    url,
    config: {
      permission: spec.permission,
      takesInfluxKeys: spec.takesInfluxKeys ?? false,
      ...(spec.audit && { audited: spec.audit.action }),
    },
    schema: {
      summary: spec.summary,
      response: { "4xx": PROBLEM, ...spec.answers },
      ...(spec.params && { params: spec.params }),
      ...(spec.query && { querystring: spec.query }),
      ...(spec.body && { body: spec.body }),
      ...(spec.streamedBody && { body: spec.streamedBody.shape, consumes: [...spec.streamedBody.types] }),
    },
    async handler(request, reply) {
      const input = {
        actor: request.actor,
        // The validator has put the schemas' outputs in these places before the handler runs.
        params: request.params as Input<Params>,
        query: request.query as Input<Query>,
        body: request.body as Input<Body>,
        request,
        reply,
      };
      if (spec.audit?.note) request.auditNote = await spec.audit.note(input);
      const answered = await answer(input);
      if (spec.audit && hasId(answered)) request.auditNote = { ...request.auditNote, answeredId: answered.id };
      // A stream whose reader went away has sent its head, and does not count as sent.
      if (reply.sent || reply.raw.headersSent) return reply;
      return reply.code(status).send(answered);
    },
  });
}

function hasId(answered: unknown): answered is { readonly id: string } {
  return typeof answered === "object" && answered !== null && "id" in answered && typeof answered.id === "string";
}
