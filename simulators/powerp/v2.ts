import type { z } from "zod";
import type { Body } from "../reply-body.ts";
import { checkOrder, type SelectBody, type SelectLatestBody } from "./bodies.ts";
import { durationText, reaches } from "./instants.ts";
import { type Database, DIMENSIONS, type Plant, type Signal } from "./plant.ts";
import { pointPieces, type Series } from "./points.ts";
import { Refusal } from "./refusal.ts";
import { type RangeMs, SampleCursor, sampleCount } from "./samples.ts";
import { checkSamples, databaseOf, latestOf, pastOf, type Spoil } from "./v1.ts";
import { WindowCursor, windowsTouched } from "./windows.ts";

/** Raw queries of v2 span at most this. */
export const RAW_SPAN_MAX_MS = 3 * 3_600_000;
/** Raw queries of v2 name at most so many series. */
export const RAW_SERIES_MAX = 500;
/** The vendor's own calls to its store: it reads so many series at once. */
const SERIES_PER_ROUNDTRIP = 100;
/** The windows from which the server picks when the client says only how many points it wants. */
const WINDOW_LADDER_MS = [
  ...[200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000],
  ...[1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * 60_000),
];
const DAY_MS = 86_400_000;

type Selector = z.infer<typeof SelectLatestBody>["selector"];
type Select = z.infer<typeof SelectBody>;

/** A database's dimensions with all their values; `signals` is how many there are. */
export function vocabulary(plant: Plant, databaseId: number): string {
  const { name, signals } = databaseOf(plant, databaseId, 404);
  const dimensions = Object.fromEntries(
    DIMENSIONS.map((dimension) => [dimension, [...new Set(signals.map((signal) => signal.dimensions[dimension]))]]),
  );
  return JSON.stringify({ databaseId, bucket: name, signals: signals.length, dimensions });
}

/** @throws Refusal as the contract's caps say; to explain a query is never refused for its size. */
export function select(plant: Plant, body: Select, nowMs: number, spoil: Spoil): Body {
  const { startTime, endTime, aggFunction = "mean", decode = false } = body;
  if (body.selector === undefined && body.streamKeys === undefined) {
    throw new Refusal(400, "invalid_request", "body", "A query needs a selector or streamKeys.");
  }
  const { signals, requested, unresolved } = resolve(databaseOf(plant, body.databaseId), body);
  checkOrder(startTime, endTime);
  const range = pastOf(body, nowMs);
  const { windowMs, windowSource } = windowFor(body, signals, range);
  if (body.explain !== true) {
    if (windowMs === null) checkRaw(body, requested);
    checkSamples(signals, range);
  }
  const pointsOf = (signal: Signal): number =>
    Math.min(
      sampleCount(signal, range),
      windowMs === null ? Number.POSITIVE_INFINITY : windowsTouched(range, windowMs),
    );
  const samples = signals.reduce((sum, signal) => sum + sampleCount(signal, range), 0);
  const summary = JSON.stringify({
    plan: windowMs === null ? "raw" : "aggregate",
    roundtrips: Math.ceil(signals.length / SERIES_PER_ROUNDTRIP),
    seriesRequested: requested,
    seriesReturned: body.explain === true ? 0 : signals.filter((signal) => sampleCount(signal, range) > 0).length,
    elapsedMs: body.explain === true ? 0 : Math.ceil(samples / 10_000),
    aggregated: windowMs !== null,
    resampleEvery: windowMs === null ? null : durationText(windowMs),
    aggFunction: windowMs === null ? null : aggFunction,
    windowSource,
    ...(body.explain === true ? { estimatedPoints: signals.reduce((sum, signal) => sum + pointsOf(signal), 0) } : {}),
    ...(unresolved.length > 0 ? { unresolvedStreamKeys: unresolved } : {}),
  });
  if (body.explain === true) return `{"query":${summary},"points":[]}`;
  const series = signals.map(
    (signal): Series => ({
      ...frame(signal, decode),
      cursor:
        windowMs === null ? new SampleCursor(signal, range) : new WindowCursor(signal, range, windowMs, aggFunction),
      pointsExpected: windowMs === null ? sampleCount(signal, range) : 1,
    }),
  );
  return pointPieces(`{"query":${summary},"points":`, spoil(series), "}");
}

