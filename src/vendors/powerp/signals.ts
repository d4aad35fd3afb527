import { TokenCache } from "../../transport/token-cache.ts";
import type { CallHow, PowerPAccount } from "./account.ts";
import { type KnownSignal, mappingOf } from "./mapping.ts";
import { type DatabaseId, MEASUREMENTS_PATH, Measurement, Rows } from "./wire.ts";

/** How long the list of signals is taken as it was read. */
const LIST_LIFETIME_MS = 3_600_000;

interface ListedSignals {
  readonly measurements: readonly Measurement[];
  readonly byId: ReadonlyMap<string, KnownSignal>;
}

/** The platform's id of a signal: the vendor addresses signals, by database and index. */
export function signalId(databaseId: DatabaseId, index: string): string {
  return `${databaseId}/${index}`;
}

/** Takes an id apart; null when it is none. The database's id may hold no "/". */
export function parseSignalId(id: string): { readonly databaseId: string; readonly index: string } | null {
  const slash = id.indexOf("/");
  if (slash < 1 || slash === id.length - 1) return null;
  return { databaseId: id.slice(0, slash), index: id.slice(slash + 1) };
}

/** The tenant's signals, asked for once an hour at most, however many want to know. */
export class SignalList {
  readonly #account: PowerPAccount;
  /** It holds a value for a time and gets it once for all who ask, which is what a list needs too. */
  readonly #list: TokenCache<ListedSignals>;

  constructor(account: PowerPAccount) {
    this.#account = account;
    this.#list = new TokenCache({
      clock: account.clock,
      refreshEarlyMs: 0,
      fetch: async (signal) => ({ token: listed(await this.read({ signal })), lifetimeMs: LIST_LIFETIME_MS }),
    });
  }

  /** The list as it is now. A row that names no signal is left out. @throws VendorError */
  async read(how: CallHow): Promise<readonly Measurement[]> {
    const rows = await this.#account.get(MEASUREMENTS_PATH, Rows, how);
    return rows.flatMap((row) => Measurement.safeParse(row).data ?? []);
  }

  /** The signals by id (`signalId`). @throws VendorError */
  async byId(signal: AbortSignal | undefined): Promise<ReadonlyMap<string, KnownSignal>> {
    return (await this.#list.get(signal)).byId;
  }

  /** The signals of a database. @throws VendorError */
  async ofDatabase(databaseId: DatabaseId, signal: AbortSignal | undefined): Promise<readonly Measurement[]> {
    const { measurements } = await this.#list.get(signal);
    return measurements.filter((measurement) => String(measurement.databaseId) === String(databaseId));
  }
}

function listed(measurements: readonly Measurement[]): ListedSignals {
  const byId = new Map<string, KnownSignal>();
  for (const measurement of measurements) {
    byId.set(signalId(measurement.databaseId, measurement.index), { measurement, mapping: mappingOf(measurement) });
  }
  return { measurements, byId };
}
