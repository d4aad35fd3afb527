import type { z } from "zod";
import type { Body } from "../reply-body.ts";
import { checkOrder, type LatestBody, type QueryBody } from "./bodies.ts";
import { ceilMs, type Instant, reaches } from "./instants.ts";
import { COMMISSIONED_MS, type Database, type Plant, type Signal } from "./plant.ts";
import { pointPieces, type Series } from "./points.ts";
import { Refusal } from "./refusal.ts";
import { latestRange, type RangeMs, SampleCursor, sampleCount } from "./samples.ts";
import { WindowCursor } from "./windows.ts";

/** A query of v1 names at most so many signals. */
export const SIGNALS_PER_QUERY_MAX = 20;
/** Raw queries of v1 are shorter than this. */
export const RAW_SPAN_LIMIT_MS = 30 * 60_000;
/** A query goes through at most so many samples, aggregated ones too. This simulator's own bound: it has one thread. */
export const SAMPLES_PER_QUERY_MAX = 100_000_000;

/** Spoils the series of one answer, or leaves them as they are. */
export type Spoil = (series: readonly Series[]) => readonly Series[];

export function databases(plant: Plant): string {
  return JSON.stringify(
    [...plant.databases.values()].map(({ id, name, connectionId, powerPlantId }) => ({
      id,
      name,
      connectionId,
      powerPlantId,
    })),
  );
}

export function measurements(plant: Plant): string {
  return JSON.stringify([...plant.databases.values()].flatMap(({ signals }) => signals.map(measurement)));
}

function measurement({ id, databaseId, index, tag, dimensions, firstMs, behaviour }: Signal): object {
  const { min, max, unitSymbol, words } = behaviour;
  const spoken = dimensions.signal.replaceAll("_", " ");
  return {
    id,
    databaseId,
    name: `${dimensions.level} ${spoken}`,
    description: `${spoken.charAt(0).toUpperCase()}${spoken.slice(1)} of ${dimensions.level}`,
    tag,
    index,
    dataType: words === null ? "float" : "bool",
    minValue: min,
    maxValue: max,
    unitSymbol,
    firstDataPoint: new Date(firstMs).toISOString(),
    defaultAgg: words === null ? "mean" : "last",
  };
}

/** @throws Refusal as the contract's limits say. */
export function query(plant: Plant, body: z.infer<typeof QueryBody>, nowMs: number, spoil: Spoil): Body {
  const { startTime, endTime, windowPeriod, aggFunction } = body;
  const signals = signalsOf(plant, body);
  checkOrder(startTime, endTime);
  if (windowPeriod === undefined && reaches(startTime, endTime, RAW_SPAN_LIMIT_MS)) {
    throw new Refusal(400, "window_too_long", "window", "A raw query must be shorter than 30 minutes.");
  }
  const range = pastOf(body, nowMs);
  checkSamples(signals, range);
  const series = signals.map((signal): Series => {
    const aggregation = aggFunction ?? (signal.behaviour.words === null ? "mean" : "last");
    return {
      ...frame(signal),
      ...(windowPeriod === undefined
        ? { cursor: new SampleCursor(signal, range), pointsExpected: sampleCount(signal, range) }
        : { cursor: new WindowCursor(signal, range, windowPeriod, aggregation), pointsExpected: 1 }),
    };
  });
  return pointPieces("", spoil(series), "");
}

/** @throws Refusal when there are too many signals. */
export function latest(plant: Plant, body: z.infer<typeof LatestBody>, nowMs: number, spoil: Spoil): Body {
  const atMs = Math.floor(nowMs);
  const sinceMs = body.lookback === undefined ? Number.NEGATIVE_INFINITY : atMs - body.lookback;
  const series = signalsOf(plant, body).map((signal) => ({ ...frame(signal), ...latestOf(signal, atMs, sinceMs) }));
  return pointPieces("", spoil(series), "");
}

export function latestOf(signal: Signal, atMs: number, sinceMs: number): Pick<Series, "cursor" | "pointsExpected"> {
  const range = latestRange(signal, atMs, sinceMs);
  return { cursor: new SampleCursor(signal, range), pointsExpected: sampleCount(signal, range) };
}

/** The part of a range in which there can be samples: none are older than the plant, none lie in the future. */
export function pastOf(
  { startTime, endTime }: { readonly startTime: Instant; readonly endTime: Instant },
  nowMs: number,
): RangeMs {
  return {
    fromMs: Math.max(COMMISSIONED_MS, ceilMs(startTime)),
    toMs: Math.min(ceilMs(endTime), Math.floor(nowMs) + 1),
  };
}

/** @throws Refusal */
export function checkSamples(signals: readonly Signal[], range: RangeMs): void {
  const samples = signals.reduce((sum, signal) => sum + sampleCount(signal, range), 0);
  if (samples > SAMPLES_PER_QUERY_MAX) {
    throw new Refusal(400, "query_too_large", "window", `The query covers ${samples} samples.`);
  }
}

/** @throws Refusal */
export function databaseOf(plant: Plant, databaseId: number, status = 400): Database {
  const database = plant.databases.get(databaseId);
  if (!database) throw new Refusal(status, "unknown_database", "body", `There is no database ${databaseId}.`);
  return database;
}

/** The asked signals that the database has, each once: another index is answered with no points. */
function signalsOf(
  plant: Plant,
  { databaseId, measurementIndexes }: { readonly databaseId: number; readonly measurementIndexes: readonly string[] },
): Signal[] {
  const { byIndex } = databaseOf(plant, databaseId);
  if (measurementIndexes.length > SIGNALS_PER_QUERY_MAX) {
    const detail = `${measurementIndexes.length} signals were asked for, at most ${SIGNALS_PER_QUERY_MAX} are allowed.`;
    throw new Refusal(400, "too_many_signals", "signals", detail);
  }
  return [...new Set(measurementIndexes)].flatMap((index) => byIndex.get(index) ?? []);
}

function frame({ index }: Signal): Pick<Series, "opening" | "ending"> {
  return { opening: `{"index":"${index}","timestamp":"`, ending: () => "}" };
}
