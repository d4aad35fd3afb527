import type { SeriesDirectory, SeriesOwner } from "../../catalogue/directory.ts";
import { qualityName } from "../../domain/reading.ts";
import type { TelemetryStore } from "../../telemetry/store.ts";
import { isoTime } from "./times.ts";

/**
 * The latest value of every metric that has one, as JSON text: `{"items": [{metricId, deviceId, name, unit, value, time, receivedAt,
 * quality}]}`. Whole and from memory: what is the same in each answer is kept as text, so that thousands cost a millisecond or two.
 */
export class LatestValues {
  readonly #directory: SeriesDirectory;
  readonly #store: Pick<TelemetryStore, "latest">;
  /** The part of an item that is the metric's own. The directory makes a new owner when anything of it changes. */
  readonly #heads = new WeakMap<SeriesOwner, string>();

  constructor(directory: SeriesDirectory, store: Pick<TelemetryStore, "latest">) {
    this.#directory = directory;
    this.#store = store;
  }

  /** @param siteIds null for all sites */
  json(siteIds: ReadonlySet<string> | null): string {
    const timeText = rememberingLast(isoTime);
    const receivedText = rememberingLast(isoTime);
    let text = '{"items":[';
    let separator = "";
    for (const owner of this.#directory.all()) {
      if (siteIds !== null && !siteIds.has(owner.siteId)) continue;
      const latest = this.#store.latest(owner.series);
      if (!latest) continue;
      const value = Object.is(latest.value, -0) ? "-0" : String(latest.value);
      text += `${separator}${this.#headOf(owner)}${value},"time":"${timeText(latest.timeMs)}","receivedAt":"${receivedText(latest.receivedAtMs)}","quality":"${qualityName(latest.quality)}"}`;
      separator = ",";
    }
    return `${text}]}`;
  }

  #headOf(owner: SeriesOwner): string {
    let head = this.#heads.get(owner);
    if (head === undefined) {
      const { metricId, deviceId, metricName, unit } = owner;
      // Up to the value, which follows without its bracket.
      head = `${JSON.stringify({ metricId, deviceId, name: metricName, unit }).slice(0, -1)},"value":`;
      this.#heads.set(owner, head);
    }
    return head;
  }
}

/** Readings of one sweep share their times: the last text is often the next one too. */
function rememberingLast(textOf: (timeMs: number) => string): (timeMs: number) => string {
  let lastMs = Number.NaN;
  let lastText = "";
  return (timeMs) => {
    if (timeMs !== lastMs) {
      lastMs = timeMs;
      lastText = textOf(timeMs);
    }
    return lastText;
  };
}
