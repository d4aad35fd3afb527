import type { DiscoveredDevice, ListedDevice } from "../domain/listed-device.ts";

/** A discovery ends after so long, ms. */
export const DISCOVERY_MS_MAX = 90_000;
/** Devices that a vendor may list for one connection. */
export const LISTED_DEVICES_MAX = 100_000;

export const LISTED_STATES = ["new", "renamed", "gone", "known"] as const;
export type ListedState = (typeof LISTED_STATES)[number];

/**
 * What has become of a list: who is new, called otherwise or gone, beside what the list before had.
 * @param before what was kept of the list before
 * @param picked serial numbers that are collected: of the others, one that was gone before is forgotten
 * @param atMs when `listed` was read, epoch ms; later than anything in `before`
 */
export function compareLists(
  before: readonly ListedDevice[],
  listed: readonly DiscoveredDevice[],
  picked: ReadonlySet<string>,
  atMs: number,
): ListedDevice[] {
  const former = new Map(before.map((each) => [each.device.serialNumber, each]));
  const here = new Map(listed.map((device) => [device.serialNumber, device]));
  const present = Array.from(here.values(), (device): ListedDevice => {
    const known = former.get(device.serialNumber);
    const isBack = !known || known.goneAtMs !== null;
    return {
      device,
      formerName: known && known.device.name !== device.name ? known.device.name : null,
      firstSeenMs: isBack ? atMs : known.firstSeenMs,
      lastSeenMs: atMs,
      goneAtMs: null,
    };
  });
  const gone = before
    .filter(
      ({ device, goneAtMs }) =>
        !here.has(device.serialNumber) && (goneAtMs === null || picked.has(device.serialNumber)),
    )
    .map((each) => ({ ...each, formerName: null, goneAtMs: each.goneAtMs ?? atMs }));
  return [...present, ...gone];
}

/** When the last list was read, epoch ms; null when there is none. */
export function listedAtMs(listed: readonly ListedDevice[]): number | null {
  return listed.reduce<number | null>(
    (latest, { lastSeenMs, goneAtMs }) => Math.max(latest ?? 0, lastSeenMs, goneAtMs ?? 0),
    null,
  );
}

/** @param atMs as `listedAtMs` of the list that it is in */
export function listedStateOf({ firstSeenMs, formerName, goneAtMs }: ListedDevice, atMs: number): ListedState {
  if (goneAtMs !== null) return "gone";
  if (firstSeenMs === atMs) return "new";
  return formerName === null ? "known" : "renamed";
}
