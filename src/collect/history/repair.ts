import type { Clock } from "../../domain/clock.ts";
import type { Device } from "../../domain/device.ts";
import { type Interval, intersection } from "../../domain/intervals.ts";
import type { HistoryLimits, HistoryWindow } from "../../vendors/vendor.ts";
import type { PastCoverage } from "./past-coverage.ts";
import type { WindowSource } from "./window-source.ts";
import { chapterStartMs, type OpenDevice, windowsOf } from "./windows.ts";

/** Gaps that are older are left to imports: 30 days. */
export const REPAIR_HORIZON_MS = 2_592_000_000;
/** How often it is looked whether there are gaps. */
export const REPAIR_LOOK_EVERY_MS = 60_000;

export interface RepairParts {
  readonly past: PastCoverage;
  readonly devices: readonly Pick<Device, "id" | "createdAtMs">[];
  /** From one poll of a device to the next, ms. */
  readonly liveEveryMs: number;
  readonly clock: Clock;
}

/** A gap that goes on is asked for in such pieces: what it ends with may be on its way, and a device may lack values for good. */
export const GOING_ON_STEP_MS = 3_600_000;

/** The gaps of the last days, newest first: what was never asked for, and what failed. Where the vendor had nothing is for second looks. */
export class Repair implements WindowSource {
  readonly lane = "repair";
  readonly #parts: RepairParts;
  #queue: HistoryWindow[] = [];
  #lookAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: RepairParts) {
    this.#parts = parts;
  }

  get againAtMs(): number {
    return this.#queue.length > 0 ? Number.NEGATIVE_INFINITY : this.#lookAtMs;
  }

  async next(): Promise<HistoryWindow | null> {
    const { clock } = this.#parts;
    if (this.#queue.length === 0 && this.#lookAtMs <= clock.monotonicMs()) {
      this.#lookAtMs = clock.monotonicMs() + REPAIR_LOOK_EVERY_MS;
      this.#queue = await this.#gaps();
      for (const window of this.#queue) this.#parts.past.claim(window);
    }
    return this.#queue.shift() ?? null;
  }

  giveBack(window: HistoryWindow): void {
    this.#queue.unshift(window);
  }

  async asked(): Promise<void> {}

  async #gaps(): Promise<HistoryWindow[]> {
    const { past, devices, liveEveryMs, clock } = this.#parts;
    const { history } = past;
    const nowMs = clock.nowMs();
    const toMs = repairableUntilMs(nowMs, history, liveEveryMs);
    const horizonMs = Math.min(REPAIR_HORIZON_MS, history.keepsMs ?? REPAIR_HORIZON_MS);
    const createdAtMs = new Map(devices.map((device) => [device.id, device.createdAtMs]));
    const asked = past.devices(createdAtMs.keys()).flatMap((device) => {
      // On multiples, so that devices which came together are asked for together.
      const sinceMs = Math.max(nowMs - horizonMs, createdAtMs.get(device.id) ?? 0);
      const fromMs = Math.floor(sinceMs / history.valuesEveryMs) * history.valuesEveryMs;
      return fromMs < toMs ? [{ device, range: { fromMs, toMs } }] : [];
    });
    const lacking = await past.open(
      asked,
      ({ serial }, run) => run.outcome === "failed" && past.failedIsDue(serial, run),
    );
    const opens = lacking.map(({ device, open }) => ({ device, open: withoutGrowing(open, toMs, history) }));
    return this.#newestOf(opens);
  }

  /** The windows of the newest chapter; for an older one it is looked again at once. */
  #newestOf(opens: readonly OpenDevice[]): HistoryWindow[] {
    const { history } = this.#parts.past;
    const ends = opens.flatMap(({ open }) => open.at(-1)?.toMs ?? []);
    const toMs = ends.reduce((latest, end) => Math.max(latest, end), Number.NEGATIVE_INFINITY);
    const chapter = { fromMs: chapterStartMs(toMs, history), toMs };
    if (opens.some(({ open: [oldest] }) => oldest && oldest.fromMs < chapter.fromMs)) {
      this.#lookAtMs = Number.NEGATIVE_INFINITY;
    }
    const within = opens.map(({ device, open }) => ({ device, open: intersection(open, [chapter]) }));
    return windowsOf(within, history);
  }
}

/**
 * Up to when gaps are gaps, epoch ms: the next two polls may still bring what lies after. It moves by whole polls, so that a poll that is
 * slower than the values come costs one request for what it leaves out, and not one for each value.
 */
export function repairableUntilMs(
  nowMs: number,
  { valuesEveryMs }: Pick<HistoryLimits, "valuesEveryMs">,
  liveEveryMs: number,
): number {
  const stepMs = Math.ceil(Math.max(valuesEveryMs, liveEveryMs) / valuesEveryMs) * valuesEveryMs;
  return Math.floor(nowMs / stepMs) * stepMs - 2 * stepMs;
}

/** Of a gap that goes on to the end of what may be asked for only whole steps, so that each value that it lacks is not asked for alone. */
export function withoutGrowing(
  open: readonly Interval[],
  untilMs: number,
  { valuesEveryMs, windowMsMax }: Pick<HistoryLimits, "valuesEveryMs" | "windowMsMax">,
): Interval[] {
  const stepMs = Math.max(1, Math.floor(Math.min(GOING_ON_STEP_MS, windowMsMax) / valuesEveryMs)) * valuesEveryMs;
  const wholeMs = Math.floor(untilMs / stepMs) * stepMs;
  return open.flatMap((gap) => {
    if (gap.toMs < untilMs) return [gap];
    return gap.fromMs < wholeMs ? [{ fromMs: gap.fromMs, toMs: wholeMs }] : [];
  });
}
