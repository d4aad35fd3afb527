import cookie from "@fastify/cookie";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { SESSION_COOKIE } from "./cookies.ts";
import { LiveStreams } from "./live-streams.ts";
import { describeRoutes } from "./openapi.ts";
import type { RouteParts, ServerParts } from "./parts.ts";
import { answerErrorsAsProblems } from "./problems.ts";
import { authRoutes } from "./routes/auth.ts";
import { catalogueRoutes } from "./routes/catalogue.ts";
import { connectionRoutes } from "./routes/connections.ts";
import { dataApiRoutes } from "./routes/data-api.ts";
import { healthRoutes } from "./routes/health.ts";
import { liveRoutes } from "./routes/live.ts";
import { asksFromThisMachine, refuseForeignOrigins } from "./same-origin.ts";
import { FleetViews } from "./views/fleet.ts";
import { ObjectViews } from "./views/objects.ts";
import { SeriesViews } from "./views/series.ts";
import { mountPages, type PageHandler } from "./web.ts";

/** Largest body of a JSON request. */
export const JSON_BODY_BYTES_MAX = 1_048_576;
/** A request's head and body must have come within this time. */
const REQUEST_TIMEOUT_MS = 60_000;

export interface ServerOptions {
  readonly parts: ServerParts;
  readonly logger?: FastifyBaseLogger;
  /** Null serves the API alone. */
  readonly pages: PageHandler | null;
  readonly version: string;
}

/** Builds the HTTP server; it does not listen yet. Closing it ends live streams first. */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    bodyLimit: JSON_BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
    logController: new LogController({ disableRequestLogging: true }),
    ...(options.logger && { loggerInstance: options.logger }),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerErrorsAsProblems(app);
  refuseForeignOrigins(app);
  app.addHook("onSend", async (_request, reply) => {
    reply.header("x-content-type-options", "nosniff");
  });
  await app.register(cookie);
  await describeRoutes(app, options.version);
  guard(app, options.parts);

  const parts = withViews(options.parts);
  const streams = new LiveStreams(parts.live);
  app.addHook("preClose", async () => streams.close());

  healthRoutes(app, parts, streams);
  dataApiRoutes(app, parts);
  await app.register(
    async (api) => {
      authRoutes(api, parts);
      catalogueRoutes(api, parts);
      connectionRoutes(api, parts);
      liveRoutes(api, parts, streams);
      api.get("/openapi.json", { config: { permission: "public" }, schema: { hide: true } }, () => app.swagger());
    },
    { prefix: "/api/v1" },
  );
  if (options.pages) mountPages(app, options.pages);
  await app.ready();
  return app;
}

/** Finds out who asks, and lets no route be reached without the permission that it declares. */
function guard(app: FastifyInstance, { access, signIn }: ServerParts): void {
  app.decorateRequest("actor");
  app.addHook("onRoute", (route) => {
    if (!route.config?.permission) throw new TypeError(`${String(route.method)} ${route.url} declares no permission`);
  });
  app.addHook("onRequest", async (request) => {
    const { permission } = request.routeOptions.config;
    if (!permission) return;
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const isLocal = asksFromThisMachine(request.headers);
    request.actor = await signIn.actorOf({ bearer, session: request.cookies[SESSION_COOKIE], isLocal });
    access.require(request.actor, permission, isLocal);
  });
}

function withViews(parts: ServerParts): RouteParts {
  const objects = new ObjectViews(parts.catalogue.directory, parts.store);
  return {
    ...parts,
    objects,
    fleet: new FleetViews(parts.catalogue, parts.collector, objects, parts.clock),
    series: new SeriesViews(parts.catalogue, parts.store, parts.clock),
  };
}
