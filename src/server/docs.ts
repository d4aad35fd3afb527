import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";

/** Where a person reads what the API can do. */
export const DOCS_PATH = "/api/docs";

/** The page, its script and its document come from here and nowhere else, and so does what is tried out on it. */
const PAGE_POLICY = {
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": ["'self'", "data:"],
  "connect-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
};

/** The library's routes name no permission: this does it for them, and has to come before whatever refuses routes without one. */
export function letAnybodyReadDocs(app: FastifyInstance): void {
  app.addHook("onRoute", (route) => {
    const isOfDocs = route.url === DOCS_PATH || route.url.startsWith(`${DOCS_PATH}/`);
    if (isOfDocs) route.config = { ...route.config, permission: "public" };
  });
}

/** The API's document as a page, from this server alone. */
export async function serveDocs(app: FastifyInstance): Promise<void> {
  await app.register(async (docs) => {
    docs.addHook("onSend", async (_request, reply) => {
      reply.header("x-frame-options", "DENY").header("referrer-policy", "no-referrer");
    });
    await docs.register(swaggerUi, {
      routePrefix: DOCS_PATH,
      staticCSP: PAGE_POLICY,
      theme: { title: "Kilowatch API" },
      uiConfig: {
        // Without the bar on top, which has a place for documents from elsewhere.
        layout: "BaseLayout",
        docExpansion: "list",
        // A credential is forgotten with the page.
        persistAuthorization: false,
      },
      // Its validator is a service on the internet.
      validatorUrl: false,
    });
  });
}
