import type { PlacedDevice, SeriesDirectory, SeriesOwner } from "../../catalogue/directory.ts";
import type { ApiKey, PlacementTemplate } from "../../domain/api-key.ts";
import { InvalidInput } from "../../domain/errors.ts";
import { metricNamed, nameInUnit } from "./known-metrics.ts";
import type { SeriesMeaning } from "./meaning.ts";
import { filled, quoted } from "./template.ts";

/** Where series without a site go. */
export const PUSHED_SITE = "Pushed data";
/** Longest name of a site, device or metric that a sender may bring, UTF-16 units. */
export const PUSHED_NAME_CHARS_MAX = 200;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** A series' place in the catalogue, in words. */
export interface Place {
  /** Null for the source's own: a limited key's one site, else `PUSHED_SITE`. */
  readonly site: string | null;
  readonly device: string;
  readonly serialNumber: string | null;
  readonly metric: string;
  /** Null where the sender names none. */
  readonly unit: string | null;
}

/** What a pushed series comes down to: a series that is there, or what must be created for it. */
export type Placement =
  | { readonly owner: SeriesOwner }
  | { readonly device: PlacedDevice; readonly metric: string; readonly unit: string | null }
  /** `siteId` is null when the site is new, too. */
  | { readonly place: Place; readonly siteId: string | null; readonly pushedAs: string };

/** Finds the place of pushed series within what one source may write to. */
export class Placements {
  readonly #directory: SeriesDirectory;
  readonly #template: PlacementTemplate;
  readonly #siteIds: ReadonlySet<string> | null;

  constructor(directory: SeriesDirectory, template: PlacementTemplate, siteIds: ApiKey["siteIds"]) {
    this.#directory = directory;
    this.#template = template;
    this.#siteIds = siteIds && new Set(siteIds);
  }

  /** As `SeriesDirectory.renamings`. */
  get renamings(): number {
    return this.#directory.renamings;
  }

  /**
   * @param keyText the series as its sender names it, for messages
   * @throws InvalidInput for a metric or device that is not there or may not be written to (the two look the same), a name that
   *   no object may have, and a site that the source may not write to
   */
  of(meaning: SeriesMeaning, keyText: string): Placement {
    if (meaning.kind === "metric") {
      const owner = this.#directory.byMetric(meaning.metricId);
      if (owner && this.#mayWrite(owner.siteId)) return { owner };
      throw refused(`there is no metric ${quoted(meaning.metricId)}`);
    }
    if (meaning.kind === "device") {
      const device = this.#directory.device(meaning.deviceId);
      if (device && this.#mayWrite(device.siteId))
        return this.#under(device, checkedName("metric", meaning.name), null);
      throw refused(`there is no device ${quoted(meaning.deviceId)}`);
    }
    const { attributes, usual } = meaning;
    const { site, device, metric } = this.#template;
    const siteName = site === null ? usual.site : filled(site, attributes, keyText);
    const unit = usual.unit === undefined ? null : checkedName("unit", usual.unit);
    const name = checkedName("metric", metric === null ? usual.metric : filled(metric, attributes, keyText));
    const place: Place = {
      site: siteName === null ? null : checkedName("site", siteName),
      device: checkedName("device", device === null ? usual.device : filled(device, attributes, keyText)),
      serialNumber:
        device === null && usual.serialNumber !== null ? checkedName("serial number", usual.serialNumber) : null,
      metric: unit === null || metricNamed(name, unit).unit === unit ? name : nameInUnit(name, unit),
      unit,
    };
    return this.#at(place);
  }

  #at(place: Place): Placement {
    const siteId = this.#siteOf(place);
    const pushedAs = pushedAsOf(place, this.#siteIds === null ? null : siteId);
    const moved = this.#directory.pushedAs(pushedAs).find((device) => this.#mayWrite(device.siteId));
    if (moved) return this.#under(moved, place.metric, place.unit);
    // A site that the sender names may hold devices that a person or a vendor brought; the source's own holds none of theirs.
    const isNamed = place.site !== null || this.#siteIds !== null;
    const found =
      isNamed && siteId !== null ? this.#directory.deviceOfSite(siteId, place.serialNumber ?? place.device) : undefined;
    return found ? this.#under(found, place.metric, place.unit) : { place, siteId, pushedAs };
  }

  /** Null for a site that is not there yet. */
  #siteOf({ site }: Place): string | null {
    if (this.#siteIds === null) return this.#directory.sitesNamed(site ?? PUSHED_SITE)[0] ?? null;
    if (site !== null) {
      const allowed = this.#directory.sitesNamed(site).find((id) => this.#mayWrite(id));
      if (allowed !== undefined) return allowed;
      throw refused(`this key may not write to a site ${quoted(site)}`);
    }
    const [only, ...others] = this.#siteIds;
    if (only !== undefined && others.length === 0) return only;
    throw refused("this key may write to several sites: name one of them in the template or in the tag site");
  }

  #under(device: PlacedDevice, metric: string, unit: string | null): Placement {
    const owner = this.#directory.ofDevice(device.id, metric);
    if (!owner) return { device, metric, unit };
    // Numbers in another unit are another metric.
    return unit === null || owner.unit === unit ? { owner } : this.#inUnit(device, nameInUnit(metric, unit), unit);
  }

  #inUnit(device: PlacedDevice, metric: string, unit: string): Placement {
    const owner = this.#directory.ofDevice(device.id, metric);
    return owner ? { owner } : { device, metric, unit };
  }

  #mayWrite(siteId: string): boolean {
    return this.#siteIds === null || this.#siteIds.has(siteId);
  }
}

/** What a pushed device is known by for ever, whatever people call it and wherever they move it. */
function pushedAsOf({ site, device }: Place, ownSiteId: string | null): string {
  return JSON.stringify(ownSiteId === null ? [site, device] : [site, device, ownSiteId]);
}

function checkedName(what: string, name: string): string {
  if (name.trim() === "") throw refused(`the name of a ${what} is empty`);
  if (name.length > PUSHED_NAME_CHARS_MAX) {
    throw refused(`the name of a ${what} is longer than ${PUSHED_NAME_CHARS_MAX} characters: ${quoted(name)}`);
  }
  if (CONTROL.test(name)) throw refused(`the name of a ${what} holds a control character: ${quoted(name)}`);
  return name;
}

function refused(message: string): InvalidInput {
  return new InvalidInput([{ path: "", message }]);
}
