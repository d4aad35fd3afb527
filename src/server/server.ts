import cookie from "@fastify/cookie";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { validatorCompiler } from "fastify-type-provider-zod";
import { targetOf } from "./about.ts";
import { answerSerializer } from "./answer-serializer.ts";
import { AuditRecorder } from "./audit-trail.ts";
import { cookieOf, SESSION_COOKIE } from "./cookies.ts";
import { shownCredentials } from "./credentials.ts";
import { letAnybodyReadDocs, serveDocs } from "./docs.ts";
import { JobStreams } from "./job-streams.ts";
import { LiveStreams } from "./live-streams.ts";
import { describeRoutes } from "./openapi.ts";
import { PagesDoor } from "./pages-door.ts";
import type { RouteParts, ServerParts } from "./parts.ts";
import { answerErrorsAsProblems, answerUnreadable, problemOf, sendProblem } from "./problems.ts";
import { countRequest } from "./request-limit.ts";
import { accountRoutes } from "./routes/account.ts";
import { apiKeyRoutes } from "./routes/api-keys.ts";
import { auditRoutes } from "./routes/audit.ts";
import { authRoutes } from "./routes/auth.ts";
import { backfillRoutes } from "./routes/backfill.ts";
import { budgetRoutes } from "./routes/budgets.ts";
import { catalogueRoutes } from "./routes/catalogue.ts";
import { connectionTestRoutes } from "./routes/connection-tests.ts";
import { connectionRoutes } from "./routes/connections.ts";
import { coverageRoutes } from "./routes/coverage.ts";
import { dataApiRoutes } from "./routes/data-api.ts";
import { deviceRoutes } from "./routes/devices.ts";
import { discoveryRoutes } from "./routes/discovery.ts";
import { eventRoutes } from "./routes/events.ts";
import { exportRoutes } from "./routes/export.ts";
import { healthRoutes } from "./routes/health.ts";
import { influxRoutes, readingRoutes } from "./routes/ingest.ts";
import { installationRoutes } from "./routes/installation.ts";
import { latestRoutes } from "./routes/latest.ts";
import { lifecycleRoutes } from "./routes/lifecycle.ts";
import { liveRoutes } from "./routes/live.ts";
import { metricSearchRoutes } from "./routes/metric-search.ts";
import { metricRoutes } from "./routes/metrics.ts";
import { personViewRoutes } from "./routes/person-view.ts";
import { planRoutes } from "./routes/plans.ts";
import { restatementRoutes } from "./routes/restatements.ts";
import { seriesRoutes } from "./routes/series.ts";
import { siteRoutes } from "./routes/sites.ts";
import { subscriptionRoutes } from "./routes/subscriptions.ts";
import { userRoutes } from "./routes/users.ts";
import { vendorRoutes } from "./routes/vendors.ts";
import { asksFromThisMachine, refuseForeignOrigins } from "./same-origin.ts";
import { EnergyToday } from "./views/energy-today.ts";
import { FleetViews } from "./views/fleet.ts";
import { ObjectViews } from "./views/objects.ts";
import { SeriesViews } from "./views/series.ts";
import { answerUnknownAddress, mountPages, type PageHandler } from "./web.ts";

const API_PREFIX = "/api/v1";
/** Largest body of a JSON request. */
export const JSON_BODY_BYTES_MAX = 1_048_576;
/** A request's line and headers: room for the ids of 1,000 metrics. */
const REQUEST_HEAD_BYTES_MAX = 65_536;
/** A request's head and body must have come within this time: the longest pushed body over 0.6 Mbit/s. A slow one is refused long before. */
const REQUEST_TIMEOUT_MS = 900_000;
/** The body of a JSON request must have come within this time. */
const JSON_BODY_TIMEOUT_MS = 60_000;

export interface ServerOptions {
  readonly parts: ServerParts;
  readonly logger?: FastifyBaseLogger;
  /** Null serves the API alone. */
  readonly pages: PageHandler | null;
  readonly version: string;
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed; none unless said. */
  readonly trustedProxies?: readonly string[];
}

