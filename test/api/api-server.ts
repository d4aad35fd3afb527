import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { Access } from "../../src/access/access.ts";
import { AccessTokens } from "../../src/access/access-tokens.ts";
import { KnownDevices } from "../../src/access/known-devices.ts";
import { OneTimeCode } from "../../src/access/one-time-code.ts";
import { RequestLimits } from "../../src/access/request-limits.ts";
import { Sessions } from "../../src/access/sessions.ts";
import { SignIn } from "../../src/access/sign-in.ts";
import { SignInThrottle } from "../../src/access/sign-in-throttle.ts";
import type { ApiKeys } from "../../src/catalogue/api-keys.ts";
import { type Catalogue, openCatalogue } from "../../src/catalogue/catalogue.ts";
import { knownKey } from "../../src/catalogue/sealing/installation-key.ts";
import { Collector } from "../../src/collect/collector.ts";
import { Backfills } from "../../src/collect/history/backfills.ts";
import { Ledger } from "../../src/collect/ledger/ledger.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { silentLog } from "../../src/domain/log.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { IngestPipeline } from "../../src/ingest/pipeline.ts";
import { PushSources } from "../../src/ingest/sources/push-sources.ts";
import { LiveHub } from "../../src/live/hub.ts";
import { QualityWatch } from "../../src/quality/watch.ts";
import { BodyGate } from "../../src/server/body/body-gate.ts";
import type { BodyLimits } from "../../src/server/body/limits.ts";
import { buildServer } from "../../src/server/server.ts";
import type { PageHandler } from "../../src/server/web.ts";
import { heldReadings } from "../../src/telemetry/held-readings.ts";
import { JournaledStore } from "../../src/telemetry/journaled-store.ts";
import { MemoryEngine } from "../../src/telemetry/memory-engine.ts";
import { openTelemetry } from "../../src/telemetry/open.ts";
import type { TelemetryStore } from "../../src/telemetry/store.ts";
import { AddressGuard } from "../../src/transport/address-guard.ts";
import { openGuardedPool } from "../../src/transport/guarded-pool.ts";
import { VENDORS, vendorById } from "../../src/vendors/registry.ts";

/** The real server over a real catalogue and journal; only the engine is in memory and the clock stands still. */
export interface ApiServer {
  readonly app: FastifyInstance;
  readonly catalogue: Catalogue;
  readonly pipeline: IngestPipeline;
  readonly sources: PushSources;
  /** Not started. */
  readonly quality: QualityWatch;
  readonly store: TelemetryStore;
  /** It writes when it is told to. */
  readonly ledger: Ledger;
  readonly clock: VirtualClock;
  readonly code: OneTimeCode;
  readonly backfills: Backfills;
  readonly requestLimits: RequestLimits;
  /** What is on its way in. */
  bodies(): Pick<BodyGate, "bodies" | "heldBytes">;
  /** Closes the catalogue and opens it again, as a restart does; nothing but the keys may be used afterwards. */
  reopenKeys(): Promise<ApiKeys>;
  /** Creates the administrator and returns a bearer header for them. */
  signInAsAdmin(): Promise<{ authorization: string }>;
  close(): Promise<void>;
}

export interface ApiServerOptions {
  readonly visitorsMayLook?: boolean;
  readonly openData?: boolean;
  readonly openOperation?: boolean;
  readonly journalBytesMax?: number;
  /** The real engine in its child process, on the machine's own clock. */
  readonly embeddedEngine?: boolean;
  /** Default: this machine. */
  readonly vendorNetworks?: readonly string[];
  readonly bodyLimits?: Partial<BodyLimits>;
  readonly trustedProxies?: readonly string[];
  readonly pages?: PageHandler;
}

export const ADMIN = { email: "ada@example.org", name: "Ada", password: "correct horse battery" };

export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const folder = mkdtempSync(join(tmpdir(), "kilowatch-api-"));
  const clock = new VirtualClock();
  const openFolder = () => openCatalogue(join(folder, "catalogue.db"), knownKey(Buffer.alloc(32, 7)), clock);
  let catalogue = await openFolder();
  const journalBytesMax = options.journalBytesMax === undefined ? {} : { journalBytesMax: options.journalBytesMax };
  const store = options.embeddedEngine
    ? await openTelemetry({ dataDir: join(folder, "telemetry"), clock: systemClock, log: silentLog })
    : await JournaledStore.open({
        journalPath: join(folder, "journal.db"),
        openEngine: () => new MemoryEngine(),
        clock,
        log: silentLog,
        ...journalBytesMax,
      });
  const live = new LiveHub(clock);
  const pipeline = new IngestPipeline({ store, directory: catalogue.directory, live, clock });
  const guard = new AddressGuard({ listed: options.vendorNetworks ?? ["127.0.0.0/8"], setting: "A SETTING" });
  const ledger = new Ledger({ coverage: catalogue.coverage, clock, log: silentLog });
  const backfills = new Backfills({ catalogue, ledger, vendorById, clock });
  const collector = new Collector({
    catalogue,
    pipeline,
    ledger,
    held: heldReadings(store),
    backfills,
    isAlone: true,
    vendorById,
    openSockets: (baseUrl) => openGuardedPool(baseUrl, guard),
    clock,
    log: silentLog,
  });
  const quality = new QualityWatch({
    readings: store,
    sites: catalogue.judgedSites,
    events: catalogue.qualityEvents,
    clock,
    log: silentLog,
  });
  const sources = new PushSources({ catalogue, pipeline, clock });
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
    visitorsMayLook: options.visitorsMayLook ?? false,
  });
  const requestLimits = new RequestLimits(clock);
  const gate = new BodyGate(clock, options.bodyLimits);
  const app = await buildServer({
    parts: {
      catalogue,
      store,
      pipeline,
      sources,
      collector,
      ledger,
      quality,
      backfills,
      live,
      bodies: gate,
      access: new Access({ data: options.openData ?? false, operation: options.openOperation ?? false }),
      signIn,
      requestLimits,
      clock,
      vendors: VENDORS,
      installation: {
        startedAtMs: clock.nowMs(),
        // What is said, not where it is: the fuzz takes a path of this machine in an answer for a leak.
        dataFolder: "/var/lib/kilowatch",
        catalogue: "data folder",
        readings: "data folder",
        secretKey: "passphrase",
      },
    },
    pages: options.pages ?? null,
    version: "0.0.0-test",
    ...(options.trustedProxies && { trustedProxies: options.trustedProxies }),
  });
  return {
    app,
    catalogue,
    pipeline,
    sources,
    quality,
    store,
    ledger,
    clock,
    code,
    backfills,
    requestLimits,
    bodies: () => gate,
    async reopenKeys() {
      await collector.close();
      await catalogue.close();
      catalogue = await openFolder();
      return catalogue.apiKeys;
    },
    async signInAsAdmin() {
      const { accessToken } = await signIn.createFirstAdmin(code.issue(), ADMIN, { address: "192.0.2.1" });
      return { authorization: `Bearer ${accessToken}` };
    },
    async close() {
      await app.close();
      await collector.close();
      await quality.close();
      await store.close();
      await catalogue.close();
      rmSync(folder, { recursive: true });
    },
  };
}
