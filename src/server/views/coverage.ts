import type { z } from "zod";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { PageRequest } from "../../catalogue/page.ts";
import type { Ledger } from "../../collect/ledger/ledger.ts";
import type { Clock } from "../../domain/clock.ts";
import type { CoverageRun } from "../../domain/coverage.ts";
import { addToSteps, emptyStepCoverage, type StepCoverage } from "../../domain/coverage-steps.ts";
import { InvalidInput } from "../../domain/errors.ts";
import type { Interval } from "../../domain/intervals.ts";
import type { SiteCoverage } from "../coverage-schemas.ts";
import { type DeviceRuns, runsOfDevices } from "./device-runs.ts";
import { type NamedSteps, namedSteps } from "./series-steps.ts";
import { isoTime } from "./times.ts";

/** Longest span that coverage or gaps are asked for: a year, and the month before it to compare with. */
export const COVERAGE_SPAN_MS_MAX = 400 * 86_400_000;
export const COVERAGE_STEPS_MAX = 1_000;
/** Steps of all devices of one page. */
export const COVERAGE_CELLS_MAX = 100_000;

type SiteCoverageView = z.input<typeof SiteCoverage>;
type DeviceCoverageView = SiteCoverageView["items"][number];

export interface CoverageRequest extends PageRequest, Interval {
  readonly step: string;
}

/** How much of the time was asked for, and what came, device by device. */
export class CoverageViews {
  readonly #catalogue: Catalogue;
  readonly #ledger: Ledger;
  readonly #clock: Clock;

  constructor(catalogue: Catalogue, ledger: Ledger, clock: Clock) {
    this.#catalogue = catalogue;
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** @throws InvalidInput, StorageUnavailable */
  async ofSite(siteId: string, request: CoverageRequest): Promise<SiteCoverageView> {
    const timezone = this.#catalogue.directory.timezoneOf(siteId) ?? "UTC";
    const span = checkedSpan(request, this.#clock.nowMs());
    const steps = namedSteps(request.step, span, COVERAGE_STEPS_MAX, timezone);
    checkSize(steps.count, request.limit);
    const edgesMs = edgesOf(steps, span);
    const page = await this.#catalogue.devices.list(request, new Set([siteId]));
    const items: DeviceCoverageView[] = [];
    for await (const known of runsOfDevices(page.items, this.#catalogue.directory, this.#ledger, span)) {
      items.push(ofDevice(known, edgesMs));
    }
    const { nextCursor } = page;
    return {
      from: isoTime(span.fromMs),
      to: isoTime(span.toMs),
      step: steps.name,
      timezone,
      edges: edgesMs,
      items,
      nextCursor,
    };
  }
}

function ofDevice({ device, series }: DeviceRuns, edgesMs: number[]): DeviceCoverageView {
  const { id, name, connectionId, createdAtMs } = device;
  const described = { deviceId: id, name, streams: series.length };
  if (connectionId === null) return { ...described, asked: false, sums: null };
  const runsOfSeries = series.map(({ runs }) => runs);
  const known = knownIn(edgesMs, runsOfSeries);
  // Nobody owes what was before the device came, unless an import asked for it.
  const edgesBeforeMs = edgesMs.map((edgeMs) => Math.min(edgeMs, createdAtMs));
  const before = unknownOf(knownIn(edgesBeforeMs, runsOfSeries), edgesBeforeMs, series.length);
  const unknown = unknownOf(known, edgesMs, series.length);
  const unasked = unknown.map((ms, step) => ms - (before[step] ?? 0));
  const { data, nothing, refused, failed } = known;
  const sums = {
    data: [...data],
    nothing: [...nothing],
    refused: [...refused],
    failed: [...failed],
    unasked,
    before,
  };
  return { ...described, asked: true, sums };
}

/** The part of a span that lies in the past. @throws InvalidInput */
export function checkedSpan({ fromMs, toMs }: Interval, nowMs: number): Interval {
  if (fromMs >= toMs) throw new InvalidInput([{ path: "from", message: "must lie before to" }]);
  if (fromMs >= nowMs) throw new InvalidInput([{ path: "from", message: "must lie in the past" }]);
  if (toMs - fromMs > COVERAGE_SPAN_MS_MAX) {
    const days = COVERAGE_SPAN_MS_MAX / 86_400_000;
    throw new InvalidInput([{ path: "from", message: `must lie within ${days} days before to` }]);
  }
  return { fromMs, toMs: Math.min(toMs, nowMs) };
}

function checkSize(steps: number, devices: number): void {
  if (steps > COVERAGE_STEPS_MAX) {
    const message = `makes more than ${COVERAGE_STEPS_MAX} steps; ask for a longer step`;
    throw new InvalidInput([{ path: "step", message }]);
  }
  if (steps * devices > COVERAGE_CELLS_MAX) {
    const message = `must be ${Math.floor(COVERAGE_CELLS_MAX / steps)} at most for ${steps} steps; or ask for a longer step`;
    throw new InvalidInput([{ path: "limit", message }]);
  }
}

/** Where the steps begin and the last one ends, cut to the span. */
function edgesOf({ steps, count }: NamedSteps, { fromMs, toMs }: Interval): number[] {
  const edgesMs =
    "stepMs" in steps
      ? Array.from({ length: count + 1 }, (_, index) => (Math.floor(fromMs / steps.stepMs) + index) * steps.stepMs)
      : steps.edgesMs;
  return edgesMs.map((edgeMs) => Math.min(Math.max(edgeMs, fromMs), toMs));
}

function knownIn(edgesMs: readonly number[], runsOfSeries: readonly (readonly CoverageRun[])[]): StepCoverage {
  const known = emptyStepCoverage(edgesMs.length - 1);
  for (const runs of runsOfSeries) addToSteps(known, runs, edgesMs);
  return known;
}

/** What of each step is in no run, ms of all streams together. */
function unknownOf(
  { data, nothing, refused, failed }: StepCoverage,
  edgesMs: readonly number[],
  streams: number,
): number[] {
  return Array.from(data, (dataMs, step) => {
    const wholeMs = ((edgesMs[step + 1] ?? 0) - (edgesMs[step] ?? 0)) * streams;
    return wholeMs - dataMs - (nothing[step] ?? 0) - (refused[step] ?? 0) - (failed[step] ?? 0);
  });
}
