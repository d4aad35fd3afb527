import type { Clock } from "../domain/clock.ts";
import { ApiKeys } from "./api-keys.ts";
import { Connections } from "./connections.ts";
import { type CataloguePlace, openCatalogueDatabase } from "./database.ts";
import { Devices } from "./devices.ts";
import { SeriesDirectory } from "./directory.ts";
import { Enrolment } from "./enrolment.ts";
import { OwnSecrets } from "./own-secrets.ts";
import type { Sealing } from "./sealing.ts";
import { Sites } from "./sites.ts";
import { Users } from "./users.ts";

/** What there is: sites, devices, metrics, connections, people, keys. */
export interface Catalogue {
  readonly sites: Sites;
  readonly devices: Devices;
  readonly connections: Connections;
  readonly users: Users;
  readonly apiKeys: ApiKeys;
  readonly ownSecrets: OwnSecrets;
  readonly directory: SeriesDirectory;
  /** How push sources bring series that nobody declared. */
  readonly enrolment: Enrolment;
  close(): Promise<void>;
}

/** Opens the catalogue in an SQLite file or on PostgreSQL. @throws StartupError */
export async function openCatalogue(place: CataloguePlace, sealing: Sealing, clock: Clock): Promise<Catalogue> {
  const database = await openCatalogueDatabase(place);
  const directory = new SeriesDirectory();
  const devices = new Devices(database, directory, clock);
  await devices.loadDirectory();
  const apiKeys = await ApiKeys.open(database, clock);
  return {
    sites: new Sites(database, directory, clock),
    devices,
    connections: new Connections(database, sealing, devices, clock),
    users: new Users(database, clock),
    apiKeys,
    ownSecrets: new OwnSecrets(database, sealing),
    directory,
    enrolment: new Enrolment(database, directory, clock),
    async close() {
      try {
        await apiKeys.close();
      } finally {
        await database.destroy();
      }
    },
  };
}
