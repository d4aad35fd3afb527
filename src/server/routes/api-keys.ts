import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ListedApiKey } from "../../catalogue/api-keys.ts";
import { API_KEY_SCOPES, INGEST_SETTINGS_DEFAULT, SERIES_PER_KEY } from "../../domain/api-key.ts";
import { InvalidInput } from "../../domain/errors.ts";
import { templateFault } from "../../ingest/sources/template.ts";
import { EXAMPLE_IDS } from "../examples.ts";
import { PageQuery } from "../page-query.ts";
import type { RouteParts } from "../parts.ts";
import { declare } from "../route.ts";
import * as api from "../schemas.ts";
import { isoTime } from "../views/times.ts";

/** Sites that one key can be limited to. */
export const SITES_PER_KEY_MAX = 1_000;
const TEMPLATE_CHARS_MAX = 200;

const ById = z.object({ id: api.Id });
const Template = z
  .string()
  .trim()
  .min(1)
  .max(TEMPLATE_CHARS_MAX)
  .superRefine((text, context) => {
    const fault = templateFault(text);
    if (fault !== null) context.addIssue({ code: "custom", message: fault });
  })
  .nullable()
  .default(null);
const NewApiKey = z.strictObject({
  name: z.string().trim().min(1).max(200),
  scopes: z
    .array(z.enum(API_KEY_SCOPES))
    .min(1)
    .max(API_KEY_SCOPES.length)
    .transform((scopes) => [...new Set(scopes)]),
  siteIds: z.array(api.Id).min(1).max(SITES_PER_KEY_MAX).nullable().default(null),
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => Date.parse(text))
    .nullable()
    .default(null),
  ingest: z
    .strictObject({
      unknownSeries: z.enum(["create", "refuse"]).default(INGEST_SETTINGS_DEFAULT.unknownSeries),
      template: z
        .strictObject({ site: Template, device: Template, metric: Template })
        .default(INGEST_SETTINGS_DEFAULT.template),
      seriesMax: z.int().min(1).max(SERIES_PER_KEY.max).default(SERIES_PER_KEY.default),
    })
    .default(INGEST_SETTINGS_DEFAULT),
});

/** Keys that let programs in. */
export function apiKeyRoutes(app: FastifyInstance, { catalogue, clock }: RouteParts): void {
  const { apiKeys } = catalogue;

  declare(
    app,
    "POST",
    "/api-keys",
    {
      permission: "key:manage",
      summary: "Make an API key; the answer is the only one that shows it",
      body: NewApiKey,
      audit: {
        action: "api-key.create",
        note: ({ body: { name, scopes, siteIds, expiresAt } }) => ({ detail: { name, scopes, siteIds, expiresAt } }),
      },
      example: { body: { name: "Gateway in building 4", scopes: ["ingest"], siteIds: [EXAMPLE_IDS.site] } },
      answers: { 201: api.NewApiKey },
    },
    async ({ body }) => {
      const { expiresAt, ...wanted } = body;
      if (expiresAt !== null && expiresAt <= clock.nowMs()) {
        throw new InvalidInput([{ path: "expiresAt", message: "must lie in the future" }]);
      }
      const { key, text } = await apiKeys.create({ ...wanted, expiresAtMs: expiresAt });
      return { ...apiKeyView({ ...key, lastUsedAtMs: null }), key: text };
    },
  );
  declare(
    app,
    "GET",
    "/api-keys",
    {
      permission: "key:manage",
      summary: "API keys, without their secrets",
      query: PageQuery,
      example: { query: { limit: 50 } },
      answers: { 200: api.pageOf(api.ApiKey) },
    },
    async ({ query }) => {
      const page = await apiKeys.list(query);
      return { items: page.items.map(apiKeyView), nextCursor: page.nextCursor };
    },
  );
  declare(
    app,
    "DELETE",
    "/api-keys/:id",
    {
      permission: "key:manage",
      summary: "Revoke an API key, at once and for good",
      params: ById,
      audit: { action: "api-key.revoke" },
      answers: { 204: z.null() },
    },
    async ({ params }) => {
      await apiKeys.revoke(params.id);
      return null;
    },
  );
}

function apiKeyView(key: ListedApiKey): z.input<typeof api.ApiKey> {
  const { id, name, prefix, siteIds, ingest } = key;
  return {
    id,
    name,
    prefix,
    scopes: [...key.scopes],
    siteIds: siteIds && [...siteIds],
    ingest: { ...ingest, template: { ...ingest.template } },
    createdAt: isoTime(key.createdAtMs),
    expiresAt: key.expiresAtMs === null ? null : isoTime(key.expiresAtMs),
    lastUsedAt: key.lastUsedAtMs === null ? null : isoTime(key.lastUsedAtMs),
  };
}
