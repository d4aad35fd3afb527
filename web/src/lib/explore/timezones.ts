interface Placed {
  readonly site: { readonly timezone: string };
}

/** The timezone of all sites of some metrics; UTC where they lie in several. */
export function sharedTimezone(metrics: readonly Placed[]): string {
  const [zone = "UTC", ...others] = new Set(metrics.map(({ site }) => site.timezone));
  return others.length === 0 ? zone : "UTC";
}

/** Timezones that times can be shown in: those of the sites, and UTC. */
export function timezoneChoices(metrics: readonly Placed[]): string[] {
  return [...new Set([...metrics.map(({ site }) => site.timezone), "UTC"])];
}
