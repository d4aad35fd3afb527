import type { EngineState, ReadingEngine } from "./engine.ts";
import type { EngineUpkeep } from "./lifecycle/engine-upkeep.ts";
import { KEEPS_ALL_ALWAYS } from "./lifecycle/horizon.ts";
import { SqlUpkeep } from "./lifecycle/sql-upkeep.ts";
import type { DayCache } from "./queries/day-cache.ts";
import { DayWarmer } from "./queries/day-warmer.ts";
import { Roller, type RollupParts } from "./rollups/roller.ts";
import type { EncodedBatch, SqlConnection, TouchedDays } from "./sql/connection.ts";
import { SqlQueries } from "./sql-queries.ts";

/** A ClickHouse of any kind as the engine of a store: inserts go to the connection as they are, queries through their SQL. */
export class SqlReadingEngine extends SqlQueries implements ReadingEngine {
  readonly #connection: SqlConnection;
  readonly #days: DayCache | null;
  #roller: Roller | null = null;
  #warmer: DayWarmer | null = null;
  #upkeep: SqlUpkeep | null = null;

  /** @param days for an engine that nobody else writes to: keeps days of readings that were read */
  constructor(connection: SqlConnection, days: DayCache | null = null) {
    super(connection);
    this.#connection = connection;
    this.#days = days;
  }

  insert(batches: readonly EncodedBatch[]): Promise<TouchedDays> {
    return this.#connection.insert(batches);
  }

  startRollups(parts: RollupParts): void {
    const { clock, horizons = KEEPS_ALL_ALWAYS } = parts;
    this.hide(parts.hidden);
    this.keep(horizons);
    const days = this.#days;
    if (days) {
      // Every change to what is stored marks its days.
      parts.dirtyDays.onMark((touched) => days.drop(touched));
      this.keepDays(days);
      const query = (sql: string): Promise<Uint8Array> => this.query(sql);
      this.#warmer = new DayWarmer({ ...parts, horizons, query, cache: days, dirty: parts.dirtyDays });
    }
    const connection = this.#connection;
    const roller = new Roller(connection, parts, {
      onReady: () => this.useRollups(parts.dirtyDays),
      onIdle: () => this.#warmer?.warm(),
    });
    this.#roller = roller;
    this.#upkeep = new SqlUpkeep({ connection, roller, horizons, readsEnded: () => this.readsEnded(), clock });
    roller.start();
  }

  get upkeep(): EngineUpkeep {
    if (!this.#upkeep) throw new TypeError("the engine's upkeep begins with its rollups");
    return this.#upkeep;
  }

  async rollAll(): Promise<void> {
    await this.#roller?.rollAll();
  }

  state(): EngineState {
    return this.#connection.state();
  }

  /** What is being rolled up when the connection closes stays dirty. */
  async close(): Promise<void> {
    this.#upkeep?.stop();
    await Promise.all([this.#roller?.stop(), this.#warmer?.stop(), this.#connection.close()]);
  }
}
