import type { Clock } from "../../domain/clock.ts";
import { EngineUnavailable } from "../engine.ts";
import { DAY_MS, dayOf } from "../rollups/days.ts";
import type { Roller } from "../rollups/roller.ts";
import { ROLLUPS } from "../rollups/rollup.ts";
import { readRows } from "../row-binary.ts";
import type { SqlConnection } from "../sql/connection.ts";
import type { HiddenReadings } from "../sql/hidden.ts";
import {
  type Buckets,
  countMutations,
  countOlder,
  removeBuckets,
  removeHidden,
  removeOlder,
  selectRows,
  selectSizes,
  TABLES,
} from "../sql/lifecycle.ts";
import { READINGS_TABLE } from "../sql/readings-table.ts";
import type { EngineUpkeep, EngineUsage, StoredSize } from "./engine-upkeep.ts";
import { byHorizon, type HorizonView } from "./horizon.ts";

/** Series that one statement names: about a megabyte of text. */
const STATEMENT_SERIES_MAX = 100_000;
const ASK_FIRST_MS = 10;
const ASK_MAX_MS = 1_000;

export interface SqlUpkeepParts {
  readonly connection: Pick<SqlConnection, "query" | "execute">;
  readonly roller: Roller;
  readonly horizons: HorizonView;
  readonly readsEnded: () => Promise<void>;
  readonly clock: Clock;
}

/** Upkeep of a ClickHouse of any kind. */
export class SqlUpkeep implements EngineUpkeep {
  readonly #parts: SqlUpkeepParts;
  readonly #stopped = new AbortController();

  constructor(parts: SqlUpkeepParts) {
    this.#parts = parts;
  }

  async removeDeleted(deletion: HiddenReadings, mark: () => Promise<void>): Promise<void> {
    await this.#mutate(READINGS_TABLE, removeHidden(deletion));
    await this.betweenRollUps(async () => {
      await mark();
      await this.readsEnded();
      // The widest last: while it has a bucket, whoever rolls its day up looks for what must be emptied.
      for (const { table, bucketMs } of ROLLUPS.toReversed()) {
        await this.#mutate(table, removeBuckets(table, this.#bucketsOf(deletion, bucketMs)));
      }
    });
  }

  rollBefore(day: number): Promise<void> {
    return this.#parts.roller.rollBefore(day);
  }

  betweenRollUps<T>(work: () => Promise<T>): Promise<T> {
    return this.#parts.roller.between(work);
  }

  readsEnded(): Promise<void> {
    return this.#parts.readsEnded();
  }

  async removeBefore(what: "readings" | "rollups", series: readonly number[], beforeMs: number): Promise<void> {
    const tables = what === "readings" ? [READINGS_TABLE] : ROLLUPS.map(({ table }) => table);
    for (const table of tables) {
      for (let at = 0; at < series.length; at += STATEMENT_SERIES_MAX) {
        const some = series.slice(at, at + STATEMENT_SERIES_MAX);
        const [rows] = await this.#query(countOlder(table, some, beforeMs), ["UInt64"]);
        if ((rows[0] ?? 0) > 0) await this.#mutate(table, removeOlder(table, some, beforeMs));
      }
    }
  }

  async usage(): Promise<EngineUsage> {
    const [places, bytes, rows, leaving] = await this.#query(selectSizes(), ["UInt32", "UInt64", "UInt64", "UInt64"]);
    const sizes: StoredSize[] = [];
    for (const [index, table] of TABLES.entries()) {
      const [series, held] = await this.#query(selectRows(table), ["UInt32", "UInt64"]);
      const at = places.indexOf(index);
      const ofSeries = { length: series.length, series, rows: held };
      sizes.push({ bytes: bytes[at] ?? 0, rows: rows[at] ?? 0, ofSeries });
    }
    const [readings = NOTHING, ...rollups] = sizes;
    return {
      readings,
      rollups: rollups.reduce(joinedSize, NOTHING),
      leavingBytes: leaving.reduce((sum, each) => sum + each, 0),
    };
  }

  /** What waits for the engine gives up. Idempotent. */
  stop(): void {
    this.#stopped.abort();
  }

  /**
   * The buckets that know of a deletion's readings. Where there are readings, days are removed whole, since they are rolled up again; where
   * there are none any more, only the buckets that it touches, and of the wider ones those that are made of them.
   */
  #bucketsOf(deletion: HiddenReadings, bucketMs: number): Buckets[] {
    const days = { fromMs: dayOf(deletion.fromMs) * DAY_MS, toMs: Math.ceil(deletion.toMs / DAY_MS) * DAY_MS };
    const narrowest = Math.min(...ROLLUPS.map((rollup) => rollup.bucketMs));
    const touched = bucketMs === narrowest ? { fromMs: deletion.fromMs - bucketMs + 1, toMs: deletion.toMs } : days;
    return [...byHorizon(deletion.series, this.#parts.horizons)].flatMap(([{ readingsFromMs }, series]) =>
      [
        { series, window: { ...touched, toMs: Math.min(touched.toMs, readingsFromMs) } },
        { series, window: { ...days, fromMs: Math.max(days.fromMs, readingsFromMs) } },
      ].filter(({ window }) => window.fromMs < window.toMs),
    );
  }

  /** Resolves once the engine has rewritten what holds such rows. One that has died meanwhile goes on with it when it is back. */
  async #mutate(table: string, sql: string): Promise<void> {
    // Another of before a crash would do the same work beside this one.
    await this.#mutated(table);
    await this.#parts.connection.execute(sql);
    await this.#mutated(table);
  }

  async #mutated(table: string): Promise<void> {
    const { clock } = this.#parts;
    for (let pauseMs = ASK_FIRST_MS; ; pauseMs = Math.min(ASK_MAX_MS, pauseMs * 2)) {
      const [left] = await this.#query(countMutations(table), ["UInt64"]);
      if ((left[0] ?? 0) === 0) return;
      await clock.sleepUntil(clock.monotonicMs() + pauseMs, this.#stopped.signal).catch(() => {
        throw new EngineUnavailable("The store is closing.");
      });
    }
  }

  async #query<const Types extends Parameters<typeof readRows>[1]>(sql: string, types: Types) {
    return readRows(await this.#parts.connection.query(sql), types).columns;
  }
}

const NOTHING: StoredSize = {
  bytes: 0,
  rows: 0,
  ofSeries: { length: 0, series: new Uint32Array(0), rows: new Float64Array(0) },
};

function joinedSize(a: StoredSize, b: StoredSize): StoredSize {
  return {
    bytes: a.bytes + b.bytes,
    rows: a.rows + b.rows,
    ofSeries: {
      length: a.ofSeries.length + b.ofSeries.length,
      series: Uint32Array.from([...a.ofSeries.series, ...b.ofSeries.series]),
      rows: Float64Array.from([...a.ofSeries.rows, ...b.ofSeries.rows]),
    },
  };
}