/** Builds the HTTP server; it does not listen yet. Closing it ends live streams first. */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const { trustedProxies = [] } = options;
  const app: FastifyInstance = Fastify({
    bodyLimit: JSON_BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { maxHeaderSize: REQUEST_HEAD_BYTES_MAX },
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, problemOf(error)),
    clientErrorHandler: answerUnreadable,
    ...(options.logger && { loggerInstance: options.logger }),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(answerSerializer);
  answerErrorsAsProblems(app);
  refuseForeignOrigins(app);
  boundSlowBodies(app);
  app.addHook("onSend", (_request, reply, _payload, done) => {
    reply.header("x-content-type-options", "nosniff");
    done();
  });
  const door = new PagesDoor(app);
  await app.register(cookie);
  await describeRoutes(app, options.version);
  app.decorate("answeredRequests", options.parts.catalogue.answeredRequests);
  const audit = new AuditRecorder(options.parts.catalogue.audit, options.parts.clock, app.log);
  letAnybodyReadDocs(app);
  guard(app, options.parts, audit);
  await audit.attach(app);

  const parts = withViews(options.parts, audit);
  app.addHook("onClose", async () => parts.bodies.close());
  const streams = new LiveStreams(parts.live, parts.clock);
  const jobStreams = new JobStreams(parts.clock);
  app.addHook("preClose", async () => {
    streams.close();
    jobStreams.close();
    parts.collector.endVisits();
  });

  healthRoutes(app, parts, streams);
  dataApiRoutes(app, parts);
  influxRoutes(app, parts);
  await app.register(
    async (api) => {
      accountRoutes(api, parts);
      apiKeyRoutes(api, parts);
      auditRoutes(api, parts);
      authRoutes(api, parts);
      backfillRoutes(api, parts, jobStreams);
      budgetRoutes(api, parts);
      catalogueRoutes(api, parts);
      connectionRoutes(api, parts);
      connectionTestRoutes(api, parts);
      coverageRoutes(api, parts);
      deviceRoutes(api, parts);
      discoveryRoutes(api, parts);
      eventRoutes(api, parts);
      exportRoutes(api, parts);
      installationRoutes(api, parts, options.version);
      lifecycleRoutes(api, parts);
      latestRoutes(api, parts);
      liveRoutes(api, parts, streams);
      readingRoutes(api, parts);
      metricRoutes(api, parts);
      metricSearchRoutes(api, parts);
      restatementRoutes(api, parts);
      personViewRoutes(api, parts);
      planRoutes(api, parts);
      seriesRoutes(api, parts);
      siteRoutes(api, parts);
      subscriptionRoutes(api, parts, streams);
      userRoutes(api, parts);
      vendorRoutes(api, parts);
      api.get("/openapi.json", { config: { permission: "public" }, schema: { hide: true } }, () => app.swagger());
    },
    { prefix: API_PREFIX },
  );
  await serveDocs(app);
  if (options.pages) mountPages(app, options.pages, door);
  else app.setNotFoundHandler((_request, reply) => answerUnknownAddress(reply));
  await app.ready();
  return app;
}

/** Cuts off whoever drips a JSON body; pushed bodies are watched where they are read. */
function boundSlowBodies(app: FastifyInstance): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const { headers } = request.raw;
    const hasBody = headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
    if (hasBody && !request.routeOptions.config.streamsBody) {
      const cutOff = setTimeout(() => request.raw.destroy(), JSON_BODY_TIMEOUT_MS);
      cutOff.unref();
      request.raw.once("close", () => clearTimeout(cutOff));
    }
    done();
  });
}

/** Finds out who asks, and lets no route be reached without the permission that it declares. */
function guard(
  app: FastifyInstance,
  { access, catalogue, signIn, requestLimits }: ServerParts,
  audit: AuditRecorder,
): void {
  app.decorateRequest("actor");
  app.decorate("declaredRoutes", []);
  app.addHook("onRoute", (route) => {
    const { config } = route;
    if (!config?.permission) throw new TypeError(`${String(route.method)} ${route.url} declares no permission`);
    // Readings are held back where their bodies are read, and what lies outside of the API has contracts of its own.
    config.isCounted = route.url.startsWith(API_PREFIX) && config.permission !== "data:push";
    const { permission, about = "installation" } = config;
    for (const method of [route.method].flat()) app.declaredRoutes.push({ method, url: route.url, permission, about });
  });
  app.addHook("onRequest", async (request, reply) => {
    const { permission, about = "installation", takesInfluxKeys, isCounted } = request.routeOptions.config;
    if (!permission) return;
    const shown = shownCredentials(request.headers, takesInfluxKeys ?? false);
    const isLocal = (): boolean => asksFromThisMachine(request.raw);
    request.actor = await signIn.actorOf({ ...shown, session: cookieOf(request, SESSION_COOKIE), isLocal });
    if (isCounted) countRequest(requestLimits, request, reply);
    const target = targetOf(about, request.params as Record<string, string>, catalogue.directory);
    try {
      access.require(request.actor, permission, target, isLocal);
    } catch (error) {
      await audit.refused(request, error);
      throw error;
    }
  });
}

function withViews(parts: ServerParts, audit: AuditRecorder): RouteParts {
  const { catalogue, collector, store, clock } = parts;
  const objects = new ObjectViews(catalogue.directory, store);
  const energy = new EnergyToday(catalogue.directory, store, clock);
  return {
    ...parts,
    audit,
    objects,
    fleet: new FleetViews(catalogue, collector, objects, energy, clock),
    series: new SeriesViews(catalogue.directory, store, clock),
  };
}
