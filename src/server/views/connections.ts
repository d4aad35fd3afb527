import type { z } from "zod";
import type { PageRequest } from "../../catalogue/page.ts";
import type { Collector, ConnectionReport } from "../../collect/collector.ts";
import { LISTED_STATES, type ListedState, listedAtMs, listedStateOf } from "../../collect/discovery.ts";
import type { ProbeResult } from "../../collect/probe.ts";
import type { Connection } from "../../domain/connection.ts";
import { InvalidInput } from "../../domain/errors.ts";
import type { ListedDevice } from "../../domain/listed-device.ts";
import type { VendorReading } from "../../vendors/vendor.ts";
import type * as shapes from "../connection-schemas.ts";
import type * as api from "../schemas.ts";
import { isoTime } from "./times.ts";

/** A connection as the catalogue has it, with how polling it goes. */
export function connectionView(connection: Connection, collector: Collector): z.input<typeof api.Connection> {
  return viewOf(connection, collector.report(connection.id));
}

function viewOf(connection: Connection, report: ConnectionReport | undefined): z.input<typeof api.Connection> {
  const { createdAtMs, pausedAtMs, version: _, ...fields } = connection;
  const { counts, devices = 0, message = null, sinceMs = createdAtMs } = report ?? {};
  return {
    ...fields,
    createdAt: isoTime(createdAtMs),
    pausedAt: pausedAtMs === null ? null : isoTime(pausedAtMs),
    devices,
    state: report?.state ?? "starting",
    message,
    since: isoTime(sinceMs),
    requests: counts?.requests ?? 0,
    failedRequests: counts?.failedRequests ?? 0,
    readings: counts?.readings ?? 0,
    issues: counts?.issues ?? 0,
    missingDevices: counts?.missingDevices ?? 0,
  };
}

/** A test of an account; of its sample, what the vendor's answer holds twice stands there once, with the newer time. */
export function testView({ sample, ...result }: ProbeResult): z.input<typeof shapes.ConnectionTest> {
  const newest = new Map<string, VendorReading>();
  for (const reading of sample) {
    const known = newest.get(reading.metric.name);
    if (!known || known.timeMs <= reading.timeMs) newest.set(reading.metric.name, reading);
  }
  return {
    ...result,
    sample: Array.from(newest.values(), ({ metric: { name, unit, kind }, value, timeMs }) => ({
      name,
      unit,
      kind,
      value,
      time: isoTime(timeMs),
    })),
  };
}

export function discoverySummary(listed: readonly ListedDevice[]): z.input<typeof shapes.DiscoverySummary> {
  const atMs = listedAtMs(listed);
  const states = listed.map((each) => listedStateOf(each, atMs ?? 0));
  const count = (state: ListedState): number => states.filter((each) => each === state).length;
  const [isNew, renamed, gone, known] = LISTED_STATES.map(count);
  return {
    at: atMs === null ? null : isoTime(atMs),
    devices: { new: isNew ?? 0, renamed: renamed ?? 0, gone: gone ?? 0, known: known ?? 0 },
  };
}

/**
 * A page of what a vendor lists, in the order of the serial numbers.
 * @param deviceIds by serial number, of those that are collected
 * @param state of these only; all unless told
 * @throws InvalidInput when the cursor is none of ours
 */
export function discoveryPage(
  listed: readonly ListedDevice[],
  deviceIds: ReadonlyMap<string, string>,
  { limit, cursor, state }: PageRequest & { readonly state?: ListedState | undefined },
): z.input<typeof shapes.Discovery> {
  const after = cursor === undefined ? "" : Buffer.from(cursor, "base64url").toString("utf8");
  if (cursor !== undefined && after === "") {
    throw new InvalidInput([{ path: "cursor", message: "must be the nextCursor of an earlier answer" }]);
  }
  const atMs = listedAtMs(listed) ?? 0;
  const rest = listed
    .map((each) => ({ ...each, state: listedStateOf(each, atMs) }))
    .filter((each) => each.device.serialNumber > after && (state === undefined || each.state === state));
  const items = rest.slice(0, limit).map(({ device, ...each }) => ({
    ...device,
    metrics: device.metrics.map((metric) => ({ ...metric })),
    formerName: each.formerName,
    state: each.state,
    deviceId: deviceIds.get(device.serialNumber) ?? null,
    firstSeen: isoTime(each.firstSeenMs),
    lastSeen: isoTime(each.lastSeenMs),
    goneAt: each.goneAtMs === null ? null : isoTime(each.goneAtMs),
  }));
  const last = items.at(-1);
  const nextCursor = rest.length > limit && last ? Buffer.from(last.serialNumber).toString("base64url") : null;
  return { ...discoverySummary(listed), items, nextCursor };
}
