import type { z } from "zod";
import type { SeriesDirectory, SeriesOwner } from "../../catalogue/directory.ts";
import { type Device, staleAfterMs, statusOf } from "../../domain/device.ts";
import { ACTIVE_POWER, ONLINE } from "../../domain/metric.ts";
import { qualityName } from "../../domain/reading.ts";
import type { Site } from "../../domain/site.ts";
import type { TelemetryStore } from "../../telemetry/store.ts";
import type * as api from "../schemas.ts";
import { isoTime } from "./times.ts";

export function siteView(site: Site): z.input<typeof api.Site> {
  const { createdAtMs, ...rest } = site;
  return { ...rest, createdAt: isoTime(createdAtMs) };
}

/** Makes the API's objects from the catalogue's and the newest readings. */
export class ObjectViews {
  readonly #directory: SeriesDirectory;
  readonly #store: TelemetryStore;

  constructor(directory: SeriesDirectory, store: TelemetryStore) {
    this.#directory = directory;
    this.#store = store;
  }

  latest(owner: SeriesOwner): z.input<typeof api.Latest> | null {
    const latest = this.#store.latest(owner.series);
    if (!latest) return null;
    return {
      value: latest.value,
      unit: owner.unit,
      time: isoTime(latest.timeMs),
      receivedAt: isoTime(latest.receivedAtMs),
      quality: qualityName(latest.quality),
    };
  }

  metric(owner: SeriesOwner): z.input<typeof api.Metric> {
    return {
      id: owner.metricId,
      deviceId: owner.deviceId,
      name: owner.metricName,
      unit: owner.unit,
      kind: owner.kind,
      latest: this.latest(owner),
    };
  }

  device(device: Device, freshnessMs: number | null, nowMs: number): z.input<typeof api.Device> {
    const row = this.fleetDevice(device, freshnessMs, nowMs);
    const { createdAtMs, ...rest } = device;
    return {
      ...rest,
      status: row.status,
      statusAt: row.statusAt,
      staleAfterMs: row.staleAfterMs,
      createdAt: isoTime(createdAtMs),
      metrics: this.#directory.allOfDevice(device.id).map((owner) => this.metric(owner)),
    };
  }

  /** A device as one row of the fleet: its status and its power, and where both come from. */
  fleetDevice(device: Device, freshnessMs: number | null, nowMs: number): z.input<typeof api.FleetDevice> {
    const onlineOwner = this.#directory.ofDevice(device.id, ONLINE.name);
    const powerOwner = this.#directory.ofDevice(device.id, ACTIVE_POWER.name);
    const online = onlineOwner && this.#store.latest(onlineOwner.series);
    const power = powerOwner && this.#store.latest(powerOwner.series);
    const staleMs = staleAfterMs(freshnessMs);
    return {
      id: device.id,
      siteId: device.siteId,
      name: device.name,
      serialNumber: device.serialNumber,
      status: statusOf(online, nowMs, staleMs),
      statusAt: online ? isoTime(online.timeMs) : null,
      onlineMetricId: onlineOwner?.metricId ?? null,
      activePowerMetricId: powerOwner?.metricId ?? null,
      activePowerW: power?.value ?? null,
      activePowerAt: power ? isoTime(power.timeMs) : null,
      ratedPowerW: device.ratedPowerW,
      staleAfterMs: staleMs,
    };
  }
}
