import { error } from "@sveltejs/kit";
import type { Device, Me } from "#lib/api/types.gen.ts";
import { mayChangeDevices } from "#lib/shell/rights.ts";
import { text } from "#lib/text.ts";
import type { Fetch } from "./api.ts";
import { readSignedIn } from "./visitor-api.ts";

/** Where the API keeps a device. */
export function devicePath(id: string): string {
  return `/api/v1/devices/${encodeURIComponent(id)}`;
}

/** Where the API keeps a metric. */
export function metricPath(id: string): string {
  return `/api/v1/metrics/${encodeURIComponent(id)}`;
}

/** A device that the visitor may change, and the version to change it from. Others are told that they may not, or that there is none. */
export async function readOwnDevice(
  fetch: Fetch,
  id: string,
  url: URL,
  me: () => Promise<{ me: Me | null }>,
): Promise<{ device: Device; version: string }> {
  const { body: device, etag } = await readSignedIn<Device>(fetch, devicePath(id), url);
  if (!mayChangeDevices((await me()).me, device.siteId)) error(403, text.deviceCare.notYours);
  return { device, version: etag ?? "" };
}
