import { BadUse } from "../exit-codes.ts";
import type { ServerApi } from "../server/api.ts";
import { ServerRefused } from "../server/errors.ts";
import { devicesOf, findSite } from "../server/selection.ts";
import { type Device, Site } from "../server/shapes.ts";
import type { ImportPlan } from "./plan.ts";

/** What is there already where readings go. */
export interface Destination {
  /** `varies` where rows name it; `unknown` where the key may not look. */
  readonly site: "new" | "there" | "varies" | "unknown";
  readonly device: "new" | "there" | "varies" | "unknown";
  /** Of the site, where it is there. */
  readonly timezone: string | null;
  /** Unit by metric, of the device's metrics that are there. */
  readonly units: ReadonlyMap<string, string>;
}

export const UNKNOWN_DESTINATION: Destination = {
  site: "unknown",
  device: "unknown",
  timezone: null,
  units: new Map(),
};

/** Looks where the plan's readings go. @throws BadUse when that is not one place */
export async function lookUp(api: ServerApi, { site, device }: ImportPlan): Promise<Destination> {
  if ("column" in site) return { ...UNKNOWN_DESTINATION, site: "varies", device: "varies" };
  try {
    const found = await findSite(api, site.text);
    if (found === null) return { ...UNKNOWN_DESTINATION, site: "new", device: "column" in device ? "varies" : "new" };
    const there = { site: "there", timezone: found.timezone } as const;
    if ("column" in device) return { ...UNKNOWN_DESTINATION, ...there, device: "varies" };
    const same = (one: Device): boolean => one.name === device.text || one.serialNumber === device.text;
    const [first, ...others] = (await devicesOf(api, found)).filter(same);
    if (others.length > 0)
      throw new BadUse(`The site has several devices "${device.text}": rename one, or choose another.`);
    const units = new Map(first?.metrics.map(({ name, unit }) => [name, unit]));
    return { ...there, device: first ? "there" : "new", units };
  } catch (error) {
    // A key that may only write may not look.
    if (error instanceof ServerRefused && error.status === 403) return UNKNOWN_DESTINATION;
    throw error;
  }
}

/**
 * The plan with the units of metrics that are there already, where nobody knows better.
 * @throws BadUse when a column is in another unit than its metric
 */
export function fittedTo(plan: ImportPlan, { units }: Destination): ImportPlan {
  const values = plan.values.map((column) => {
    const there = plan.metricColumn === null ? units.get(column.metric) : undefined;
    if (there === undefined || there === column.unit.to) return column;
    if (column.unit.from === null) return { ...column, unit: { ...column.unit, to: there } };
    throw new BadUse(
      `The metric ${column.metric} is in ${there}, and the column ${column.header} would be stored in ${column.unit.to}: add --unit "${column.header}=${column.unit.from}:${there}".`,
    );
  });
  return { ...plan, values };
}

/**
 * Creates the site where it is new and its timezone is known: what an import creates by itself lies in UTC.
 * @returns words when the key may not
 */
export async function createSite(api: ServerApi, name: string, timezone: string): Promise<string | null> {
  try {
    await api.create(Site, "/sites", { name, timezone });
    return null;
  } catch (error) {
    if (!(error instanceof ServerRefused) || error.status !== 403) throw error;
    return `The key has no scope "manage", so the site "${name}" will be in UTC: its days are UTC's until that is changed.`;
  }
}
