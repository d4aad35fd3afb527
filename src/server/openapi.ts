import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { SESSION_COOKIE } from "./cookies.ts";
import { describeExample } from "./examples.ts";

/** What a path of the API is about, by which the document groups its operations. */
const GROUP = /^\/api\/v1\/([^/]+)/;

/** Describes every route that is declared afterwards as OpenAPI 3.1, from the declarations themselves. */
export async function describeRoutes(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Kilowatch", version, description: "Readings of solar, battery and metering fleets." },
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer" },
          session: { type: "apiKey", in: "cookie", name: SESSION_COOKIE.overTls },
        },
      },
      security: [{ bearer: [] }, { session: [] }],
    },
    transform(asked) {
      const described = jsonSchemaTransform(asked);
      const { example } = asked.route.config ?? {};
      if (example) describeExample(described.schema, example);
      const [, group] = GROUP.exec(described.url) ?? [];
      return { ...described, schema: { ...described.schema, tags: [group ?? "server"] } };
    },
    transformObject: (document) => withoutUnusedSchemas(jsonSchemaTransformObject(document)),
  });
}

interface Described {
  readonly components?: { readonly schemas?: Record<string, unknown> };
}

/** Each schema is registered once as it is read and once as it is written; a client needs those that a route refers to. */
function withoutUnusedSchemas<Document extends object>(document: Document): Document {
  const { components } = document as Described;
  const schemas: Record<string, unknown> = { ...components?.schemas };
  const described = { ...document, components: { ...components, schemas } };
  for (let text = "", before = " "; text !== before; ) {
    before = text;
    text = JSON.stringify(described);
    for (const name of Object.keys(schemas)) {
      if (!text.includes(`"#/components/schemas/${name}"`)) delete schemas[name];
    }
  }
  return described;
}
