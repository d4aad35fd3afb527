import { InvalidInput } from "../domain/errors.ts";
import { type ReadingColumns, ReadingColumnsBuilder } from "../domain/reading.ts";
import { type EngineState, EngineUnavailable, type ReadingEngine } from "./engine.ts";
import { decodeBatch } from "./journal/batch-codec.ts";
import type { LatestColumns } from "./latest.ts";
import type { EngineUpkeep } from "./lifecycle/engine-upkeep.ts";
import { acrossInMemory, downsampledInMemory, stepsInMemory } from "./queries/in-memory.ts";
import type { RollupParts } from "./rollups/roller.ts";
import type { EncodedBatch, TouchedDays } from "./sql/connection.ts";
import type { HiddenReadings } from "./sql/hidden.ts";
import {
  type AcrossColumns,
  type AcrossQuery,
  type DownsampledQuery,
  type PointColumns,
  type RawPage,
  type RawQuery,
  STEP_ROWS_MAX,
  type StepColumns,
  type StepsQuery,
} from "./store.ts";

const DAY_MS = 86_400_000;
/** What a reading counts as in `upkeep.usage`, bytes. */
const ROW_BYTES = 24;

interface Held {
  readonly series: number;
  readonly timeMs: number;
  readonly value: number;
  readonly quality: number;
  readonly version: number;
}

/** An engine for tests: plain maps that forget everything with the object, and that can be told to fail. */
export class MemoryEngine implements ReadingEngine {
  #hidden: () => readonly HiddenReadings[] = () => [];
  readonly #held = new Map<number, Map<number, Held>>();
  /** While true, every request fails as one does whose engine is down. */
  down = false;
  /** Rows of each insert that was taken. */
  readonly insertedRows: number[] = [];

  insert(batches: readonly EncodedBatch[]): Promise<TouchedDays> {
    if (this.down) return Promise.reject(new EngineUnavailable("told to be down"));
    this.insertedRows.push(batches.reduce((sum, { rows }) => sum + rows, 0));
    const version = batches.at(-1)?.seq ?? 0;
    const days = new Set<string>();
    for (const { series, timesMs, values, qualities, length } of batches.map(({ encoded }) => decodeBatch(encoded))) {
      for (let row = 0; row < length; row++) {
        const held = {
          series: series[row] ?? 0,
          timeMs: timesMs[row] ?? 0,
          value: values[row] ?? 0,
          quality: qualities[row] ?? 0,
          version,
        };
        const times = this.#held.get(held.series) ?? new Map<number, Held>();
        this.#held.set(held.series, times);
        if (held.version >= (times.get(held.timeMs)?.version ?? 0)) times.set(held.timeMs, held);
        days.add(`${held.series} ${Math.floor(held.timeMs / DAY_MS)}`);
      }
    }
    const touched = [...days].map((day) => day.split(" ").map(Number)).sort(byFirstThenSecond);
    return Promise.resolve({
      length: touched.length,
      series: Uint32Array.from(touched, ([series]) => series ?? 0),
      days: Int32Array.from(touched, ([, day]) => day ?? 0),
    });
  }

