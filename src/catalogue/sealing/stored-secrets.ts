import { sql } from "kysely";
import type { CatalogueDatabase } from "../database.ts";

/** What a connection's credential is sealed for. */
export const connectionPlace = (id: string): string => `connection:${id}`;
/** What a secret of the installation itself is sealed for. */
export const ownSecretPlace = (name: string): string => `own_secret:${name}`;

/** Every column of the catalogue that holds sealed secrets. A value of version 1 in a column that is missing here would be lost with a rotation. */
export const SEALED_COLUMNS = [
  { table: "own_secret", key: "name", column: "sealed", placeOf: ownSecretPlace },
  { table: "connection", key: "id", column: "credential_sealed", placeOf: connectionPlace },
] as const;

/** A sealed value, where it is stored and what it is sealed for. */
export interface StoredSecret {
  readonly at: (typeof SEALED_COLUMNS)[number];
  readonly key: string;
  readonly sealed: Uint8Array;
  readonly place: string;
}

/** Every sealed secret of the catalogue. */
export async function storedSecrets(database: CatalogueDatabase): Promise<StoredSecret[]> {
  const secrets: StoredSecret[] = [];
  for (const at of SEALED_COLUMNS) {
    const { rows } = await sql<{ key: string; sealed: Uint8Array }>`
      select ${sql.ref(at.key)} as key, ${sql.ref(at.column)} as sealed
        from ${sql.table(at.table)} order by ${sql.ref(at.key)}`.execute(database);
    for (const { key, sealed } of rows) secrets.push({ at, key, sealed, place: at.placeOf(key) });
  }
  return secrets;
}

/** Stores it sealed otherwise, unless it was replaced or removed meanwhile. */
export async function replaceSealed(
  database: CatalogueDatabase,
  { at, key, sealed }: StoredSecret,
  anew: Uint8Array,
): Promise<void> {
  await sql`
    update ${sql.table(at.table)} set ${sql.ref(at.column)} = ${anew}
     where ${sql.ref(at.key)} = ${key} and ${sql.ref(at.column)} = ${sealed}`.execute(database);
}
