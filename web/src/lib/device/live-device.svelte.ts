import type { Device, Metric } from "../api/types.gen.ts";
import type { LiveReading } from "../live/latest-batch.ts";

/** A metric's newest value as the page shows it. */
export interface NewestValue {
  readonly value: number;
  readonly timeMs: number;
  readonly quality: "good" | "uncertain" | "bad";
}

export class LiveMetric {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  newest = $state.raw<NewestValue | null>(null);

  constructor(metric: Metric) {
    this.id = metric.id;
    this.name = metric.name;
    this.unit = metric.unit;
    const { latest } = metric;
    if (latest) this.newest = { value: latest.value, timeMs: Date.parse(latest.time), quality: latest.quality };
  }
}

/** The values of one device, moved by the readings of its site's stream. */
export class LiveDevice {
  readonly metrics: readonly LiveMetric[];
  readonly #byId: ReadonlyMap<string, LiveMetric>;
  readonly #statusAsLoaded: Device["status"];
  readonly #online: LiveMetric | undefined;
  readonly #onlineAsLoaded: NewestValue | null;

  constructor(device: Device) {
    this.metrics = device.metrics.map((metric) => new LiveMetric(metric));
    this.#byId = new Map(this.metrics.map((metric) => [metric.id, metric]));
    this.#statusAsLoaded = device.status;
    this.#online = this.metrics.find(({ name }) => name === "online");
    this.#onlineAsLoaded = this.#online?.newest ?? null;
  }

  /** As the server said, until a reading says otherwise. */
  get status(): Device["status"] {
    const newest = this.#online?.newest ?? null;
    if (newest === null || newest === this.#onlineAsLoaded) return this.#statusAsLoaded;
    return newest.value === 1 ? "online" : "offline";
  }

  get(metricId: string | undefined): LiveMetric | undefined {
    return metricId === undefined ? undefined : this.#byId.get(metricId);
  }

  apply(readings: Iterable<LiveReading>): void {
    for (const { metricId, timeMs, value, quality } of readings) {
      const metric = this.#byId.get(metricId);
      if (!metric || (metric.newest && timeMs < metric.newest.timeMs)) continue;
      metric.newest = { value, timeMs, quality };
    }
  }
}
