import { TokenCache } from "../../transport/token-cache.ts";
import type { CallHow, PowerPAccount } from "./account.ts";
import { type KnownSignal, mappingOf } from "./mapping.ts";
import { type DatabaseId, MEASUREMENTS_PATH, Measurement, Rows } from "./wire.ts";

/** How long the list of signals is taken as it was read. */
export const LIST_LIFETIME_MS = 3_600_000;

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

/** The database of a signal's id; empty when it is none. */
export function databaseOf(id: string): string {
  return parseSignalId(id)?.databaseId ?? "";
}

/** The tenant's signals, asked for once an hour at most, however many want to know. */
export class SignalList {
  readonly #account: PowerPAccount;
  /** It holds a value for a time and gets it once for all who ask, which is what a list needs too. */
  readonly #list: TokenCache<ListedSignals>;
  #before: ListedSignals["byId"] = new Map();

  constructor(account: PowerPAccount) {
    this.#account = account;
    this.#list = new TokenCache({
      clock: account.clock,
      refreshEarlyMs: 0,
      fetch: async (signal) => {
        const token = listed(await this.read({ signal }), this.#before);
        this.#before = token.byId;
        return { token, lifetimeMs: LIST_LIFETIME_MS };
      },
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

/** Finding a signal's metric is the slow part, and a list seldom differs from the one before it. */
function listed(measurements: readonly Measurement[], before: ListedSignals["byId"]): ListedSignals {
  const byId = new Map<string, KnownSignal>();
  for (const measurement of measurements) {
    const id = signalId(measurement.databaseId, measurement.index);
    const known = before.get(id);
    const mapping = known && isNamedAlike(known.measurement, measurement) ? known.mapping : mappingOf(measurement);
    byId.set(id, { measurement, mapping });
  }
  return { measurements, byId };
}

/** Whether two rows of one signal say the same of what it measures. */
function isNamedAlike(one: Measurement, other: Measurement): boolean {
  return (
    one.tag === other.tag &&
    one.name === other.name &&
    one.unitSymbol === other.unitSymbol &&
    one.dataType === other.dataType
  );
}
