import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import { Pool, type PoolClient } from "pg";
import type { PostgresAddress } from "./address.ts";
import { type Answer, commit } from "./commit.ts";
import { endsConnection, refusalOf, unavailable } from "./refusals.ts";
import { askAlone, CONNECTIONS_MAX, clientConfig, IDLE_MS_MAX } from "./settings.ts";

/** Connections to the catalogue's database as Kysely wants them. What fails is told as one of the catalogue's errors. */
export function openPool(address: PostgresAddress, statementMsMax: number): PostgresPool {
  const pool = new Pool({
    ...clientConfig(address, statementMsMax),
    max: CONNECTIONS_MAX,
    idleTimeoutMillis: IDLE_MS_MAX,
  });
  // A lost connection is told by the statement that wants it; without a listener it would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return {
    options: {},
    async connect() {
      try {
        return new LentConnection(await pool.connect(), address);
      } catch (error) {
        throw unavailable(error);
      }
    },
    end: () => pool.end(),
  };
}

const WRITES = /^(?:insert|update|delete)\b/;

/** A connection from its loan to its return. One that was lost goes back as such, and the pool makes another. */
class LentConnection implements PostgresPoolClient {
  readonly #client: PoolClient;
  readonly #address: PostgresAddress;
  #isLost = false;
  #isInTransaction = false;

  constructor(client: PoolClient, address: PostgresAddress) {
    this.#client = client;
    this.#address = address;
  }

  query<Row>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>;
  query(sql: unknown, parameters: readonly unknown[] = []): unknown {
    if (typeof sql !== "string") throw new TypeError("the catalogue reads no cursors");
    return this.#query(sql, parameters);
  }

  release(discard = false): void {
    this.#client.release(discard || this.#isLost);
  }

  async #query(sql: string, parameters: readonly unknown[]): Promise<Answer> {
    if (sql === "rollback") return this.#rollback();
    if (sql === "commit") return this.#commit();
    // A write of its own is made a transaction, too: only then can be told what became of it when its answer is lost.
    if (!this.#isInTransaction && WRITES.test(sql)) return this.#writeAlone(sql, parameters);
    const answer = await this.#tell(sql, parameters);
    if (sql === "begin" || sql.startsWith("start transaction")) this.#isInTransaction = true;
    return answer;
  }

  async #writeAlone(sql: string, parameters: readonly unknown[]): Promise<Answer> {
    await this.#tell("begin");
    try {
      const answer = await this.#tell(sql, parameters);
      await this.#commit();
      return answer;
    } catch (error) {
      await this.#rollback();
      throw error;
    }
  }

  async #commit(): Promise<Answer> {
    const answer = await commit(
      (sql) => this.#ask(sql),
      (sql, parameters) => askAlone(this.#address, sql, parameters),
    );
    this.#isInTransaction = false;
    return answer;
  }

  /** Never fails, so that it hides no error before it: what cannot be rolled back is with its connection. */
  async #rollback(): Promise<Answer> {
    this.#isInTransaction = false;
    if (!this.#isLost) {
      await this.#ask("rollback").catch(() => {
        this.#isLost = true;
      });
    }
    return { command: "ROLLBACK", rowCount: 0, rows: [] };
  }

  async #tell(sql: string, parameters?: readonly unknown[]): Promise<Answer> {
    try {
      return await this.#ask(sql, parameters);
    } catch (error) {
      throw refusalOf(error);
    }
  }

  async #ask(sql: string, parameters: readonly unknown[] = []): Promise<Answer> {
    try {
      // Kysely asks for a few commands only, and `pg` types them as any text.
      return (await this.#client.query<Record<string, unknown>>(sql, [...parameters])) as unknown as Answer;
    } catch (error) {
      this.#isLost ||= endsConnection(error);
      throw error;
    }
  }
}
