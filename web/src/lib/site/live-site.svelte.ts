import { isStale } from "../format/age.ts";
import type { LiveReading } from "../live/latest-batch.ts";
import { POWER_GROUPS, type PowerGroup } from "./power-groups.ts";
import type { DeviceRow, MetricRow, Newest, PowerRow } from "./rows.ts";

/** A value that moves with the readings of its metric. */
export class LiveValue {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  newest = $state.raw<Newest | null>(null);

  constructor({ id, name, unit, newest }: MetricRow) {
    this.id = id;
    this.name = name;
    this.unit = unit;
    this.newest = newest;
  }

  /** A late reading never replaces a newer one. */
  take({ timeMs, value, quality }: LiveReading): void {
    if (this.newest && timeMs < this.newest.timeMs) return;
    this.newest = { timeMs, value, quality };
  }
}

type Status = DeviceRow["status"];

/** A device's status: as the server said, until a reading says otherwise. */
class LiveStatus {
  readonly #asLoaded: Status;
  readonly #online: LiveValue | null;
  readonly #onlineAsLoaded: Newest | null;

  constructor(asLoaded: Status, online: LiveValue | null) {
    this.#asLoaded = asLoaded;
    this.#online = online;
    this.#onlineAsLoaded = online?.newest ?? null;
  }

  get now(): Status {
    const newest = this.#online?.newest ?? null;
    if (newest === null || newest === this.#onlineAsLoaded) return this.#asLoaded;
    return newest.value === 0 ? "offline" : "online";
  }
}

/** A device of the list. */
export class LiveRow {
  readonly row: DeviceRow;
  readonly values: readonly LiveValue[];
  readonly #power: LiveValue | undefined;
  readonly #status: LiveStatus;

  constructor(row: DeviceRow, liveValue: (metric: MetricRow) => LiveValue) {
    this.row = row;
    this.values = row.metrics.map(liveValue);
    this.#power = this.values.find(({ id }) => id === row.power?.metricId);
    this.#status = new LiveStatus(row.status, this.values.find(({ id }) => id === row.onlineMetricId) ?? null);
  }

  get status(): Status {
    return this.#status.now;
  }

  /** W, and when it was read; null where there is no power yet. */
  get power(): { readonly powerW: number; readonly timeMs: number } | null {
    const newest = this.#power?.newest ?? null;
    return newest && { powerW: newest.value * (this.row.power?.unitW ?? 1), timeMs: newest.timeMs };
  }

  /** Whether its power is that of now. */
  isCurrent(nowMs: number): boolean {
    const { power } = this;
    return power !== null && this.status !== "offline" && !isStale(power.timeMs, nowMs, this.row.staleAfterMs);
  }
}

/** What one kind gives now. */
export interface GroupNow {
  readonly group: PowerGroup;
  /** Sum of the powers that are of now, W; a stale value is not power now. */
  readonly powerW: number;
  readonly fresh: number;
  readonly total: number;
}

/** A site's devices and powers, moved by its stream. */
export class LiveSite {
  readonly rows: readonly LiveRow[];
  readonly #powers: readonly { readonly row: PowerRow; readonly value: LiveValue; readonly status: LiveStatus }[];
  readonly #values = new Map<string, LiveValue>();

  constructor(rows: readonly DeviceRow[], powers: readonly PowerRow[]) {
    this.rows = rows.map((row) => new LiveRow(row, (metric) => this.#valueOf(metric)));
    this.#powers = powers.map((row) => {
      // The list may not hold the device: its values are followed all the same.
      const value = this.#valueOf({ id: row.metricId, name: "", unit: "", newest: row.newest });
      const { onlineMetricId: id } = row;
      const online = id === null ? null : this.#valueOf({ id, name: "", unit: "", newest: null });
      return { row, value, status: new LiveStatus(row.status, online) };
    });
  }

  apply(readings: Iterable<LiveReading>): void {
    for (const reading of readings) this.#values.get(reading.metricId)?.take(reading);
  }

  /** By kind, in the order of the stack; kinds that the site has not are left out. */
  powerNow(nowMs: number): GroupNow[] {
    return POWER_GROUPS.flatMap((group) => {
      const ofGroup = this.#powers.filter(({ row }) => row.group === group);
      if (ofGroup.length === 0) return [];
      const current = ofGroup.filter(({ row, value: { newest }, status }) => {
        return newest !== null && status.now !== "offline" && !isStale(newest.timeMs, nowMs, row.staleAfterMs);
      });
      const powerW = current.reduce((sum, { row, value }) => sum + (value.newest?.value ?? 0) * row.unitW, 0);
      return { group, powerW, fresh: current.length, total: ofGroup.length };
    });
  }

  #valueOf(metric: MetricRow): LiveValue {
    const known = this.#values.get(metric.id);
    if (known) return known;
    const value = new LiveValue(metric);
    this.#values.set(metric.id, value);
    return value;
  }
}
