import { dirname, join } from "node:path";
import type { Clock } from "../domain/clock.ts";
import { AnsweredRequests } from "./answered-requests.ts";
import { ApiKeys } from "./api-keys.ts";
import { AUDIT_HEAD_FILE, HeadFile } from "./audit/head-file.ts";
import { AuditTrail } from "./audit/trail.ts";
import { BackfillJobs } from "./backfill-jobs.ts";
import { Connections } from "./connections.ts";
import { CoverageSegments } from "./coverage-segments.ts";
import { type CatalogueDatabase, type CataloguePlace, openCatalogueDatabase } from "./database.ts";
import { Devices } from "./devices.ts";
import { SeriesDirectory } from "./directory.ts";
import { Enrolment } from "./enrolment.ts";
import { JudgedSites } from "./judged-sites.ts";
import { ListedDevices } from "./listed-devices.ts";
import { Memberships } from "./memberships.ts";
import { Metrics } from "./metrics.ts";
import { OwnSecrets } from "./own-secrets.ts";
import { QualityEvents } from "./quality-events.ts";
import { Restatements } from "./restatements.ts";
import { openSealing } from "./sealing/data-keys.ts";
import type { InstallationKey } from "./sealing/installation-key.ts";
import { SessionRows } from "./session-rows.ts";
import { Sites } from "./sites.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Users } from "./users.ts";
import { VendorBudgets } from "./vendor-budgets.ts";

/** Its name in the data folder. */
export const CATALOGUE_FILE = "catalogue.db";

/** What there is: sites, devices, metrics, connections, people, keys. */
export interface Catalogue {
  readonly sites: Sites;
  readonly devices: Devices;
  readonly metrics: Metrics;
  readonly connections: Connections;
  readonly backfillJobs: BackfillJobs;
  readonly restatements: Restatements;
  readonly listedDevices: ListedDevices;
  readonly users: Users;
  readonly memberships: Memberships;
  readonly sessions: SessionRows;
  readonly subscriptions: Subscriptions;
  readonly answeredRequests: AnsweredRequests;
  readonly apiKeys: ApiKeys;
  readonly ownSecrets: OwnSecrets;
  readonly directory: SeriesDirectory;
  /** How push sources bring series that nobody declared. */
  readonly enrolment: Enrolment;
  readonly coverage: CoverageSegments;
  readonly audit: AuditTrail;
  readonly budgets: VendorBudgets;
  /** What was found wrong with readings, and what finding it takes. */
  readonly qualityEvents: QualityEvents;
  readonly judgedSites: JudgedSites;
  close(): Promise<void>;
}

/**
 * Opens the catalogue in an SQLite file or on PostgreSQL. Whoever holds the key in the data folder has that folder to itself.
 * @param dataDir where the end of the audit log is kept; the folder of an SQLite file unless told
 * @throws StartupError
 */
export async function openCatalogue(
  place: CataloguePlace,
  key: InstallationKey,
  clock: Clock,
  dataDir = typeof place === "string" ? dirname(place) : undefined,
): Promise<Catalogue> {
  if (dataDir === undefined) throw new TypeError("a catalogue on PostgreSQL needs a data folder");
  const database = await openCatalogueDatabase(place);
  try {
    return await openOn(database, key, clock, dataDir);
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

async function openOn(
  database: CatalogueDatabase,
  key: InstallationKey,
  clock: Clock,
  dataDir: string,
): Promise<Catalogue> {
  const { sealing } = await openSealing(database, key, clock);
  const directory = new SeriesDirectory();
  const devices = new Devices(database, directory, clock);
  await devices.loadDirectory();
  const apiKeys = await ApiKeys.open(database, clock);
  const audit = new AuditTrail(database, new HeadFile(join(dataDir, AUDIT_HEAD_FILE), sealing), clock);
  return {
    sites: new Sites(database, directory, clock),
    devices,
    metrics: new Metrics(database, directory, clock),
    connections: new Connections(database, sealing, devices, clock),
    backfillJobs: new BackfillJobs(database, clock),
    restatements: new Restatements(database),
    listedDevices: new ListedDevices(database),
    users: await Users.open(database, clock),
    memberships: await Memberships.open(database),
    sessions: await SessionRows.open(database, clock),
    answeredRequests: new AnsweredRequests(database, clock),
    subscriptions: new Subscriptions(database, clock),
    apiKeys,
    ownSecrets: new OwnSecrets(database, sealing),
    directory,
    enrolment: new Enrolment(database, directory, clock),
    coverage: new CoverageSegments(database),
    audit,
    budgets: new VendorBudgets(database),
    qualityEvents: new QualityEvents(database, clock),
    judgedSites: new JudgedSites(database, directory),
    async close() {
      try {
        await audit.close();
        await apiKeys.close();
      } finally {
        await database.destroy();
      }
    },
  };
}
