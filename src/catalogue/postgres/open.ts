import { Kysely, PostgresDialect } from "kysely";
import { DatabaseError } from "pg";
import { StartupError, StorageUnavailable } from "../../domain/errors.ts";
import { migrateToLatest } from "../migrations/migrate.ts";
import type { Schema } from "../schema.ts";
import { type PostgresAddress, placeOf } from "./address.ts";
import { openPool } from "./pool.ts";
import { reasonOf } from "./refusals.ts";
import { askAlone, MIGRATION_MS_MAX, STATEMENT_MS_MAX } from "./settings.ts";

/** The oldest PostgreSQL that tells what became of a transaction: 13. */
const VERSION_MIN = 13;

/** Opens a catalogue on PostgreSQL and brings it to the newest schema. @throws StartupError with one line that holds no secret */
export async function openPostgres(address: PostgresAddress): Promise<Kysely<Schema>> {
  try {
    await checkServer(address);
    // Over connections of its own: a statement of a migration may take longer than one of a request.
    const migrating = connectPostgres(address, MIGRATION_MS_MAX);
    try {
      await migrateToLatest(migrating, `in the ${placeOf(address)}`);
    } finally {
      await migrating.destroy();
    }
  } catch (error) {
    throw startupErrorOf(error, address);
  }
  return connectPostgres(address);
}

/** The database as it is, of whatever version. Connections are made when they are needed. */
export function connectPostgres(address: PostgresAddress, statementMsMax = STATEMENT_MS_MAX): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool: openPool(address, statementMsMax) }) });
}

async function checkServer(address: PostgresAddress): Promise<void> {
  const { version, encoding } = await askAlone(
    address,
    "select current_setting('server_version_num')::int / 10000 as version, current_setting('server_encoding') as encoding",
  );
  if (!(Number(version) >= VERSION_MIN)) {
    throw new StartupError(
      `The PostgreSQL of KILOWATCH_CATALOGUE_URL is version ${String(version)}: ${VERSION_MIN} or later is needed.`,
    );
  }
  if (encoding !== "UTF8") {
    throw new StartupError(
      `The ${placeOf(address)} is encoded in ${String(encoding)}: make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and name it in KILOWATCH_CATALOGUE_URL.`,
    );
  }
}

function startupErrorOf(error: unknown, address: PostgresAddress): unknown {
  // What migrating says of other errors is right.
  const origin = error instanceof StorageUnavailable || error instanceof StartupError ? error.cause : error;
  const remedy = origin instanceof DatabaseError ? REMEDIES[origin.code ?? ""] : undefined;
  if (remedy) return new StartupError(`${remedy(address)}.`, { cause: error });
  if (error instanceof StartupError) return error;
  return new StartupError(
    `The ${placeOf(address)} does not answer (${reasonOf(origin)}): see that it runs and that KILOWATCH_CATALOGUE_URL names it, then start again.`,
    { cause: error },
  );
}

const signInRefused = (address: PostgresAddress): string =>
  `The ${placeOf(address)} does not accept the user name or the password in KILOWATCH_CATALOGUE_URL, or not from here`;

const REMEDIES: Readonly<Record<string, (address: PostgresAddress) => string>> = {
  "28000": signInRefused,
  "28P01": signInRefused,
  "3D000": (address) =>
    `There is no ${placeOf(address)}: make it with CREATE DATABASE, or name another in KILOWATCH_CATALOGUE_URL`,
  "42501": (address) =>
    `The user of KILOWATCH_CATALOGUE_URL may not make tables in the ${placeOf(address)}: make it the owner with ALTER DATABASE … OWNER TO …`,
  "3F000": (address) =>
    `The user of KILOWATCH_CATALOGUE_URL may not make tables in the ${placeOf(address)}: make it the owner with ALTER DATABASE … OWNER TO …`,
};
