import { InvalidInput } from "../domain/errors.ts";
import { ReadingColumnsBuilder } from "../domain/reading.ts";
import { type EngineState, EngineUnavailable, type ReadingEngine, type VersionedReadings } from "./engine.ts";
import {
  type RawPage,
  type RawQuery,
  STEP_ROWS_MAX,
  type StepAggregate,
  type StepColumns,
  type StepsQuery,
} from "./store.ts";

interface Held {
  readonly series: number;
  readonly timeMs: number;
  readonly value: number;
  readonly quality: number;
  readonly version: number;
}

/** An engine for tests: plain maps that forget everything with the object, and that can be told to fail. */
export class MemoryEngine implements ReadingEngine {
  readonly #held = new Map<number, Map<number, Held>>();
  /** While true, every request fails as one does whose engine is down. */
  down = false;
  /** Rows of each insert that was taken. */
  readonly insertedRows: number[] = [];

  insert(rows: VersionedReadings): Promise<void> {
    if (this.down) return Promise.reject(new EngineUnavailable("told to be down"));
    this.insertedRows.push(rows.length);
    for (let row = 0; row < rows.length; row++) {
      const held = {
        series: rows.series[row] ?? 0,
        timeMs: rows.timesMs[row] ?? 0,
        value: rows.values[row] ?? 0,
        quality: rows.qualities[row] ?? 0,
        version: rows.versions[row] ?? 0,
      };
      const times = this.#held.get(held.series) ?? new Map<number, Held>();
      this.#held.set(held.series, times);
      if (held.version >= (times.get(held.timeMs)?.version ?? 0)) times.set(held.timeMs, held);
    }
    return Promise.resolve();
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

  readSteps(query: StepsQuery): Promise<StepColumns> {
    if (this.down) return Promise.reject(new EngineUnavailable("told to be down"));
    const origin = query.originMs ?? 0;
    const groups = Map.groupBy(this.#within(query), ({ series, timeMs }) => {
      const startMs = Math.floor((timeMs - origin) / query.stepMs) * query.stepMs + origin;
      return `${series} ${startMs}`;
    });
    const steps = [...groups]
      .map(([key, readings]) => {
        const [series, startMs] = key.split(" ").map(Number);
        return { series: series ?? 0, startMs: startMs ?? 0, value: aggregated(readings, query.aggregate), readings };
      })
      .sort((a, b) => a.series - b.series || a.startMs - b.startMs);
    if (steps.length > STEP_ROWS_MAX)
      return Promise.reject(new InvalidInput([{ path: "", message: "too many steps" }]));
    return Promise.resolve({
      length: steps.length,
      series: Uint32Array.from(steps, ({ series }) => series),
      startsMs: Float64Array.from(steps, ({ startMs }) => startMs),
      values: Float64Array.from(steps, ({ value }) => value),
      counts: Float64Array.from(steps, ({ readings }) => readings.length),
    });
  }

  state(): EngineState {
    return this.down ? { ready: false, detail: "The engine was told to be down." } : { ready: true, detail: "" };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #within({ series, fromMs, toMs }: RawQuery | StepsQuery): Held[] {
    return [...new Set(series)]
      .flatMap((each) => [...(this.#held.get(each)?.values() ?? [])])
      .filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs);
  }
}

function aggregated(readings: readonly Held[], aggregate: StepAggregate): number {
  const values = readings.map(({ value }) => value);
  const sum = values.reduce((total, value) => total + value, 0);
  switch (aggregate) {
    case "count":
      return values.length;
    case "sum":
      return sum;
    case "mean":
      return sum / values.length;
    case "min":
      return Math.min(...values);
    case "max":
      return Math.max(...values);
    case "last":
      return readings.reduce((newest, reading) => (reading.timeMs > newest.timeMs ? reading : newest)).value;
  }
}
