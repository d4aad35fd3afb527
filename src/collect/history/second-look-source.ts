import type { Clock } from "../../domain/clock.ts";
import type { Interval } from "../../domain/intervals.ts";
import type { HistoryWindow, VendorLimits } from "../../vendors/vendor.ts";
import type { PastCoverage } from "./past-coverage.ts";
import { dueSpans, type SecondLook, secondLookEveryMs, secondLooksOf } from "./second-look.ts";
import type { WindowSource } from "./window-source.ts";

/** How often it is looked whether values have reached an age at which they are asked for again. */
export const SECOND_LOOK_DUE_EVERY_MS = 60_000;
/** Spans that may be behind, where the budget's share is too small for all: older ones are left to the next age's look. */
export const SPANS_BEHIND_MAX = 2;

export interface SecondLookParts {
  readonly past: PastCoverage;
  readonly deviceIds: readonly string[];
  readonly limits: VendorLimits;
  readonly clock: Clock;
}

/**
 * Windows of what the vendor has answered for already, at ages at which it may have changed what it said, or have caught up with what it had
 * not: no faster than their share of the budget.
 */
export class SecondLookSource implements WindowSource {
  readonly lane = "repair";
  readonly #parts: SecondLookParts;
  /** With each look the time up to which values have had it, epoch ms. */
  readonly #looks: { readonly look: SecondLook; untilMs: number }[];
  #queue: HistoryWindow[] = [];
  #lookAtMs = Number.NEGATIVE_INFINITY;
  #paceAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: SecondLookParts) {
    this.#parts = parts;
    const nowMs = parts.clock.nowMs();
    // What reached the age while nothing ran, for a span at the most.
    this.#looks = secondLooksOf(parts.past.history).map((look) => ({
      look,
      untilMs: nowMs - look.ageMs - look.spanMs,
    }));
  }

  get againAtMs(): number {
    if (this.#looks.length === 0) return Number.POSITIVE_INFINITY;
    return this.#queue.length > 0 ? this.#paceAtMs : Math.max(this.#lookAtMs, this.#paceAtMs);
  }

  async next(): Promise<HistoryWindow | null> {
    const { clock, limits } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (this.againAtMs > nowMs) return null;
    if (this.#queue.length === 0) {
      this.#queue = await this.#due();
      this.#lookAtMs = nowMs + SECOND_LOOK_DUE_EVERY_MS;
    }
    const window = this.#queue.shift() ?? null;
    if (window) {
      this.#parts.past.claim(window);
      this.#paceAtMs = nowMs + secondLookEveryMs(limits);
    }
    return window;
  }

  giveBack(window: HistoryWindow): void {
    this.#parts.past.release(window);
    this.#queue.unshift(window);
  }

  async asked(): Promise<void> {}

  async #due(): Promise<HistoryWindow[]> {
    const nowMs = this.#parts.clock.nowMs();
    const windows: HistoryWindow[] = [];
    for (const state of this.#looks) {
      const { ageMs, spanMs } = state.look;
      const sinceMs = Math.max(state.untilMs, nowMs - ageMs - (SPANS_BEHIND_MAX + 1) * spanMs);
      for (const span of dueSpans(state.look, sinceMs, nowMs)) {
        windows.push(...(await this.#windowsOf(span)));
        state.untilMs = span.toMs;
      }
    }
    return windows;
  }

  /** The span, for every device of which anything of it was answered. */
  async #windowsOf(span: Interval): Promise<HistoryWindow[]> {
    const { past, deviceIds } = this.#parts;
    const answered = await past.answered(past.devices(deviceIds), span);
    const asked = answered.map(({ serial }) => serial);
    const { devicesPerWindow } = past.history;
    const windows: HistoryWindow[] = [];
    for (let start = 0; start < asked.length; start += devicesPerWindow) {
      windows.push({ ...span, devices: asked.slice(start, start + devicesPerWindow) });
    }
    return windows;
  }
}
