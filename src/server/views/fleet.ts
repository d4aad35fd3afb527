import type { z } from "zod";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { FleetMember } from "../../catalogue/devices.ts";
import type { Page, PageRequest } from "../../catalogue/page.ts";
import type { Collector, ConnectionReport } from "../../collect/collector.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Device, DeviceStatus } from "../../domain/device.ts";
import type * as api from "../schemas.ts";
import type { EnergyToday } from "./energy-today.ts";
import type { DeviceNow, ObjectViews } from "./objects.ts";
import { isoTime } from "./times.ts";

type FleetRow = z.input<typeof api.FleetDevice>;
type MemberNow = Pick<FleetMember, "siteId" | "ratedPowerW"> & DeviceNow;
type DeviceView = z.input<typeof api.Device>;

/** Sites are few beside devices; a fleet of more than this many shows the first. */
const FLEET_SITES_MAX = 500;

/** The fleet as a whole: sums over what is online now, and the rows that they are sums of. */
export class FleetViews {
  readonly #catalogue: Catalogue;
  readonly #collector: Collector;
  readonly #views: ObjectViews;
  readonly #energy: EnergyToday;
  readonly #clock: Clock;

  constructor(catalogue: Catalogue, collector: Collector, views: ObjectViews, energy: EnergyToday, clock: Clock) {
    this.#catalogue = catalogue;
    this.#collector = collector;
    this.#views = views;
    this.#energy = energy;
    this.#clock = clock;
  }

  /** @param siteIds the sites that the asker may read; null for all */
  async fleet(siteIds: ReadonlySet<string> | null): Promise<z.input<typeof api.Fleet>> {
    const nowMs = this.#clock.nowMs();
    const freshness = this.#freshness();
    const sites = await this.#catalogue.sites.list({ limit: FLEET_SITES_MAX }, siteIds);
    const readable = (await this.#catalogue.devices.members()).filter(
      ({ siteId }) => siteIds === null || siteIds.has(siteId),
    );
    const connectionIds = new Set(readable.map(({ connectionId }) => connectionId));
    const devices = readable.map((device): MemberNow => {
      const { siteId, ratedPowerW } = device;
      return {
        siteId,
        ratedPowerW,
        ...this.#views.now(device, freshness.get(device.connectionId ?? "") ?? null, nowMs),
      };
    });
    const bySite = Map.groupBy(devices, ({ siteId }) => siteId);
    const ofSite = Map.groupBy(readable, ({ siteId }) => siteId);
    const shown = sites.items.filter((site) => bySite.has(site.id));
    const generated = new Map(shown.map(({ id }) => [id, this.#energy.of(id, ofSite.get(id) ?? [])]));
    const isAddedUp = this.#energy.knowsAll([...generated.keys()]);
    return {
      asOf: isoTime(nowMs),
      ...sumsOf(devices),
      sites: shown.map(({ id, name, timezone }) => ({
        id,
        name,
        timezone,
        ...sumsOf(bySite.get(id) ?? []),
        // All or none: whoever adds them up must not take some for all.
        generatedToday: isAddedUp ? (generated.get(id) ?? null) : null,
      })),
      connections: this.#collector
        .reports()
        .filter(({ connection }) => siteIds === null || connectionIds.has(connection.id))
        .map(connectionHealthView),
    };
  }

  /** @param siteIds the sites that the asker may read; null for all */
  async devices(request: PageRequest, siteIds: ReadonlySet<string> | null): Promise<Page<FleetRow>> {
    const page = await this.#catalogue.devices.listed(request, siteIds);
    const freshness = this.#freshness();
    const nowMs = this.#clock.nowMs();
    const items = page.items.map((device) =>
      this.#views.fleetDevice(device, freshness.get(device.connectionId ?? "") ?? null, nowMs),
    );
    return { items, nextCursor: page.nextCursor };
  }

  async device(id: string): Promise<DeviceView> {
    return this.#view(await this.#catalogue.devices.get(id), this.#freshness());
  }

  async devicesOfSite(siteId: string, request: PageRequest): Promise<Page<DeviceView>> {
    await this.#catalogue.sites.get(siteId);
    const page = await this.#catalogue.devices.list(request, new Set([siteId]));
    const freshness = this.#freshness();
    return { items: page.items.map((device) => this.#view(device, freshness)), nextCursor: page.nextCursor };
  }

  #view(device: Device, freshness: ReadonlyMap<string, number>): DeviceView {
    return this.#views.device(device, freshness.get(device.connectionId ?? "") ?? null, this.#clock.nowMs());
  }

  #freshness(): ReadonlyMap<string, number> {
    return new Map(this.#collector.reports().map(({ connection, freshnessMs }) => [connection.id, freshnessMs]));
  }
}

export function connectionHealthView(report: ConnectionReport): z.input<typeof api.ConnectionHealth> {
  const { connection, state, message, sinceMs } = report;
  return {
    id: connection.id,
    name: connection.name,
    vendor: connection.vendor,
    state,
    message,
    since: isoTime(sinceMs),
  };
}

type Sums = Pick<z.input<typeof api.Fleet>, "activePowerW" | "ratedPowerW" | "devices">;

/** What a set of devices adds up to. Power now is that of the devices that are online and have a fresh value. */
function sumsOf(devices: readonly MemberNow[]): Sums {
  const count = (status: DeviceStatus): number => devices.filter((device) => device.status === status).length;
  return {
    activePowerW: sum(devices.map(({ isLive, activePowerW }) => (isLive ? (activePowerW ?? 0) : 0))),
    ratedPowerW: sumOfKnown(devices.map(({ ratedPowerW }) => ratedPowerW)),
    devices: { total: devices.length, online: count("online"), offline: count("offline"), unknown: count("unknown") },
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Null when nothing is known: a sum of nothing would read as zero. */
function sumOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : sum(known);
}
