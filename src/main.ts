import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import pino from "pino";
import { Access } from "./access/access.ts";
import { AccessTokens } from "./access/access-tokens.ts";
import { KnownDevices } from "./access/known-devices.ts";
import { OneTimeCode } from "./access/one-time-code.ts";
import { hashPassword } from "./access/passwords.ts";
import { RequestLimits } from "./access/request-limits.ts";
import { Sessions } from "./access/sessions.ts";
import { SignIn } from "./access/sign-in.ts";
import { SignInThrottle } from "./access/sign-in-throttle.ts";
import { type Catalogue, openCatalogue } from "./catalogue/catalogue.ts";
import type { SeriesDirectory } from "./catalogue/directory.ts";
import { dataFolderKey } from "./catalogue/sealing/installation-key.ts";
import { Collector } from "./collect/collector.ts";
import { Backfills } from "./collect/history/backfills.ts";
import { Ledger } from "./collect/ledger/ledger.ts";
import type { LogLevel, ServerConfig } from "./config.ts";
import { cataloguePlace, prepareDataFolder } from "./data-folder.ts";
import { systemClock } from "./domain/clock.ts";
import { StartupError, StorageUnavailable } from "./domain/errors.ts";
import type { Log } from "./domain/log.ts";
import { openMqttListener } from "./ingest/mqtt/open.ts";
import { IngestPipeline } from "./ingest/pipeline.ts";
import { PushSources } from "./ingest/sources/push-sources.ts";
import { LiveHub } from "./live/hub.ts";
import { QualityWatch } from "./quality/watch.ts";
import { BodyGate } from "./server/body/body-gate.ts";
import type { ServerParts } from "./server/parts.ts";
import { buildServer } from "./server/server.ts";
import type { PageHandler } from "./server/web.ts";
import { openClusterTelemetry } from "./telemetry/cluster/open.ts";
import { heldReadings } from "./telemetry/held-readings.ts";
import type { JournaledStore } from "./telemetry/journaled-store.ts";
import { openTelemetry } from "./telemetry/open.ts";
import type { RetentionClasses, TelemetryStore } from "./telemetry/store.ts";
import { AddressGuard } from "./transport/address-guard.ts";
import { openGuardedPool } from "./transport/guarded-pool.ts";
import { VENDORS, vendorById } from "./vendors/registry.ts";

export interface StartOptions {
  /** Lets somebody who has not signed in look around, as the demo does. */
  readonly visitorsMayLook: boolean;
  /** Runs once the catalogue is open and before anything is polled or served. */
  readonly prepare?: (catalogue: Catalogue) => Promise<void>;
  /** Runs beside the server once it is up, until it is done or `signal` aborts. */
  readonly beside?: (parts: BesideParts, signal: AbortSignal) => Promise<void>;
}

export interface BesideParts {
  readonly catalogue: Catalogue;
  readonly pipeline: IngestPipeline;
  readonly store: TelemetryStore;
  readonly ledger: Ledger;
}

/** A server that runs. */
export interface Kilowatch {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** Lets whoever opens it in as administrator, or create one; works once. */
  readonly signInLink: string;
  /** Stops intake, drains, flushes, closes. Idempotent. */
  close(): Promise<void>;
}

/** Puts the adapters together and starts the server. @throws StartupError with one line that says what to do. */
export async function startKilowatch(config: ServerConfig, options: StartOptions): Promise<Kilowatch> {
  const log = pino({ level: config.logLevel satisfies LogLevel }, pino.destination({ fd: 2, sync: true }));
  const clock = systemClock;
  const { trustedProxies } = config;
  const owned = new AsyncDisposableStack();
  try {
    prepareDataFolder(config.dataDir);
    const place = cataloguePlace(config);
    const key = dataFolderKey(config.dataDir, config.secretKey);
    const [store, pages] = await allOpened(owning(owned, openReadings(config, log)), loadPages());
    // After the journal, which belongs to one process: a rotation of the key that is under way keeps the folder until it is done.
    const catalogue = await owning(owned, openCatalogue(place, key, clock, config.dataDir));
    store.classify(classesOf(catalogue.directory));
    await options.prepare?.(catalogue);

    const live = new LiveHub(clock);
    const pipeline = new IngestPipeline({ store, directory: catalogue.directory, live, clock });
    const ledger = new Ledger({ coverage: catalogue.coverage, clock, log });
    owned.defer(() => ledger.close());
    ledger.start();
    const guard = new AddressGuard({ listed: config.vendorNetworks, setting: "KILOWATCH_VENDOR_NETWORKS" });
    const openSockets = (baseUrl: string) => openGuardedPool(baseUrl, guard);
    const backfills = new Backfills({ catalogue, ledger, vendorById, clock });
    const collector = new Collector({
      catalogue,
      pipeline,
      ledger,
      held: heldReadings(store),
      backfills,
      isAlone: config.catalogueServer === null,
      vendorById,
      openSockets,
      clock,
      log,
    });
    owned.defer(() => collector.close());
    const { judgedSites: sites, qualityEvents: events } = catalogue;
    const quality = new QualityWatch({ readings: store, sites, events, clock, log });
    owned.defer(() => quality.close());
    const code = new OneTimeCode(clock);
    const signIn = new SignIn({
      users: catalogue.users,
      memberships: catalogue.memberships,
      sessions: new Sessions(catalogue.sessions, clock),
      accessTokens: await AccessTokens.open(catalogue.ownSecrets, clock),
      apiKeys: catalogue.apiKeys,
      code,
      clock,
      throttle: new SignInThrottle(await KnownDevices.open(catalogue.ownSecrets, clock), clock),
      visitorsMayLook: options.visitorsMayLook,
    });
    await createUnattendedAdmin(catalogue, config);

    const sources = new PushSources({ catalogue, pipeline, clock });
    const parts: ServerParts = {
      catalogue,
      store,
      pipeline,
      sources,
      collector,
      ledger,
      quality,
      backfills,
      live,
      bodies: new BodyGate(clock),
      access: new Access({ data: config.openData, operation: options.visitorsMayLook }),
      signIn,
      requestLimits: new RequestLimits(clock),
      clock,
      vendors: VENDORS,
      installation: {
        startedAtMs: clock.nowMs(),
        dataFolder: config.dataDir,
        catalogue: config.catalogueServer ? "PostgreSQL" : "data folder",
        readings: config.telemetryServer ? "ClickHouse" : "data folder",
        secretKey: config.secretKey === null ? "data folder" : "passphrase",
      },
    };
    // Requests are not worth a line each; what fails is logged by the error mapper.
    const logger = log.child({}, { level: config.logLevel === "debug" ? "debug" : "warn" });
    const app = await buildServer({ parts, logger, pages, version: packageVersion(), trustedProxies });
    owned.defer(() => app.close());
    const url = await listen(app, config);
    if (config.mqtt) {
      const { apiKeys } = catalogue;
      const listener = await openMqttListener(config.mqtt, { apiKeys, sources, clock, log });
      owned.defer(() => listener.close());
      log.info({ host: config.mqtt.host, port: listener.port }, "Readings are taken by MQTT.");
    }
    await collector.start();
    quality.start();
    if (options.beside) runBeside(options.beside, { catalogue, pipeline, store, ledger }, owned, log);
    const page = signIn.needsAdmin ? "welcome" : "sign-in/link";
    return { url, signInLink: `${url}/${page}?code=${code.issue()}`, close: () => owned.disposeAsync() };
  } catch (error) {
    await owned.disposeAsync();
    if (error instanceof StorageUnavailable) {
      const elsewhere = config.catalogueServer ? " and see that the catalogue's database answers" : "";
      const remedy = `Make room on the disk of ${config.dataDir}${elsewhere}, and start again.`;
      throw new StartupError(`${error.message} ${remedy}`, { cause: error });
    }
    throw error;
  }
}

