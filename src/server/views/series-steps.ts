import { calendarEdges, isCalendarStep } from "../../domain/calendar-steps.ts";
import { InvalidInput } from "../../domain/errors.ts";
import { autoStepMs, formatStep, parseStepMs } from "../../domain/steps.ts";
import type { EdgedSteps, FixedSteps, TimeWindow } from "../../telemetry/store.ts";

/** Points of one metric in one answer. */
export const POINTS_MAX = 10_000;

/** A request's steps as the store takes them, and what they are called. */
export interface NamedSteps {
  /** ISO 8601 duration. */
  readonly name: string;
  readonly steps: FixedSteps | EdgedSteps;
  /** How many steps the window touches. */
  readonly count: number;
}

/**
 * @param step `auto`, a duration of hours, minutes and seconds (its steps begin at whole multiples since the epoch), or P1D, P1W, P1M, P1Y in the
 * calendar of a place
 * @throws InvalidInput
 */
export function namedSteps(step: string, window: TimeWindow, pointsMax: number, timeZone: string): NamedSteps {
  const { fromMs, toMs } = window;
  if (isCalendarStep(step)) {
    const edgesMs = calendarEdges(step, timeZone, window, POINTS_MAX + 1);
    if (edgesMs === null) throw tooMany();
    return { name: step, steps: { edgesMs }, count: edgesMs.length - 1 };
  }
  const stepMs = step === "auto" ? autoStepMs(toMs - fromMs, pointsMax) : parseStepMs(step);
  if (stepMs === null) {
    const message = "must be auto, raw, a duration such as PT15M or PT1H, or P1D, P1W, P1M or P1Y";
    throw new InvalidInput([{ path: "step", message }]);
  }
  if ((toMs - fromMs) / stepMs > POINTS_MAX) throw tooMany();
  return { name: formatStep(stepMs), steps: { stepMs }, count: touched(window, stepMs) };
}

/** Steps of a window up to a time, at least one. */
export function stepsUntil({ steps, count }: NamedSteps, { fromMs, toMs }: TimeWindow, untilMs: number): number {
  const endMs = Math.min(toMs, untilMs);
  if (endMs <= fromMs) return 1;
  if ("stepMs" in steps) return touched({ fromMs, toMs: endMs }, steps.stepMs);
  return Math.max(1, Math.min(count, steps.edgesMs.filter((edgeMs) => edgeMs < endMs).length));
}

function touched({ fromMs, toMs }: TimeWindow, stepMs: number): number {
  return Math.ceil(toMs / stepMs) - Math.floor(fromMs / stepMs);
}

function tooMany(): InvalidInput {
  return new InvalidInput([{ path: "step", message: `makes more than ${POINTS_MAX} points; ask for a longer step` }]);
}
