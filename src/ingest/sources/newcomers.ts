import { setImmediate as nextTurn } from "node:timers/promises";
import { v7 as uuidv7 } from "uuid";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { IngestSettings } from "../../domain/api-key.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Device } from "../../domain/device.ts";
import { InvalidInput } from "../../domain/errors.ts";
import type { Site } from "../../domain/site.ts";
import { metricNamed, nameInUnit } from "./known-metrics.ts";
import type { SeriesMeaning } from "./meaning.ts";
import { type Placement, type Placements, PUSHED_SITE } from "./placement.ts";
import { quoted } from "./template.ts";
import type { Turns } from "./turns.ts";

/** Series that are looked at in one turn of the event loop: about 2 ms. */
export const SERIES_PER_TURN = 500;

/** A series that a sender brought and that is not there yet. */
export interface Stranger {
  readonly keyText: string;
  readonly meaning: SeriesMeaning;
}

export interface NewcomersParts {
  readonly catalogue: Pick<Catalogue, "directory" | "enrolment">;
  readonly clock: Clock;
  /** Shared by all sources: two that bring the same new site must not both create it. */
  readonly turns: Turns;
}

type NewSeries = Exclude<Placement, { readonly owner: unknown }>;

/** Creates what one source brings, within its settings. */
export class Newcomers {
  readonly #parts: NewcomersParts;
  readonly #source: string;
  readonly #settings: IngestSettings;
  readonly #placements: Placements;
  /** Series that this source has created; null until it is asked for. */
  #created: number | null = null;

  constructor(parts: NewcomersParts, source: string, settings: IngestSettings, placements: Placements) {
    this.#parts = parts;
    this.#source = source;
    this.#settings = settings;
    this.#placements = placements;
  }

  /**
   * Creates the series of these strangers, with the devices and sites that they want, all or none.
   * @throws InvalidInput that names the first series which may not be created; StorageUnavailable
   */
  admit(strangers: readonly Stranger[]): Promise<void> {
    const [first] = strangers;
    if (!first) return Promise.resolve();
    if (this.#settings.unknownSeries === "refuse") {
      throw refused(`the series ${quoted(first.keyText)} is not known, and this key may not create it`);
    }
    return this.#parts.turns.take(() => this.#create(strangers));
  }

  async #create(strangers: readonly Stranger[]): Promise<void> {
    const { enrolment } = this.#parts.catalogue;
    const plan = new Plan(this.#parts.clock.nowMs());
    this.#created ??= await enrolment.metricsOf(this.#source);
    for (const [index, { keyText, meaning }] of strangers.entries()) {
      if (index % SERIES_PER_TURN === 0) await nextTurn();
      // Whoever had the turn before may have created it.
      const placement = this.#placements.of(meaning, keyText);
      if ("owner" in placement || !plan.add(placement)) continue;
      if (this.#created + plan.metrics.length > this.#settings.seriesMax) {
        // Some may have been deleted since they were counted.
        this.#created = await enrolment.metricsOf(this.#source);
        if (this.#created + plan.metrics.length > this.#settings.seriesMax) throw this.#full(keyText);
      }
    }
    await enrolment.enrol(this.#source, plan);
    this.#created += plan.metrics.length;
  }

  #full(keyText: string): InvalidInput {
    return refused(
      `at most ${this.#settings.seriesMax} series may be created here, and there are ${this.#created} (the first past it is ${quoted(keyText)})`,
    );
  }
}

/** What is to be created, each once. */
class Plan {
  readonly sites: Site[] = [];
  readonly devices: (Device & { readonly pushedAs: string })[] = [];
  readonly metrics: { name: string; unit: string; kind: ReturnType<typeof metricNamed>["kind"]; deviceId: string }[] =
    [];
  readonly #siteIds = new Map<string, string>();
  readonly #deviceIds = new Map<string, string>();
  /** Of the metrics by device and name. */
  readonly #units = new Map<string, Map<string, string>>();
  readonly #nowMs: number;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  /** False for a series that is planned already, under another key. */
  add(wanted: NewSeries): boolean {
    const deviceId = "device" in wanted ? wanted.device.id : this.#deviceIdOf(wanted);
    const { metric: name, unit } = "device" in wanted ? wanted : wanted.place;
    const units = this.#units.get(deviceId) ?? new Map<string, string>();
    const isOtherUnit = unit !== null && (units.get(name) ?? unit) !== unit;
    const metric = metricNamed(isOtherUnit ? nameInUnit(name, unit) : name, unit);
    if (units.has(metric.name)) return false;
    this.#units.set(deviceId, units.set(metric.name, metric.unit));
    this.metrics.push({ ...metric, deviceId });
    return true;
  }

  #deviceIdOf({ place, siteId, pushedAs }: Extract<NewSeries, { readonly place: unknown }>): string {
    const known = this.#deviceIds.get(pushedAs);
    if (known !== undefined) return known;
    const id = uuidv7();
    this.#deviceIds.set(pushedAs, id);
    this.devices.push({
      id,
      siteId: siteId ?? this.#siteIdOf(place.site ?? PUSHED_SITE),
      name: place.device,
      kind: "other",
      serialNumber: place.serialNumber,
      manufacturer: null,
      model: null,
      ratedPowerW: null,
      connectionId: null,
      createdAtMs: this.#nowMs,
      pushedAs,
    });
    return id;
  }

  #siteIdOf(name: string): string {
    const known = this.#siteIds.get(name);
    if (known !== undefined) return known;
    const id = uuidv7();
    this.#siteIds.set(name, id);
    this.sites.push({
      id,
      name,
      timezone: "UTC",
      latitude: null,
      longitude: null,
      peakPowerW: null,
      createdAtMs: this.#nowMs,
    });
    return id;
  }
}

function refused(message: string): InvalidInput {
  return new InvalidInput([{ path: "", message }]);
}