  async readNewest(series: readonly number[], fromMs: number): Promise<LatestColumns> {
    this.#checkUp();
    const rows = series.flatMap((each) => this.#of(each).findLast(({ timeMs }) => timeMs >= fromMs) ?? []);
    const timesMs = Float64Array.from(rows, ({ timeMs }) => timeMs);
    return {
      length: rows.length,
      series: Uint32Array.from(rows, (row) => row.series),
      timesMs,
      values: Float64Array.from(rows, ({ value }) => value),
      qualities: Uint8Array.from(rows, ({ quality }) => quality),
      receivedAtMs: timesMs,
      seqs: Float64Array.from(rows, ({ version }) => version),
    };
  }

  readRaw(query: RawQuery): Promise<RawPage> {
    if (this.down) return Promise.reject(new EngineUnavailable("told to be down"));
    const { after } = query;
    const found = this.#within(query)
      .filter(
        ({ timeMs, series }) => !after || timeMs > after.timeMs || (timeMs === after.timeMs && series > after.series),
      )
      .sort((a, b) => a.timeMs - b.timeMs || a.series - b.series);
    const page = found.slice(0, query.limit);
    const builder = new ReadingColumnsBuilder();
    for (const { series, timeMs, value, quality } of page) builder.push(series, timeMs, value, quality);
    const last = page.at(-1);
    const next = found.length > page.length && last ? { timeMs: last.timeMs, series: last.series } : null;
    return Promise.resolve({ columns: builder.finish(), next });
  }

  async readSteps(query: StepsQuery): Promise<StepColumns> {
    const steps = stepsInMemory(this.#columns(query.series), query);
    if (steps.length > STEP_ROWS_MAX) throw new InvalidInput([{ path: "", message: "too many steps" }]);
    return steps;
  }

  async readAcross(query: AcrossQuery): Promise<AcrossColumns> {
    return acrossInMemory(this.#columns(query.series), query);
  }

  async readDownsampled(query: DownsampledQuery): Promise<PointColumns> {
    return downsampledInMemory(this.#columns(query.series), query);
  }

  startRollups({ hidden }: Pick<RollupParts, "hidden">): void {
    this.#hidden = hidden;
  }

  readonly upkeep: EngineUpkeep = {
    removeDeleted: async (deletion, mark) => {
      this.#checkUp();
      await mark();
      for (const times of this.#held.values()) {
        for (const held of times.values()) if (isHidden(held, deletion)) times.delete(held.timeMs);
      }
    },
    rollBefore: async () => {},
    betweenRollUps: (work) => work(),
    readsEnded: async () => {},
    removeBefore: async (what, series, beforeMs) => {
      this.#checkUp();
      if (what === "rollups") return;
      for (const each of series) {
        const times = this.#held.get(each);
        for (const timeMs of times?.keys() ?? []) if (timeMs < beforeMs) times?.delete(timeMs);
      }
    },
    usage: async () => {
      this.#checkUp();
      const series = [...this.#held.keys()];
      const rows = series.map((each) => this.#held.get(each)?.size ?? 0);
      const held = rows.reduce((sum, each) => sum + each, 0);
      const ofSeries = { length: rows.length, series: Uint32Array.from(series), rows: Float64Array.from(rows) };
      const none = { length: 0, series: new Uint32Array(0), rows: new Float64Array(0) };
      return {
        readings: { bytes: held * ROW_BYTES, rows: held, ofSeries },
        rollups: { bytes: 0, rows: 0, ofSeries: none },
        leavingBytes: 0,
      };
    },
  };

  rollAll(): Promise<void> {
    return Promise.resolve();
  }

  state(): EngineState {
    return this.down ? { ready: false, detail: "The engine was told to be down." } : { ready: true, detail: "" };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** All readings of some series, in the order of series and time. @throws EngineUnavailable */
  #columns(series: readonly number[]): ReadingColumns {
    this.#checkUp();
    const builder = new ReadingColumnsBuilder();
    for (const each of Array.from(new Set(series)).sort((a, b) => a - b)) {
      for (const { timeMs, value, quality } of this.#of(each)) builder.push(each, timeMs, value, quality);
    }
    return builder.finish();
  }

  /** What is not deleted of a series, in the order of time. */
  #of(series: number): Held[] {
    const hidden = this.#hidden();
    return [...(this.#held.get(series)?.values() ?? [])]
      .filter((held) => !hidden.some((each) => isHidden(held, each)))
      .sort((a, b) => a.timeMs - b.timeMs);
  }

  #checkUp(): void {
    if (this.down) throw new EngineUnavailable("told to be down");
  }

  #within({ series, fromMs, toMs }: RawQuery): Held[] {
    return [...new Set(series)]
      .flatMap((each) => this.#of(each))
      .filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs);
  }
}

function isHidden({ series, timeMs, version }: Held, { series: of, fromMs, toMs, seq }: HiddenReadings): boolean {
  return version <= seq && timeMs >= fromMs && timeMs < toMs && of.includes(series);
}

function byFirstThenSecond(a: readonly number[], b: readonly number[]): number {
  return (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0);
}
