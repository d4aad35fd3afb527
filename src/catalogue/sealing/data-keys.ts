import { randomBytes } from "node:crypto";
import type { Clock } from "../../domain/clock.ts";
import type { CatalogueDatabase } from "../database.ts";
import { exclusively } from "../exclusive.ts";
import { KEY_BYTES } from "./cipher.ts";
import type { InstallationKey } from "./installation-key.ts";
import type { DataKey, MasterKey, WrappedKey } from "./master-key.ts";
import { Sealing } from "./sealing.ts";
import { storedSecrets } from "./stored-secrets.ts";

export interface OpenedSealing {
  /** The candidate that has proved right. */
  readonly master: MasterKey;
  readonly sealing: Sealing;
}

/**
 * Finds which key is the installation's, finishes or clears away what a rotation that was cut off has left, and opens the data keys. The
 * first of them is made here, and one only, however many servers start at once.
 * @throws StartupError when no key of the installation opens what is sealed; StorageUnavailable
 */
export async function openSealing(
  database: CatalogueDatabase,
  key: InstallationKey,
  clock: Clock,
): Promise<OpenedSealing> {
  const present = await openFormerSealing(database, key);
  if (present !== null) {
    key.settle(present.master);
    return present;
  }
  const { dataKeys, master } = await exclusively(database, "sealingKeys", async (transaction) => {
    const others = await wrappedKeys(transaction);
    if (others.length > 0) return opened(others, key);
    const chosen = (await provenByFormer(transaction, key)) ?? key.candidates()[0] ?? key.make();
    const first = newDataKey(1);
    await keepDataKey(transaction, chosen.wrap(first), clock);
    return { dataKeys: [first], master: chosen };
  });
  return { master, sealing: new Sealing(master, dataKeys) };
}

/** The same of data keys that are there: changes nothing. Null when there are none yet. @throws StartupError */
async function openFormerSealing(database: CatalogueDatabase, key: InstallationKey): Promise<OpenedSealing | null> {
  const wrapped = await wrappedKeys(database);
  if (wrapped.length === 0) return null;
  const { master, dataKeys } = opened(wrapped, key);
  return { master, sealing: new Sealing(master, dataKeys) };
}

/** To read with, beside a server, a catalogue of whatever version. @throws StartupError */
export async function sealingToRead(database: CatalogueDatabase, key: InstallationKey): Promise<Sealing> {
  const tables = await database.introspection.getTables();
  const present = tables.some(({ name }) => name === "sealing_key") ? await openFormerSealing(database, key) : null;
  if (present !== null) return present.sealing;
  // An earlier version sealed with the master key itself.
  const [master] = key.candidates();
  if (master === undefined) throw key.refusal(() => false);
  return new Sealing(master, []);
}

/** In the order of their numbers. */
export async function wrappedKeys(database: CatalogueDatabase): Promise<WrappedKey[]> {
  return database.selectFrom("sealing_key").select(["number", "wrapped"]).orderBy("number").execute();
}

/** All of them, or null when one was not wrapped with this master key. */
export function unwrapAll(wrapped: readonly WrappedKey[], master: MasterKey): DataKey[] | null {
  const dataKeys: DataKey[] = [];
  for (const one of wrapped) {
    const dataKey = master.unwrap(one);
    if (dataKey === null) return null;
    dataKeys.push(dataKey);
  }
  return dataKeys;
}

export function newDataKey(number: number): DataKey {
  return { number, bytes: randomBytes(KEY_BYTES) };
}

export async function keepDataKey(
  database: CatalogueDatabase,
  { number, wrapped }: WrappedKey,
  clock: Clock,
): Promise<void> {
  await database.insertInto("sealing_key").values({ number, wrapped, created_at_ms: clock.nowMs() }).execute();
}

function opened(wrapped: readonly WrappedKey[], key: InstallationKey): { master: MasterKey; dataKeys: DataKey[] } {
  for (const master of key.candidates()) {
    const dataKeys = unwrapAll(wrapped, master);
    if (dataKeys !== null) return { master, dataKeys };
  }
  throw key.refusal((master) => unwrapAll(wrapped, master) !== null);
}

/** Of a catalogue of an earlier version: the candidate that opens what it has sealed; null when that is nothing. @throws StartupError */
async function provenByFormer(database: CatalogueDatabase, key: InstallationKey): Promise<MasterKey | null> {
  const [secret] = await storedSecrets(database);
  if (secret === undefined) return null;
  const opens = (master: MasterKey): boolean => master.openFormer(secret.sealed, secret.place) !== null;
  const master = key.candidates().find(opens);
  if (master === undefined) throw key.refusal(opens);
  return master;
}
