import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { type Actor, ownerIdOf } from "../access/actor.ts";
import type { Permission } from "../access/permissions.ts";
import type { AnsweredRequests } from "../catalogue/answered-requests.ts";
import { InvalidInput } from "../domain/errors.ts";
import type { About } from "./about.ts";
import type { AuditNote } from "./audit-trail.ts";
import type { CallExample } from "./examples.ts";
import { Problem } from "./schemas.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the asker must be allowed to do; a route without one is refused at start. */
    permission?: Permission;
    /** What it would be done to; the installation unless told, which is the least that anybody may. */
    about?: About;
    takesInfluxKeys?: boolean;
    /** Whether a request counts towards its actor's limit. */
    isCounted?: boolean;
    example?: CallExample;
  }
  interface FastifyRequest {
    actor: Actor;
  }
  interface FastifyInstance {
    answeredRequests: AnsweredRequests;
    /** Every route with what it asks for. */
    declaredRoutes: {
      readonly method: string;
      readonly url: string;
      readonly permission: Permission;
      readonly about: About;
    }[];
  }
}

/** What a refusal looks like, for the document; the error mapper writes it. */
const PROBLEM = { description: "A problem (RFC 9457)", content: { "application/problem+json": { schema: Problem } } };

type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
type Schema = z.ZodType | undefined;
type Input<S extends Schema> = S extends z.ZodType ? z.output<S> : undefined;
type Example<S extends Schema> = S extends z.ZodType ? z.input<S> : never;

/** What a route says of itself; OpenAPI is made from it. */
export interface RouteSpec<Params extends Schema, Query extends Schema, Body extends Schema> {
  readonly permission: Permission;
  /** What the permission must be held for; the installation as a whole unless told. */
  readonly about?: About;
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** What a body that is decoded as it comes looks like, for the document: `push` reads it, and its decoder judges it. */
  readonly streamedBody?: { readonly types: readonly string[]; readonly shape: z.ZodType };
  /** Whether an API key may come as InfluxDB's clients send theirs (`credentials.ts`). */
  readonly takesInfluxKeys?: boolean;
  /**
   * Whether a request that comes again with the same `Idempotency-Key` is answered as before instead of being carried out again. What it asked for is
   * kept as a hash, in which the named fields of the body have no part: a hash of a password could be guessed at.
   */
  readonly isRepeatable?: true | { readonly apartFrom: readonly string[] };
  /** How the audit log tells of it. A route that changes something, and does not take readings, must have this. */
  readonly audit?: {
    /** The object's kind and the deed: `site.create`. */
    readonly action: `${string}.${string}`;
    /** What is said of a call whose input is good, before it is answered. Never a secret. */
    readonly note?: (input: RouteInput<Params, Query, Body>) => AuditNote | Promise<AuditNote>;
  };
  /** A call that works as it stands, for the document; a test makes it. Its ids are `EXAMPLE_IDS`. */
  readonly example?: {
    readonly params?: Example<Params>;
    readonly query?: Example<Query>;
    readonly body?: Body extends z.ZodType ? z.input<Body> : unknown;
  };
  /** The one success status, and what it brings. */
  readonly answers: Readonly<Record<number, z.ZodType>>;
  /** What a success brings by its media type, where it is not, or not always, JSON. */
  readonly answersAs?: Readonly<Record<string, z.ZodType>>;
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
      about: spec.about ?? "installation",
      takesInfluxKeys: spec.takesInfluxKeys ?? false,
      ...(spec.audit && { audited: spec.audit.action }),
      ...(spec.example && { example: spec.example }),
    },
    schema: {
      summary: spec.summary,
      response: { "4xx": PROBLEM, ...(spec.answersAs ? inMediaTypes(spec.answers, spec.answersAs) : spec.answers) },
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
      const answered = spec.isRepeatable
        ? await onceOnly(request, reply, spec.isRepeatable, async () => answer(input))
        : await answer(input);
      if (spec.audit && hasId(answered)) request.auditNote = { ...request.auditNote, answeredId: answered.id };
      // A stream whose reader went away has sent its head, and does not count as sent.
      if (reply.sent || reply.raw.headersSent) return reply;
      return reply.code(status).send(answered);
    },
  });
}

function inMediaTypes(
  answers: Readonly<Record<number, z.ZodType>>,
  types: Readonly<Record<string, z.ZodType>>,
): Record<string, object> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, schema]) => {
      const content = Object.fromEntries(Object.entries(types).map(([type, shape]) => [type, { schema: shape }]));
      return [status, { description: schema.description ?? "A success", content }];
    }),
  );
}

/** Longest `Idempotency-Key`; a UUID has 36 characters. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;

/** Carries out what was asked for, unless it was asked for before with the same key. @throws InvalidInput */
async function onceOnly(
  request: FastifyRequest,
  reply: FastifyReply,
  isRepeatable: true | { readonly apartFrom: readonly string[] },
  act: () => Promise<unknown>,
): Promise<unknown> {
  const key = request.headers["idempotency-key"];
  const ownerId = ownerIdOf(request.actor);
  if (key === undefined || ownerId === null) return act();
  if (typeof key !== "string" || !IDEMPOTENCY_KEY.test(key)) {
    throw new InvalidInput([{ path: "Idempotency-Key", message: "must have 1 to 200 visible ASCII characters" }]);
  }
  const apartFrom = isRepeatable === true ? [] : isRepeatable.apartFrom;
  const shownFields = (name: string, value: unknown): unknown => (apartFrom.includes(name) ? undefined : value);
  const asked = JSON.stringify([request.method, request.url, request.body], shownFields);
  const fingerprint = createHash("sha256").update(asked).digest("hex");
  const { answer, isRepeated } = await request.server.answeredRequests.once({ ownerId, key, fingerprint }, act);
  if (isRepeated) reply.header("idempotency-replayed", "true");
  return answer;
}

function hasId(answered: unknown): answered is { readonly id: string } {
  return typeof answered === "object" && answered !== null && "id" in answered && typeof answered.id === "string";
}
