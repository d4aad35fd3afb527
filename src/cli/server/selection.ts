import type { Command } from "commander";
import type { z } from "zod";
import { BadUse, CommandFailed } from "../exit-codes.ts";
import { collected } from "../output-file.ts";
import type { ServerApi } from "./api.ts";
import { ServerRefused } from "./errors.ts";
import { Device, Metric, pageOf, Site } from "./shapes.ts";

/** Which metrics a command is about, as flags name them. */
export interface SelectionFlags {
  readonly metric?: readonly string[];
  readonly device?: readonly string[];
  readonly site?: readonly string[];
  readonly name?: readonly string[];
}

/** A metric, with where it hangs. */
export interface SelectedMetric {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  readonly device: string;
  readonly site: Site;
}

/** How ids are told from names. */
export const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Items of a page, as many as the server gives. */
const PAGE_ITEMS = 500;
const SHOWN_MAX = 10;

export function addSelectionOptions(command: Command): Command {
  return command
    .option("--metric <id>", "a metric, by its id; may be given more than once, as all of these", collected)
    .option("--device <which>", "a device, by its id, name or serial number: all of its metrics", collected)
    .option("--site <which>", "a site, by its id or name: all of its devices", collected)
    .option("--name <metric>", "of these, only the metrics of this name, such as active_power", collected);
}

/** The metrics that the flags mean, each once. @throws BadUse when nothing was named, CommandFailed when it is not there */
export async function selectMetrics(api: ServerApi, flags: SelectionFlags): Promise<readonly SelectedMetric[]> {
  const { metric = [], device = [], site = [], name = [] } = flags;
  if (metric.length + device.length + site.length + name.length === 0) {
    throw new BadUse("Say which metrics: by --site, --device, --name or --metric.");
  }
  const catalogue = new RemoteCatalogue(api);
  const selected = new Map<string, SelectedMetric>();
  const add = (metrics: readonly SelectedMetric[]): void => {
    for (const one of metrics) selected.set(one.id, one);
  };
  for (const id of metric) add([await catalogue.metric(id)]);
  const sites = site.length > 0 ? await catalogue.sitesOf(site) : null;
  if (device.length > 0) {
    for (const which of device) add(await catalogue.metricsOfDevice(which, sites));
  } else if (sites !== null || metric.length === 0) {
    for (const one of sites ?? (await catalogue.sites())) add(await catalogue.metricsOfSite(one));
  }
  const wanted = [...selected.values()].filter((one) => name.length === 0 || name.includes(one.name));
  if (wanted.length > 0) return wanted;
  const names = [...new Set([...selected.values()].map((one) => one.name))];
  throw new CommandFailed(
    names.length === 0
      ? "There are no metrics there."
      : `There is no metric ${name.join(", ")} there; there is ${names.slice(0, SHOWN_MAX).join(", ")}.`,
  );
}

/** A site by its id or name; null when there is none of that name. @throws BadUse when there are several */
export async function findSite(api: ServerApi, which: string): Promise<Site | null> {
  return new RemoteCatalogue(api).site(which);
}

/** A site by its id or name. @throws BadUse when there are several, CommandFailed when there is none */
export async function namedSite(api: ServerApi, which: string): Promise<Site> {
  const [site] = await new RemoteCatalogue(api).sitesOf([which]);
  if (!site) throw new RangeError("one name gives one site");
  return site;
}

/** A site's devices, with their metrics. */
export async function devicesOf(api: ServerApi, site: Site): Promise<readonly Device[]> {
  return new RemoteCatalogue(api).devices(site);
}

/** A device by its id, name or serial number. @param site within which it is looked for; null for everywhere. @throws BadUse, CommandFailed */
export async function findDevice(api: ServerApi, which: string, site: Site | null): Promise<PlacedDevice> {
  return new RemoteCatalogue(api).device(which, site && [site]);
}

/** A device, with where it stands. */
export interface PlacedDevice {
  readonly device: Device;
  readonly site: Site;
}

