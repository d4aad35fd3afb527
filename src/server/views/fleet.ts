import type { z } from "zod";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Page, PageRequest } from "../../catalogue/page.ts";
import type { Collector, ConnectionReport } from "../../collect/collector.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Device } from "../../domain/device.ts";
import type { Site } from "../../domain/site.ts";
import type * as api from "../schemas.ts";
import type { ObjectViews } from "./objects.ts";
import { isoTime } from "./times.ts";

type FleetRow = z.input<typeof api.FleetDevice>;
type DeviceView = z.input<typeof api.Device>;

/** Sites are few beside devices; a fleet of more than this many shows the first. */
const FLEET_SITES_MAX = 500;

/** The fleet as a whole: sums over what is online now, and the rows that they are sums of. */
export class FleetViews {
  readonly #catalogue: Catalogue;
  readonly #collector: Collector;
  readonly #views: ObjectViews;
  readonly #clock: Clock;

  constructor(catalogue: Catalogue, collector: Collector, views: ObjectViews, clock: Clock) {
    this.#catalogue = catalogue;
    this.#collector = collector;
    this.#views = views;
    this.#clock = clock;
  }

  async fleet(): Promise<z.input<typeof api.Fleet>> {
    const sites = await this.#catalogue.sites.list({ limit: FLEET_SITES_MAX });
    const devices = await this.#catalogue.devices.all();
    const rowsBySite = Map.groupBy(this.#rows(devices), (row) => row.siteId);
    const siteViews = sites.items.map((site) => siteSums(site, rowsBySite.get(site.id) ?? []));
    return {
      asOf: isoTime(this.#clock.nowMs()),
      activePowerW: sum(siteViews.map((site) => site.activePowerW)),
      ratedPowerW: sumOfKnown(siteViews.map((site) => site.ratedPowerW)),
      devices: {
        total: sum(siteViews.map((site) => site.devices.total)),
        online: sum(siteViews.map((site) => site.devices.online)),
        offline: sum(siteViews.map((site) => site.devices.offline)),
        unknown: sum(siteViews.map((site) => site.devices.unknown)),
      },
      sites: siteViews.filter((site) => site.devices.total > 0),
      connections: this.#collector.reports().map(connectionHealthView),
    };
  }

  async devices(request: PageRequest): Promise<Page<FleetRow>> {
    const page = await this.#catalogue.devices.list(request);
    return { items: this.#rows(page.items), nextCursor: page.nextCursor };
  }

  async device(id: string): Promise<DeviceView> {
    return this.#view(await this.#catalogue.devices.get(id), this.#pollIntervals());
  }

  async devicesOfSite(siteId: string, request: PageRequest): Promise<Page<DeviceView>> {
    await this.#catalogue.sites.get(siteId);
    const page = await this.#catalogue.devices.list(request, siteId);
    const intervals = this.#pollIntervals();
    return { items: page.items.map((device) => this.#view(device, intervals)), nextCursor: page.nextCursor };
  }

  #rows(devices: readonly Device[]): FleetRow[] {
    const intervals = this.#pollIntervals();
    const nowMs = this.#clock.nowMs();
    return devices.map((device) =>
      this.#views.fleetDevice(device, intervals.get(device.connectionId ?? "") ?? null, nowMs),
    );
  }

  #view(device: Device, intervals: ReadonlyMap<string, number>): DeviceView {
    return this.#views.device(device, intervals.get(device.connectionId ?? "") ?? null, this.#clock.nowMs());
  }

  #pollIntervals(): ReadonlyMap<string, number> {
    return new Map(this.#collector.reports().map(({ connection }) => [connection.id, connection.pollIntervalMs]));
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

function siteSums(site: Site, rows: readonly FleetRow[]): z.input<typeof api.Fleet>["sites"][number] {
  const online = rows.filter((row) => row.status === "online");
  return {
    id: site.id,
    name: site.name,
    timezone: site.timezone,
    activePowerW: sum(online.map((row) => row.activePowerW ?? 0)),
    ratedPowerW: sumOfKnown(rows.map((row) => row.ratedPowerW)),
    devices: {
      total: rows.length,
      online: online.length,
      offline: rows.filter((row) => row.status === "offline").length,
      unknown: rows.filter((row) => row.status === "unknown").length,
    },
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
