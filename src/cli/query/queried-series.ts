import { CommandFailed } from "../exit-codes.ts";
import type { ServerApi } from "../server/api.ts";
import type { SelectedMetric } from "../server/selection.ts";
import { Series } from "../server/shapes.ts";
import type { TimeRange } from "../time-option.ts";

/** A metric over time, as the server answered. */
export interface QueriedSeries {
  readonly metric: SelectedMetric;
  readonly step: string;
  /** Whose days and months its steps are. */
  readonly timezone: string;
  readonly unit: string;
  /** Epoch ms and value, ascending. */
  readonly points: readonly (readonly [number, number])[];
  /** Share of its steps that have a value, 0 to 1; null for readings. */
  readonly coverage: number | null;
  /** For each point the share of its step's time that lies between readings; null unless asked for. */
  readonly pointCoverage: readonly number[] | null;
  /** Where the answer came from; null for readings. */
  readonly plan: NonNullable<Series["plan"]> | null;
}

export interface QueryWishes {
  readonly step: string;
  readonly agg: string;
  readonly maxPoints?: string;
  /** Asks for the share of each step's time that is covered. */
  readonly coverage?: boolean;
  /** Whose days and months; each site's own unless told. */
  readonly tz?: string;
}

/** Metrics of one request: with a metric's most points, as many as an answer holds. */
const METRICS_PER_REQUEST = 20;
/** Points of a page, as many as the server gives. */
const POINTS_MAX = 10_000;
/** Points of a metric's raw readings that a query gathers; an export streams any number. */
export const RAW_POINTS_MAX = 1_000_000;

/** Series of all metrics, in their order. */
export async function queriedAll(
  api: ServerApi,
  metrics: readonly SelectedMetric[],
  range: TimeRange,
  flags: QueryWishes,
  signal: AbortSignal,
): Promise<readonly QueriedSeries[]> {
  const series = new Map<string, QueriedSeries>();
  if (flags.step === "raw") {
    for (const metric of metrics) series.set(metric.id, await rawSeries(api, metric, range, signal));
  } else {
    // Days and months are a place's: metrics of several timezones are asked for one timezone at a time.
    const byZone = Map.groupBy(metrics, ({ site }) => flags.tz ?? site.timezone);
    for (const [timezone, all] of byZone) {
      for (let first = 0; first < all.length; first += METRICS_PER_REQUEST) {
        const asked = all.slice(first, first + METRICS_PER_REQUEST);
        for (const one of await steppedSeries(api, asked, timezone, range, flags, signal)) {
          series.set(one.metric.id, one);
        }
      }
    }
  }
  return metrics.flatMap(({ id }) => series.get(id) ?? []);
}

async function steppedSeries(
  api: ServerApi,
  metrics: readonly SelectedMetric[],
  timezone: string,
  { fromMs, toMs }: TimeRange,
  { step, agg, maxPoints, coverage: wantsCoverage }: QueryWishes,
  signal: AbortSignal,
): Promise<QueriedSeries[]> {
  const query = {
    metricIds: metrics.map(({ id }) => id).join(","),
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    step,
    agg,
    maxPoints,
    timezone,
    coverage: wantsCoverage ? "points" : undefined,
  };
  const answer = await api.get(Series, "/series", query, signal);
  return answer.series.flatMap(({ metricId, unit, points, coverage, pointCoverage = null }) => {
    const metric = metrics.find(({ id }) => id === metricId);
    return metric
      ? [{ metric, step: answer.step, timezone, unit, points, coverage, pointCoverage, plan: answer.plan ?? null }]
      : [];
  });
}

async function rawSeries(
  api: ServerApi,
  metric: SelectedMetric,
  { fromMs, toMs }: TimeRange,
  signal: AbortSignal,
): Promise<QueriedSeries> {
  const points: [number, number][] = [];
  let cursor: string | undefined;
  do {
    const query = {
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      step: "raw",
      maxPoints: POINTS_MAX,
      cursor,
    };
    const answer = await api.get(Series, `/metrics/${metric.id}/series`, query, signal);
    // One by one: a page has more than a call may have arguments.
    for (const point of answer.series[0]?.points ?? []) points.push(point);
    if (points.length > RAW_POINTS_MAX) {
      throw new CommandFailed(
        `${metric.device} ${metric.name} has more than ${RAW_POINTS_MAX} readings in that time: ask for steps, or use kilowatch export.`,
      );
    }
    cursor = answer.nextCursor ?? undefined;
  } while (cursor !== undefined);
  const { unit, site } = metric;
  return {
    metric,
    step: "raw",
    timezone: site.timezone,
    unit,
    points,
    coverage: null,
    pointCoverage: null,
    plan: null,
  };
}