/** All items of a list of `/api/v1`, page after page. */
export async function allOf<Item extends z.ZodType>(
  api: ServerApi,
  item: Item,
  path: string,
  signal?: AbortSignal,
): Promise<z.output<Item>[]> {
  const items: z.output<Item>[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.get(pageOf(item), path, { limit: PAGE_ITEMS, cursor }, signal);
    items.push(...(page.items as z.output<Item>[]));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

/** There are several of that name. */
export function ambiguous(what: string, name: string, found: readonly string[]): BadUse {
  const shown = found.slice(0, SHOWN_MAX).join(", ");
  return new BadUse(`There are ${found.length} ${what}s "${name}": name one by its id: ${shown}.`);
}

/** Finds things by the words of people; what was fetched once is kept. */
class RemoteCatalogue {
  readonly #api: ServerApi;
  #sites: Promise<readonly Site[]> | null = null;
  readonly #devices = new Map<string, Promise<readonly Device[]>>();

  constructor(api: ServerApi) {
    this.#api = api;
  }

  sites(): Promise<readonly Site[]> {
    this.#sites ??= allOf(this.#api, Site, "/sites");
    return this.#sites;
  }

  devices(site: Site): Promise<readonly Device[]> {
    const known = this.#devices.get(site.id);
    if (known) return known;
    const devices = allOf(this.#api, Device, `/sites/${site.id}/devices`);
    this.#devices.set(site.id, devices);
    return devices;
  }

  async site(which: string): Promise<Site | null> {
    // A key that is limited to some sites may ask for one of them, and not for the list.
    if (ID.test(which)) return this.#found(this.#api.get(Site, `/sites/${which}`), `There is no site ${which}.`);
    const found = (await this.sites()).filter(({ name }) => name === which);
    if (found.length > 1)
      throw ambiguous(
        "site",
        which,
        found.map(({ id }) => id),
      );
    return found[0] ?? null;
  }

  async sitesOf(which: readonly string[]): Promise<readonly Site[]> {
    const sites: Site[] = [];
    for (const one of which) {
      const site = await this.site(one);
      if (site) sites.push(site);
      else throw new CommandFailed(`There is no site "${one}"${alternatives(await this.sites())}`);
    }
    return sites;
  }

  async metric(id: string): Promise<SelectedMetric> {
    if (!ID.test(id)) throw new BadUse(`--metric must be a metric's id; a metric's name goes with --name: ${id}`);
    const metric = await this.#found(this.#api.get(Metric, `/metrics/${id}`), `There is no metric ${id}.`);
    const device = await this.#api.get(Device, `/devices/${metric.deviceId}`);
    const site = await this.#api.get(Site, `/sites/${device.siteId}`);
    return selected(metric, device, site);
  }

  async metricsOfSite(site: Site): Promise<readonly SelectedMetric[]> {
    return (await this.devices(site)).flatMap((device) =>
      device.metrics.map((metric) => selected(metric, device, site)),
    );
  }

  /** @param sites where it is looked for; null for everywhere */
  async metricsOfDevice(which: string, sites: readonly Site[] | null): Promise<readonly SelectedMetric[]> {
    const { device, site } = await this.device(which, sites);
    return device.metrics.map((metric) => selected(metric, device, site));
  }

  /** @param sites where it is looked for; null for everywhere */
  async device(which: string, sites: readonly Site[] | null): Promise<PlacedDevice> {
    if (ID.test(which)) {
      const device = await this.#found(this.#api.get(Device, `/devices/${which}`), `There is no device ${which}.`);
      return { device, site: await this.#api.get(Site, `/sites/${device.siteId}`) };
    }
    const found: PlacedDevice[] = [];
    for (const site of sites ?? (await this.sites())) {
      const devices = await this.devices(site);
      found.push(
        ...devices
          .filter(({ name, serialNumber }) => name === which || serialNumber === which)
          .map((device) => ({ device, site })),
      );
    }
    const [only, ...others] = found;
    if (!only) throw new CommandFailed(`There is no device "${which}"${sites ? " at this site" : ""}.`);
    if (others.length > 0)
      throw ambiguous(
        "device",
        which,
        found.map(({ device, site }) => `${device.id} (${site.name})`),
      );
    return only;
  }

  async #found<T>(asked: Promise<T>, otherwise: string): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      throw error instanceof ServerRefused && error.status === 404 ? new CommandFailed(otherwise) : error;
    }
  }
}

function selected({ id, name, unit }: Metric, device: Device, site: Site): SelectedMetric {
  return { id, name, unit, device: device.name, site };
}

function alternatives(sites: readonly Site[]): string {
  const names = sites.slice(0, SHOWN_MAX).map(({ name }) => `"${name}"`);
  return names.length === 0 ? "." : `; there is ${names.join(", ")}${sites.length > SHOWN_MAX ? ", …" : ""}.`;
}
