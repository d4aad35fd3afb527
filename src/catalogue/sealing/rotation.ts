import { sql } from "kysely";
import type { Clock } from "../../domain/clock.ts";
import { InvalidInput, StorageUnavailable } from "../../domain/errors.ts";
import type { HeadKeeper } from "../audit/head-file.ts";
import { AuditTrail } from "../audit/trail.ts";
import type { CatalogueDatabase } from "../database.ts";
import { exclusively } from "../exclusive.ts";
import { isPostgres } from "../migrations/column-types.ts";
import { keepDataKey, newDataKey, openSealing, unwrapAll, wrappedKeys } from "./data-keys.ts";
import type { InstallationKey } from "./installation-key.ts";
import type { MasterKey } from "./master-key.ts";
import { Sealing } from "./sealing.ts";
import { replaceSealed, SEALED_COLUMNS, storedSecrets } from "./stored-secrets.ts";

/** The action of the entry that a rotation writes into the audit log. */
export const ROTATION_ACTION = "secret-key.rotate";

export interface RotationParts {
  readonly database: CatalogueDatabase;
  /** The present key; nobody else uses its data folder meanwhile. */
  readonly key: InstallationKey;
  /** Keeps the head of the audit log, sealed so. */
  readonly keepHead: (sealing: Sealing) => HeadKeeper;
  readonly clock: Clock;
}

export interface Rotated {
  /** The number of the data key that all secrets are sealed with now. */
  readonly dataKey: number;
  /** How many they are. */
  readonly secrets: number;
  /** What should have followed and could not be done: a line each, for a person. */
  readonly undone: readonly string[];
}

/**
 * Takes another master key and seals every stored secret anew. At any moment one of the keys that the installation has opens all that is
 * stored: before the transaction the former one, after it the next one.
 * @param passphrase the next master key; null for a new one in the data folder's key file
 * @throws StartupError when the present key is not the one; InvalidInput when the next one is the present one; StorageUnavailable when the
 * database or the disk did not take it: the next start finds which key holds
 */
export async function rotate(parts: RotationParts, passphrase: MasterKey | null): Promise<Rotated> {
  const { database, key, keepHead, clock } = parts;
  const present = await openSealing(database, key, clock);
  if (passphrase?.equals(present.master)) {
    throw new InvalidInput([{ path: "", message: "The new passphrase is the present one." }]);
  }
  // Keeps the head anew, with a data key: that of an earlier version is sealed with the master key that goes.
  await new AuditTrail(database, keepHead(present.sealing), clock).begin();

  const next = passphrase ?? key.makeNext();
  const { sealing, ...sealed } = await sealAllAnew(database, { present: present.master, next }, clock);

  const undone: string[] = [];
  const trying = async (consequence: string, step: () => unknown): Promise<void> => {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      undone.push(`${consequence} (${error.message})`);
    }
  };
  await trying(
    passphrase ? "The former key file is still there" : "The new key file gets its place at the next start",
    () => {
      key.settle(next);
      if (passphrase) key.removeFile();
    },
  );
  await trying("The audit log has no entry of it", () =>
    new AuditTrail(database, keepHead(sealing), clock).append({
      actor: { kind: "server", id: null, name: null },
      action: ROTATION_ACTION,
      object: null,
      outcome: 200,
      detail: { by: "command", to: passphrase ? "passphrase" : "file", ...sealed },
    }),
  );
  await trying("What the former key opens may still be found in the free space of the database", () => sweep(database));
  return { ...sealed, undone };
}

/** Writes the tables anew: what the former keys open would otherwise stay in the free space of the database's files. */
async function sweep(database: CatalogueDatabase): Promise<void> {
  if (!isPostgres(database)) {
    await sql`vacuum`.execute(database);
    return;
  }
  for (const table of ["sealing_key", ...SEALED_COLUMNS.map((column) => column.table)]) {
    await sql`vacuum full ${sql.table(table)}`.execute(database);
  }
}

/** In one transaction: everything is as it was, or the former master key opens nothing any more. */
async function sealAllAnew(
  database: CatalogueDatabase,
  { present, next }: { readonly present: MasterKey; readonly next: MasterKey },
  clock: Clock,
): Promise<{ sealing: Sealing; dataKey: number; secrets: number }> {
  return exclusively(database, "sealingKeys", async (transaction) => {
    const former = unwrapAll(await wrappedKeys(transaction), present);
    if (former === null) throw new StorageUnavailable("Another rotation has just been done.", 0);
    const formerSealing = new Sealing(present, former);
    const newest = newDataKey((former.at(-1)?.number ?? 0) + 1);
    const sealing = new Sealing(next, [...former, newest]);

    for (const dataKey of former) {
      const { number, wrapped } = next.wrap(dataKey);
      await transaction.updateTable("sealing_key").set({ wrapped }).where("number", "=", number).execute();
    }
    await keepDataKey(transaction, next.wrap(newest), clock);
    const secrets = await storedSecrets(transaction);
    for (const secret of secrets) {
      const opened = formerSealing.open(secret.sealed, secret.place);
      await replaceSealed(transaction, secret, sealing.seal(opened, secret.place));
    }
    return { sealing, dataKey: newest.number, secrets: secrets.length };
  });
}
