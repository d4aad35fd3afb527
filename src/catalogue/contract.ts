import { budgetsContract } from "./contract-budgets.ts";
import { connectionsContract } from "./contract-connections.ts";
import { coverageContract } from "./contract-coverage.ts";
import { historyContract } from "./contract-history.ts";
import { apiKeysContract } from "./contract-keys.ts";
import { limitsContract } from "./contract-limits.ts";
import { migrationsContract } from "./contract-migrations.ts";
import { peopleContract } from "./contract-people.ts";
import { qualityContract } from "./contract-quality.ts";
import { repositoriesContract } from "./contract-repositories.ts";
import { rotationContract } from "./contract-rotation.ts";
import { serversContract } from "./contract-servers.ts";
import { valuesContract } from "./contract-values.ts";
import type { CatalogueDatabase, CataloguePlace } from "./database.ts";

/** An empty database, and what only a test does with it. */
export interface ContractDatabase {
  readonly place: CataloguePlace;
  /** The database as it is, migrated by nobody; whoever asks for it destroys it. */
  connect(): CatalogueDatabase;
  /** Lets the next series number be this one. */
  numberSeriesFrom(database: CatalogueDatabase, series: number): Promise<unknown>;
  remove(): Promise<void>;
}

export interface ContractTerms {
  readonly make: () => Promise<ContractDatabase>;
  /** Whether several servers may use a catalogue at once; an SQLite file has one. */
  readonly isShared: boolean;
}

/** What every database of a catalogue must do. */
export function catalogueContract(name: string, { make, isShared }: ContractTerms): void {
  repositoriesContract(name, make);
  connectionsContract(name, make);
  peopleContract(name, make);
  apiKeysContract(name, make);
  historyContract(name, make);
  valuesContract(name, make);
  budgetsContract(name, make);
  limitsContract(name, make);
  coverageContract(name, make, isShared);
  qualityContract(name, make);
  migrationsContract(name, make);
  rotationContract(name, make);
  if (isShared) serversContract(name, make);
}
