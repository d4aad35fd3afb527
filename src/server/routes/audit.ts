import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { AuditEntry } from "../../catalogue/audit/entry.ts";
import { PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from "../../catalogue/page.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { isoTime } from "../views/times.ts";

const timeMs = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const AuditQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(PAGE_ITEMS_MAX).default(PAGE_ITEMS_DEFAULT),
  cursor: z.string().max(100).optional(),
  actorId: api.Id.optional(),
  objectId: api.Id.optional(),
  action: z
    .string()
    .max(60)
    .regex(/^[a-z-]+(\.[a-z-]+)?$/, "must be an action such as user.change, or what stands before its dot")
    .optional()
    .meta({ description: "`user.change`, or `user` for all that begin so" }),
  from: timeMs.optional(),
  to: timeMs.optional(),
});

const Entry = z
  .object({
    place: z.int().meta({ description: "1, 2, 3 … without gaps" }),
    time: api.Time,
    actor: z.object({
      kind: z.string().meta({ description: "`user`, `key`, `visitor`, `nobody`, or `server` for Kilowatch itself" }),
      id: z.string().nullable(),
      name: z.string().nullable().meta({ description: "E-mail address or name of the key, as it was then" }),
    }),
    action: z
      .string()
      .meta({ description: "Such as `site.create`; method and path of a refused call that has no name" }),
    object: z.object({ kind: z.string(), id: z.string().nullable() }).nullable(),
    outcome: z.int().meta({ description: "HTTP status of the answer" }),
    detail: z.record(z.string(), z.unknown()),
    hash: z.string().meta({ description: "SHA-256 of the entry and of the hash of the one before" }),
  })
  .meta({ id: "AuditEntry" });

/** Who did what. */
export function auditRoutes(app: FastifyInstance, { catalogue }: RouteParts): void {
  declare(
    app,
    "GET",
    "/audit",
    {
      permission: "audit:read",
      summary: "Who did what to which object, the newest first",
      query: AuditQuery,
      answers: { 200: api.pageOf(Entry) },
    },
    async ({ query: { from: fromMs, to: toMs, ...query } }) => {
      const page = await catalogue.audit.list(query, { ...query, fromMs, toMs });
      return { items: page.items.map(entryView), nextCursor: page.nextCursor };
    },
  );
}

function entryView({ atMs, actor, object, detail, ...entry }: AuditEntry): z.input<typeof Entry> {
  return {
    ...entry,
    time: isoTime(atMs),
    actor: { ...actor },
    object: object && { ...object },
    detail: { ...detail },
  };
}
