import type { SeriesDirectory } from "../../catalogue/directory.ts";
import { calendarEdges } from "../../domain/calendar-steps.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Device, DeviceKind } from "../../domain/device.ts";
import { ACTIVE_POWER } from "../../domain/metric.ts";
import { wattsPer } from "../../domain/units.ts";
import type { TelemetryStore } from "../../telemetry/store.ts";

/** Kinds whose active power is generation. That of a battery or a meter is the same energy once more, or something else. */
const GENERATION: readonly DeviceKind[] = ["inverter", "pv_array", "wind_turbine"];
/** How old a site's figure may become before it is added up anew. */
export const ENERGY_KEPT_MS = 60_000;

/** What a site has generated since its own midnight. */
export interface GeneratedToday {
  /** The integral of the active power of its generation, W.h. */
  readonly energyWh: number;
  /** The share of the time since then, 0 to 1, that readings cover; a mean over the devices. */
  readonly coverage: number;
}

interface Kept {
  readonly generated: GeneratedToday | null;
  /** Whether it was ever added up: null is an answer, too. */
  readonly isKnown: boolean;
  /** When it was asked for, epoch ms. */
  readonly atMs: number;
}

/**
 * Energy of today by site, added up beside requests: a page shows what is known, and is not kept waiting by an integral over thousands of devices.
 */
export class EnergyToday {
  readonly #directory: SeriesDirectory;
  readonly #store: Pick<TelemetryStore, "readSteps">;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  readonly #waiting = new Map<string, readonly string[]>();
  #adding: Promise<void> | null = null;

  constructor(directory: SeriesDirectory, store: Pick<TelemetryStore, "readSteps">, clock: Clock) {
    this.#directory = directory;
    this.#store = store;
    this.#clock = clock;
  }

  /** The newest figure there is, and a newer one soon; null while there is none, and for a site without generation. */
  of(siteId: string, devices: readonly Pick<Device, "id" | "kind">[]): GeneratedToday | null {
    const nowMs = this.#clock.nowMs();
    const kept = this.#kept.get(siteId) ?? { generated: null, isKnown: false, atMs: -Infinity };
    if (nowMs - kept.atMs >= ENERGY_KEPT_MS) {
      const generation = devices.filter(({ kind }) => GENERATION.includes(kind)).map(({ id }) => id);
      this.#kept.set(siteId, { ...kept, atMs: nowMs });
      this.#waiting.set(siteId, generation);
      this.#adding ??= this.#addUp().finally(() => {
        this.#adding = null;
      });
    }
    return kept.generated;
  }

  /** Whether each of these sites, all asked for before, has been added up: a sum over fewer would be told as that of all. */
  knowsAll(siteIds: readonly string[]): boolean {
    return siteIds.every((id) => this.#kept.get(id)?.isKnown);
  }

  /** Resolves when no site waits. */
  async settled(): Promise<void> {
    while (this.#adding) await this.#adding;
  }

  async #addUp(): Promise<void> {
    for (const [siteId, deviceIds] of this.#waiting) {
      this.#waiting.delete(siteId);
      // Storage that does not answer is told of elsewhere; the figure that there was stays.
      const generated = await this.#generated(siteId, deviceIds).catch(() => undefined);
      const kept = this.#kept.get(siteId);
      if (generated !== undefined && kept) this.#kept.set(siteId, { ...kept, generated, isKnown: true });
    }
  }

  async #generated(siteId: string, deviceIds: readonly string[]): Promise<GeneratedToday | null> {
    const toMs = this.#clock.nowMs();
    const timezone = this.#directory.timezoneOf(siteId) ?? "UTC";
    const edgesMs = calendarEdges("P1D", timezone, { fromMs: toMs - 1, toMs }, 3) ?? [];
    const powers = deviceIds.flatMap((id) => {
      const power = this.#directory.ofDevice(id, ACTIVE_POWER.name);
      const unitW = power ? wattsPer(power.unit) : null;
      return power && unitW !== null ? [{ series: power.series, unitW }] : [];
    });
    const series = powers.map((power) => power.series);
    const fromMs = edgesMs[0];
    if (fromMs === undefined || series.length === 0) return null;
    const steps = await this.#store.readSteps({
      series,
      fromMs,
      toMs,
      edgesMs,
      aggregate: "integral",
      coverage: true,
    });
    const unitsW = new Map(powers.map((power) => [power.series, power.unitW]));
    let [energyWh, covered] = [0, 0];
    for (let row = 0; row < steps.length; row++) {
      energyWh += (steps.values[row] ?? 0) * (unitsW.get(steps.series[row] ?? 0) ?? 0);
      covered += steps.coverages?.[row] ?? 0;
    }
    return { energyWh, coverage: covered / series.length };
  }
}
