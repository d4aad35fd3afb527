import type { ListedDevice, Site } from "#lib/api/types.gen.ts";

/** Devices that a vendor lists for one place of its own. */
export interface Group {
  /** The vendor's name for the place; null where it names none. */
  readonly place: string | null;
  /** Of the place, where the vendor says it. */
  readonly timezone: string | null;
  readonly devices: readonly ListedDevice[];
}

/** Groups by the vendor's own places, and by timezone: devices of two cannot stand at one site. Each is in the order of the list. */
export function groupsOf(devices: readonly ListedDevice[]): readonly Group[] {
  const byPlace = Map.groupBy(devices, ({ site, timezone }) => JSON.stringify([site, timezone]));
  return Array.from(byPlace.values(), (members) => ({
    place: members[0]?.site ?? null,
    timezone: members[0]?.timezone ?? null,
    devices: members,
  }));
}

/** Whether a device can be collected and is not yet. */
export function isOpen({ deviceId, metrics, state }: ListedDevice): boolean {
  return deviceId === null && metrics.length > 0 && state !== "gone";
}

/** The site that a group most likely means: the one of the same name, else a new one. */
export function likelySite(place: string | null, sites: readonly Pick<Site, "id" | "name">[]): string {
  if (place === null) return sites.length === 1 ? (sites[0]?.id ?? NEW_SITE) : NEW_SITE;
  const name = place.trim().toLowerCase();
  return sites.find((site) => site.name.trim().toLowerCase() === name)?.id ?? NEW_SITE;
}

/** What a choice of sites says of one that is to be made. */
export const NEW_SITE = "new";

/** The names of a group's fields in the form. */
export const FIELD = {
  serial: (group: number) => `serial-${group}`,
  serials: (group: number) => `serials-${group}`,
  site: (group: number) => `site-${group}`,
  name: (group: number) => `name-${group}`,
  timezone: (group: number) => `timezone-${group}`,
} as const;
