import type { Access } from "../access/access.ts";
import type { RequestLimits } from "../access/request-limits.ts";
import type { SignIn } from "../access/sign-in.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Collector } from "../collect/collector.ts";
import type { Backfills } from "../collect/history/backfills.ts";
import type { Ledger } from "../collect/ledger/ledger.ts";
import type { Clock } from "../domain/clock.ts";
import type { IngestPipeline } from "../ingest/pipeline.ts";
import type { PushSources } from "../ingest/sources/push-sources.ts";
import type { LiveHub } from "../live/hub.ts";
import type { QualityWatch } from "../quality/watch.ts";
import type { TelemetryStore } from "../telemetry/store.ts";
import type { VendorDefinition } from "../vendors/vendor.ts";
import type { AuditRecorder } from "./audit-trail.ts";
import type { BodyGate } from "./body/body-gate.ts";
import type { Installation } from "./installation.ts";
import type { FleetViews } from "./views/fleet.ts";
import type { ObjectViews } from "./views/objects.ts";
import type { SeriesViews } from "./views/series.ts";

/** What the routes are given; made in `main.ts`, owned there too. */
export interface ServerParts {
  readonly catalogue: Catalogue;
  readonly store: TelemetryStore;
  readonly pipeline: IngestPipeline;
  readonly sources: PushSources;
  readonly collector: Collector;
  readonly ledger: Ledger;
  readonly quality: QualityWatch;
  readonly backfills: Backfills;
  readonly live: LiveHub;
  /** Where pushed bodies come in; the server closes it. */
  readonly bodies: BodyGate;
  readonly access: Access;
  readonly signIn: SignIn;
  readonly requestLimits: RequestLimits;
  readonly clock: Clock;
  /** The vendors that a connection may name. */
  readonly vendors: readonly VendorDefinition[];
  readonly installation: Installation;
}

/** The parts, and what the server makes of them for its routes. */
export interface RouteParts extends ServerParts {
  readonly audit: AuditRecorder;
  readonly objects: ObjectViews;
  readonly fleet: FleetViews;
  readonly series: SeriesViews;
}
