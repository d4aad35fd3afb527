import type { z } from "zod";
import type { ListedDevice } from "../../catalogue/devices.ts";
import type { SeriesDirectory, SeriesOwner } from "../../catalogue/directory.ts";
import { type Device, type DeviceStatus, isStale, staleAfterMs, statusOf } from "../../domain/device.ts";
import { ACTIVE_POWER, ONLINE } from "../../domain/metric.ts";
import { qualityName } from "../../domain/reading.ts";
import type { Site } from "../../domain/site.ts";
import { wattsPer } from "../../domain/units.ts";
import type { TelemetryStore } from "../../telemetry/store.ts";
import type * as api from "../schemas.ts";
import { isoTime } from "./times.ts";

export function siteView(site: Site): z.input<typeof api.Site> {
  const { createdAtMs, ...rest } = site;
  return { ...rest, createdAt: isoTime(createdAtMs) };
}

/** A device's status and power, with the metrics that they come from. */
export interface DeviceNow {
  readonly status: DeviceStatus;
  readonly statusAtMs: number | null;
  readonly onlineMetricId: string | null;
  /** Null for a metric of this name whose unit is no power, too. */
  readonly activePowerMetricId: string | null;
  /** How many W one of that metric's unit is. */
  readonly activePowerUnitW: number;
  readonly activePowerW: number | null;
  readonly activePowerAtMs: number | null;
  /** Whether the power counts as power now: the device is online and the value fresh. */
  readonly isLive: boolean;
  readonly staleAfterMs: number;
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
    const now = this.now(device, freshnessMs, nowMs);
    const { createdAtMs, ...rest } = device;
    return {
      ...rest,
      status: now.status,
      statusAt: now.statusAtMs === null ? null : isoTime(now.statusAtMs),
      staleAfterMs: now.staleAfterMs,
      createdAt: isoTime(createdAtMs),
      metrics: this.#directory.allOfDevice(device.id).map((owner) => this.metric(owner)),
    };
  }

  /** A device as one row of the fleet: its status and its power, and where both come from. */
  fleetDevice(device: ListedDevice, freshnessMs: number | null, nowMs: number): z.input<typeof api.FleetDevice> {
    const { statusAtMs, activePowerAtMs, isLive: _, ...now } = this.now(device, freshnessMs, nowMs);
    return {
      id: device.id,
      siteId: device.siteId,
      name: device.name,
      serialNumber: device.serialNumber,
      ratedPowerW: device.ratedPowerW,
      ...now,
      statusAt: statusAtMs === null ? null : isoTime(statusAtMs),
      activePowerAt: activePowerAtMs === null ? null : isoTime(activePowerAtMs),
    };
  }

  /** How a device is at this moment. */
  now(device: Pick<Device, "id">, freshnessMs: number | null, nowMs: number): DeviceNow {
    const onlineOwner = this.#directory.ofDevice(device.id, ONLINE.name);
    const named = this.#directory.ofDevice(device.id, ACTIVE_POWER.name);
    const unitW = named ? wattsPer(named.unit) : null;
    const powerOwner = unitW === null ? undefined : named;
    const online = onlineOwner ? this.#store.latest(onlineOwner.series) : this.#heard(device.id);
    const power = powerOwner && this.#store.latest(powerOwner.series);
    const staleMs = staleAfterMs(freshnessMs);
    const status = statusOf(online, nowMs, staleMs);
    return {
      status,
      statusAtMs: online?.timeMs ?? null,
      onlineMetricId: onlineOwner?.metricId ?? null,
      activePowerMetricId: powerOwner?.metricId ?? null,
      activePowerUnitW: unitW ?? 1,
      activePowerW: power ? power.value * (unitW ?? 1) : null,
      activePowerAtMs: power?.timeMs ?? null,
      isLive: status === "online" && power !== undefined && !isStale(power.timeMs, nowMs, staleMs),
      staleAfterMs: staleMs,
    };
  }

  /** Of a device of which nobody says whether it is online: that it was, at the time of the newest of its readings. */
  #heard(deviceId: string): { readonly value: number; readonly timeMs: number } | undefined {
    let newestMs = -Infinity;
    for (const { series } of this.#directory.allOfDevice(deviceId)) {
      newestMs = Math.max(newestMs, this.#store.latest(series)?.timeMs ?? -Infinity);
    }
    return newestMs === -Infinity ? undefined : { value: 1, timeMs: newestMs };
  }
}