/** In the data folder, unless a ClickHouse server is to hold them. */
function openReadings({ dataDir, telemetryServer: address }: ServerConfig, log: Log): Promise<JournaledStore> {
  const options = { dataDir, clock: systemClock, log };
  return address ? openClusterTelemetry({ ...options, address }) : openTelemetry(options);
}

/** A metric's readings are kept for as long as those of its kind. */
function classesOf(directory: SeriesDirectory): RetentionClasses {
  return {
    classOf: (series) => directory.kindOf(series),
    seriesOf: (kind) => directory.seriesOf(kind),
  };
}

/** Starts work that the server's end aborts and waits for. */
function runBeside(
  work: NonNullable<StartOptions["beside"]>,
  parts: BesideParts,
  owned: AsyncDisposableStack,
  log: Log,
): void {
  const stop = new AbortController();
  const working = work(parts, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) log.error({ err: error }, "work beside the server failed");
  });
  owned.defer(async () => {
    stop.abort();
    await working;
  });
}

/** What has opened is closed with the rest, whatever becomes of the others. */
async function owning<T extends { close(): Promise<void> }>(
  owned: AsyncDisposableStack,
  opening: Promise<T>,
): Promise<T> {
  const opened = await opening;
  owned.defer(() => opened.close());
  return opened;
}

/** Waits for all, and only then fails with the first failure: nothing is left opening behind its back. */
async function allOpened<T extends readonly Promise<unknown>[]>(
  ...opening: T
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const failed = (await Promise.allSettled(opening)).find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
  return Promise.all(opening);
}

/** The built pages, from the checkout's web/build. */
async function loadPages(): Promise<PageHandler> {
  const path = fileURLToPath(new URL("../web/build/handler.js", import.meta.url));
  if (!existsSync(path)) {
    throw new StartupError("The pages are not built: run node scripts/setup.mjs, which npm start does by itself.");
  }
  const { handler } = (await import(path)) as { handler: PageHandler };
  return handler;
}

async function createUnattendedAdmin(catalogue: Catalogue, { admin }: ServerConfig): Promise<void> {
  if (admin === null || catalogue.users.hasAdmin()) return;
  const { id } = await catalogue.users.createFirstAdmin(
    admin.email,
    "Administrator",
    await hashPassword(admin.password),
  );
  await catalogue.audit.append({
    actor: { kind: "server", id: null, name: null },
    action: "user.create",
    object: { kind: "user", id },
    outcome: 201,
    detail: { by: "environment", role: "admin" },
  });
}

async function listen(app: FastifyInstance, { host, port }: ServerConfig): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const remedy = LISTEN_REMEDIES[String(code)];
    if (remedy === undefined) throw error;
    throw new StartupError(`${host}:${port} ${remedy}`, { cause: error });
  }
  const address = app.server.address();
  const boundPort = typeof address === "object" && address !== null ? address.port : port;
  const shownHost = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return `http://${shownHost.includes(":") ? `[${shownHost}]` : shownHost}:${boundPort}`;
}

const LISTEN_REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: "is taken by another program: stop that one, or choose another port with --port.",
  EACCES: "is not allowed for this user: choose a port from 1024 on with --port.",
  EADDRNOTAVAIL: "is no address of this machine: choose another with --host.",
  ENOTFOUND: "is no address that can be found: choose another with --host.",
};

function packageVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
