import { Client, type ClientConfig, types } from "pg";
import type { PostgresAddress } from "./address.ts";

/** Connections of one server to the database at once. */
export const CONNECTIONS_MAX = 10;
/** Time to make a connection, or to wait for a free one, ms. */
export const CONNECT_MS_MAX = 5_000;
/** Time that a statement waits for a lock, ms; as long as with SQLite. */
export const LOCK_MS_MAX = 5_000;
/** Time after which the database gives a statement up, ms. */
export const STATEMENT_MS_MAX = 10_000;
/** The same for a statement of a migration, and for the wait until another server has migrated, ms. */
export const MIGRATION_MS_MAX = 600_000;
/** How much longer than a statement's time the database may stay silent before its connection counts as lost, ms. */
export const SILENCE_MS_MAX = 5_000;
/** Time that an open transaction does nothing, as on a machine that sleeps, before the database ends it and frees its locks, ms. */
export const IDLE_TRANSACTION_MS_MAX = 60_000;
/** Time after which a connection that nobody uses is closed, ms. */
export const IDLE_MS_MAX = 60_000;
const KEEP_ALIVE_MS = 10_000;

/** What every connection is made with. Nothing is left to libpq's environment variables. */
export function clientConfig(address: PostgresAddress, statementMsMax: number): ClientConfig {
  return {
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.username,
    // As a function it stands in no error and no dump of the settings.
    password: () => address.password,
    ssl: { disable: false, require: { rejectUnauthorized: false }, "verify-full": true }[address.tls],
    application_name: "kilowatch",
    connectionTimeoutMillis: CONNECT_MS_MAX,
    lock_timeout: LOCK_MS_MAX,
    statement_timeout: statementMsMax,
    query_timeout: statementMsMax + SILENCE_MS_MAX,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS_MAX,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: { getTypeParser: parserOf },
  };
}

/** Asks one question over a connection of its own. @throws what `pg` throws */
export async function askAlone(
  address: PostgresAddress,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Readonly<Record<string, unknown>>> {
  const client = new Client(clientConfig(address, STATEMENT_MS_MAX));
  // The question fails by itself; without a listener the same error would end the process.
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql, [...parameters]);
    return rows[0] ?? {};
  } finally {
    // A server that hangs answers no farewell: nobody waits for it.
    void client.end().catch(() => {});
  }
}

/** int8, which times and counts are, as a number; all else as `pg` has it. Set here, not for the whole process. */
function parserOf(id: number, format?: "text" | "binary"): (text: string) => unknown {
  if (id === types.builtins.INT8 && format !== "binary") return safeInteger;
  return types.getTypeParser(id, format) as (text: string) => unknown;
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is past what a number holds`);
  return value;
}
