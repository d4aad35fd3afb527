import { SeriesDirectory } from "../../../src/catalogue/directory.ts";
import type { Connection } from "../../../src/domain/connection.ts";
import type { Device } from "../../../src/domain/device.ts";
import { POWER, type SimVendorTerms } from "./sim-vendor.ts";

export interface SimDevice {
  readonly device: Device;
  readonly series: number;
}

export interface SimConnection {
  readonly connection: Connection;
  readonly devices: readonly SimDevice[];
}

/** Connections and their devices, as a catalogue knows them. */
export class SimFleet {
  readonly directory = new SeriesDirectory();
  readonly connections: SimConnection[] = [];
  #series = 0;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
    this.directory.addSite({ id: "site", name: "Site", timezone: "UTC" });
  }

  readonly #nowMs: number;

  connect(terms: SimVendorTerms, devices: number, pollIntervalMs: number): SimConnection {
    const id = `c-${terms.id}`;
    const connection: Connection = {
      id,
      name: terms.id,
      vendor: terms.id,
      baseUrl: `https://${terms.id}.example`,
      pollIntervalMs,
      createdAtMs: this.#nowMs,
      pausedAtMs: null,
      laneShares: {},
      version: 1,
    };
    const made = Array.from({ length: devices }, (_, index) => this.#device(connection, `${terms.id}-${index}`));
    const connected = { connection, devices: made };
    this.connections.push(connected);
    return connected;
  }

  #device(connection: Connection, name: string): SimDevice {
    const series = ++this.#series;
    const device: Device = {
      id: name,
      siteId: "site",
      name,
      kind: "inverter",
      serialNumber: name,
      manufacturer: null,
      model: null,
      ratedPowerW: null,
      connectionId: connection.id,
      createdAtMs: this.#nowMs,
    };
    this.directory.addDevice({ ...device, pushedAs: null });
    this.directory.add({ ...POWER, id: `m-${name}`, deviceId: name, series }, "site");
    return { device, series };
  }
}
