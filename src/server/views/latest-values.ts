import type { SeriesDirectory, SeriesOwner } from "../../catalogue/directory.ts";
import { type LatestReading, qualityName } from "../../domain/reading.ts";
import type { TelemetryStore } from "../../telemetry/store.ts";
import { isoTime } from "./times.ts";

const HEAD = Buffer.from('{"items":[');
const SEPARATOR = ",".charCodeAt(0);
const FOOT = Buffer.from("]}");

/** An item as it was written last. */
interface WrittenItem extends LatestReading {
  readonly bytes: Buffer;
}

/**
 * The latest value of every metric that has one, as JSON: `{"items": [{metricId, deviceId, name, unit, value, time, receivedAt, quality}]}`.
 * Whole and from memory. An item's bytes are kept until its reading is another, some 500 bytes a metric: a fleet changes little from
 * one look at it to the next.
 */
export class LatestValues {
  readonly #directory: SeriesDirectory;
  readonly #store: Pick<TelemetryStore, "latest">;
  /** The directory makes a new owner when anything of it changes. */
  readonly #items = new WeakMap<SeriesOwner, WrittenItem>();

  constructor(directory: SeriesDirectory, store: Pick<TelemetryStore, "latest">) {
    this.#directory = directory;
    this.#store = store;
  }

  /** @param siteIds null for all sites */
  json(siteIds: ReadonlySet<string> | null): Buffer {
    const items: Buffer[] = [];
    let length = HEAD.length + FOOT.length;
    for (const owner of this.#directory.all()) {
      if (siteIds !== null && !siteIds.has(owner.siteId)) continue;
      const latest = this.#store.latest(owner.series);
      if (!latest) continue;
      const bytes = this.#itemOf(owner, latest);
      items.push(bytes);
      length += bytes.length + 1;
    }
    const json = Buffer.allocUnsafe(length);
    let at = HEAD.copy(json);
    for (const [index, bytes] of items.entries()) {
      if (index > 0) json[at++] = SEPARATOR;
      json.set(bytes, at);
      at += bytes.length;
    }
    return json.subarray(0, at + FOOT.copy(json, at));
  }

  #itemOf(owner: SeriesOwner, latest: LatestReading): Buffer {
    const written = this.#items.get(owner);
    if (written && isSame(written, latest)) return written.bytes;
    const { metricId, deviceId, metricName: name, unit } = owner;
    const head = JSON.stringify({ metricId, deviceId, name, unit });
    // JSON knows -0, JSON.stringify does not.
    const value = Object.is(latest.value, -0) ? "-0" : String(latest.value);
    const rest = `"time":"${isoTime(latest.timeMs)}","receivedAt":"${isoTime(latest.receivedAtMs)}","quality":"${qualityName(latest.quality)}"`;
    const bytes = Buffer.from(`${head.slice(0, -1)},"value":${value},${rest}}`);
    this.#items.set(owner, { ...latest, bytes });
    return bytes;
  }
}

function isSame(a: LatestReading, b: LatestReading): boolean {
  return (
    a.timeMs === b.timeMs && Object.is(a.value, b.value) && a.receivedAtMs === b.receivedAtMs && a.quality === b.quality
  );
}
