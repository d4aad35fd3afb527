import type { z } from "zod";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Clock } from "../../domain/clock.ts";
import { InvalidInput, NotFound } from "../../domain/errors.ts";
import { autoStepMs, formatStep, parseStepMs } from "../../domain/steps.ts";
import type { RawCursor, StepAggregate, TelemetryStore, TimeWindow } from "../../telemetry/store.ts";
import type * as api from "../schemas.ts";
import { isoTime } from "./times.ts";

export interface SeriesRequest extends TimeWindow {
  /** `auto`, `raw`, or an ISO 8601 duration of a fixed length. */
  readonly step: string;
  readonly aggregate: StepAggregate;
  /** Most points of an answer: steps, or rows of a `raw` page. */
  readonly maxPoints: number;
  readonly cursor?: string | undefined;
}

export const POINTS_MAX = 10_000;
export const POINTS_DEFAULT = 500;

type SeriesView = z.input<typeof api.Series>;
type SeriesBody = Pick<SeriesView, "step" | "nextCursor"> & Pick<SeriesView["series"][number], "points" | "coverage">;

/** What a metric was over time. */
export class SeriesViews {
  readonly #catalogue: Catalogue;
  readonly #store: TelemetryStore;
  readonly #clock: Clock;

  constructor(catalogue: Catalogue, store: TelemetryStore, clock: Clock) {
    this.#catalogue = catalogue;
    this.#store = store;
    this.#clock = clock;
  }

  /** @throws NotFound, InvalidInput, StorageUnavailable */
  async ofMetric(metricId: string, request: SeriesRequest): Promise<SeriesView> {
    const owner = this.#catalogue.directory.byMetric(metricId);
    if (!owner) throw new NotFound("metric");
    if (request.fromMs >= request.toMs) throw new InvalidInput([{ path: "from", message: "must lie before to" }]);
    const site = await this.#catalogue.sites.get(owner.siteId);
    const body =
      request.step === "raw" ? await this.#raw(owner.series, request) : await this.#steps(owner.series, request);
    return {
      from: isoTime(request.fromMs),
      to: isoTime(request.toMs),
      step: body.step,
      timezone: site.timezone,
      series: [{ metricId, unit: owner.unit, points: body.points, coverage: body.coverage }],
      nextCursor: body.nextCursor,
    };
  }

  async #raw(series: number, request: SeriesRequest): Promise<SeriesBody> {
    const after = request.cursor === undefined ? undefined : readCursor(request.cursor, series);
    const { columns, next } = await this.#store.readRaw({
      series: [series],
      fromMs: request.fromMs,
      toMs: request.toMs,
      limit: request.maxPoints,
      ...(after && { after }),
    });
    const points = pairs(columns.length, columns.timesMs, columns.values);
    return { step: "raw", points, coverage: null, nextCursor: next && `${next.timeMs}` };
  }

  async #steps(series: number, request: SeriesRequest): Promise<SeriesBody> {
    const { fromMs, toMs, maxPoints } = request;
    const stepMs = request.step === "auto" ? autoStepMs(toMs - fromMs, maxPoints) : parseStepMs(request.step);
    if (stepMs === null) {
      throw new InvalidInput([{ path: "step", message: "must be auto, raw, or a duration such as PT15M or PT1H" }]);
    }
    if ((toMs - fromMs) / stepMs > POINTS_MAX) {
      throw new InvalidInput([
        { path: "step", message: `makes more than ${POINTS_MAX} points; ask for a longer step` },
      ]);
    }
    const steps = await this.#store.readSteps({ series: [series], fromMs, toMs, stepMs, aggregate: request.aggregate });
    return {
      step: formatStep(stepMs),
      points: pairs(steps.length, steps.startsMs, steps.values),
      coverage: coverage(steps.length, { fromMs, toMs: Math.min(toMs, this.#clock.nowMs()) }, stepMs),
      nextCursor: null,
    };
  }
}

function pairs(length: number, timesMs: Float64Array, values: Float64Array): [number, number][] {
  return Array.from({ length }, (_, row) => [timesMs[row] ?? 0, values[row] ?? 0]);
}

/** Share of the steps touched by the window that hold a reading. */
function coverage(filled: number, { fromMs, toMs }: TimeWindow, stepMs: number): number {
  if (toMs <= fromMs) return filled > 0 ? 1 : 0;
  const steps = Math.ceil(toMs / stepMs) - Math.floor(fromMs / stepMs);
  return Math.min(1, filled / steps);
}

function readCursor(text: string, series: number): RawCursor {
  if (!/^\d{1,15}$/.test(text)) {
    throw new InvalidInput([{ path: "cursor", message: "must be the nextCursor of an earlier answer" }]);
  }
  return { timeMs: Number(text), series };
}