/** The newest point of each selected series. @throws Refusal */
export function selectLatest(
  plant: Plant,
  { databaseId, selector, decode = false }: z.infer<typeof SelectLatestBody>,
  nowMs: number,
  spoil: Spoil,
): Body {
  const { signals } = resolve(databaseOf(plant, databaseId), { selector });
  const series = signals.map((signal) => ({
    ...frame(signal, decode),
    ...latestOf(signal, Math.floor(nowMs), Number.NEGATIVE_INFINITY),
  }));
  const summary = JSON.stringify({
    plan: "latest",
    roundtrips: Math.ceil(signals.length / SERIES_PER_ROUNDTRIP),
    seriesRequested: signals.length,
    seriesReturned: series.filter(({ pointsExpected }) => pointsExpected > 0).length,
    elapsedMs: 1,
    aggregated: false,
    resampleEvery: null,
    aggFunction: null,
    windowSource: "none",
  });
  return pointPieces(`{"query":${summary},"points":`, spoil(series), "}");
}

interface Resolved {
  readonly signals: readonly Signal[];
  /** With those that are not there. */
  readonly requested: number;
  readonly unresolved: readonly string[];
}

/** Stream keys, where given, name the series; the selector narrows them, or all of the database. */
function resolve(
  database: Database,
  asked: { selector?: Selector | undefined; streamKeys?: string[] | undefined },
): Resolved {
  const keys = asked.streamKeys && [...new Set(asked.streamKeys)];
  const named = keys?.flatMap((key) => database.byTag.get(key) ?? []) ?? database.signals;
  const signals = named.filter(({ dimensions }) =>
    DIMENSIONS.every((dimension) => asked.selector?.[dimension]?.includes(dimensions[dimension]) ?? true),
  );
  const unresolved = keys?.filter((key) => !database.byTag.has(key)) ?? [];
  return { signals, requested: signals.length + unresolved.length, unresolved };
}

/** The window in which points are put together; null for raw ones. */
function windowFor(
  { resampleEvery, maxDataPoints, minInterval }: Select,
  signals: readonly Signal[],
  range: RangeMs,
): { readonly windowMs: number | null; readonly windowSource: string } {
  let [windowMs, windowSource]: [number | null, string] = [
    resampleEvery ?? null,
    resampleEvery === undefined ? "none" : "resampleEvery",
  ];
  const pointsMost =
    windowMs === null
      ? Math.max(0, ...signals.map((signal) => sampleCount(signal, range)))
      : windowsTouched(range, windowMs);
  if (maxDataPoints !== undefined && pointsMost > maxDataPoints) {
    [windowMs, windowSource] = [ladderWindowMs(range, maxDataPoints), "maxDataPoints"];
  }
  if (minInterval !== undefined && minInterval > (windowMs ?? 0)) {
    [windowMs, windowSource] = [minInterval, "minInterval"];
  }
  return { windowMs, windowSource };
}

/** The shortest window of the ladder, or of whole days in powers of two, of which the range touches no more than that. */
function ladderWindowMs(range: RangeMs, windowsMax: number): number {
  const onLadder = WINDOW_LADDER_MS.find((windowMs) => windowsTouched(range, windowMs) <= windowsMax);
  if (onLadder !== undefined) return onLadder;
  let windowMs = DAY_MS;
  while (windowsTouched(range, windowMs) > windowsMax) windowMs *= 2;
  return windowMs;
}

function checkRaw({ startTime, endTime }: Select, requested: number): void {
  if (!reaches(endTime, startTime, -RAW_SPAN_MAX_MS)) {
    throw new Refusal(400, "raw_range_too_long", "window", "A raw query may span at most 3 hours.");
  }
  if (requested > RAW_SERIES_MAX) {
    const detail = `${requested} series were asked for, a raw query has at most ${RAW_SERIES_MAX}.`;
    throw new Refusal(400, "too_many_series", "signals", detail);
  }
}

function frame({ tag, behaviour }: Signal, decode: boolean): Pick<Series, "opening" | "ending"> {
  const opening = `{"streamKey":"${tag}","tag":"${tag}","timestamp":"`;
  const undecoded = ',"decoded":null}';
  if (!decode || behaviour.words === null) return { opening, ending: () => undecoded };
  const [off, on] = behaviour.words.map((word) => `,"decoded":"${word}"}`);
  // A mean of both states has no word.
  return { opening, ending: (value) => (value === "0" ? off : value === "1" ? on : undecoded) ?? undecoded };
}
