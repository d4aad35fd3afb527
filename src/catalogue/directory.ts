import type { Device } from "../domain/device.ts";
import type { Metric, MetricKind } from "../domain/metric.ts";
import type { Site } from "../domain/site.ts";

/** Whose a series is: all that a reading's way through the system needs to know of it, in memory. */
export interface SeriesOwner {
  readonly series: number;
  readonly metricId: string;
  readonly metricName: string;
  readonly unit: string;
  readonly kind: MetricKind;
  readonly deviceId: string;
  readonly siteId: string;
}

/** Where a device is, and by what a sender may name it. */
export type PlacedDevice = Pick<Device, "id" | "siteId" | "name" | "serialNumber" | "connectionId"> & {
  /** The site and device that its sender names it by; null for one that a person or a connection brought. */
  readonly pushedAs: string | null;
};

/**
 * The catalogue's metrics by series number, by id, and by device and name; its devices by what a sender calls them; its sites by
 * name. The repositories keep it in step with the database.
 */
export class SeriesDirectory {
  readonly #bySeries = new Map<number, SeriesOwner>();
  /** Per series number 1 when there is such a series: an array's look is a tenth of a map's, and every reading takes one. */
  #known = new Uint8Array(1_024);
  readonly #byMetric = new Map<string, SeriesOwner>();
  readonly #byDevice = new Map<string, Map<string, SeriesOwner>>();
  readonly #devices = new Map<string, PlacedDevice>();
  /** Ids of the devices, the oldest first. */
  readonly #byPushedAs = new Map<string, string[]>();
  /** By serial number and by name, the older of two that are called alike. */
  readonly #bySite = new Map<string, { bySerial: Map<string, PlacedDevice>; byName: Map<string, PlacedDevice> }>();
  readonly #sitesByName = new Map<string, string[]>();
  readonly #timezones = new Map<string, string>();
  readonly #devicesOfSite = new Map<string, string[]>();
  readonly #siteNames = new Map<string, string>();
  /** Series whose metric was deleted, and what it was: their readings are kept for as long as others of the kind. */
  readonly #ended = new Map<number, MetricKind>();
  #renamings = 0;

  /** Grows whenever what senders know something by may stand for something else than before. */
  get renamings(): number {
    return this.#renamings;
  }

  add(metric: Metric, siteId: string): void {
    const owner: SeriesOwner = {
      series: metric.series,
      metricId: metric.id,
      metricName: metric.name,
      unit: metric.unit,
      kind: metric.kind,
      deviceId: metric.deviceId,
      siteId,
    };
    this.#bySeries.set(owner.series, owner);
    this.#know(owner.series);
    this.#byMetric.set(owner.metricId, owner);
    const ofDevice = this.#byDevice.get(owner.deviceId);
    if (ofDevice) ofDevice.set(owner.metricName, owner);
    else this.#byDevice.set(owner.deviceId, new Map([[owner.metricName, owner]]));
  }

  addDevice(device: PlacedDevice): void {
    this.#devices.set(device.id, device);
    append(this.#devicesOfSite, device.siteId, device.id);
    if (device.pushedAs !== null) append(this.#byPushedAs, device.pushedAs, device.id);
    this.#nameInSite(device);
  }

  addSite({ id, name, timezone }: Pick<Site, "id" | "name" | "timezone">): void {
    append(this.#sitesByName, name, id);
    this.#siteNames.set(id, name);
    this.#timezones.set(id, timezone);
  }

  /** A site goes by another name, or has another calendar. */
  replaceSite(site: Pick<Site, "id" | "name" | "timezone">): void {
    this.removeSite(site.id);
    this.addSite(site);
    // Ids are in the order of creation.
    this.#sitesByName.get(site.name)?.sort();
  }

  /** Its devices are gone already. */
  removeSite(id: string): void {
    take(this.#sitesByName, this.#siteNames.get(id) ?? "", id);
    this.#siteNames.delete(id);
    this.#timezones.delete(id);
    this.#renamings++;
  }

  /** A device goes by another name or serial number. */
  replaceDevice(device: PlacedDevice): void {
    this.replaceDevices([device]);
  }

  /** Devices go by another name or serial number, or have another connection. */
  replaceDevices(devices: readonly PlacedDevice[]): void {
    for (const device of devices) this.#devices.set(device.id, device);
    for (const siteId of new Set(devices.map((device) => device.siteId))) this.#placeAnew(siteId);
  }

  /** Takes a device away with all its metrics. */
  removeDevice(id: string): void {
    this.removeDevices([id]);
  }

  /** Takes devices away with all their metrics. */
  removeDevices(ids: readonly string[]): void {
    const gone = ids.flatMap((id) => this.#devices.get(id) ?? []);
    for (const { id, pushedAs } of gone) {
      for (const owner of this.allOfDevice(id)) this.remove(owner.metricId);
      this.#byDevice.delete(id);
      this.#devices.delete(id);
      if (pushedAs !== null) take(this.#byPushedAs, pushedAs, id);
    }
    for (const siteId of new Set(gone.map((device) => device.siteId))) {
      const left = (this.#devicesOfSite.get(siteId) ?? []).filter((id) => this.#devices.has(id));
      if (left.length > 0) this.#devicesOfSite.set(siteId, left);
      else this.#devicesOfSite.delete(siteId);
      this.#placeAnew(siteId);
    }
  }

  /** A metric goes by another name, or is another kind of thing. */
  replace(metric: Metric, siteId: string): void {
    const before = this.#byMetric.get(metric.id);
    if (before) this.#byDevice.get(before.deviceId)?.delete(before.metricName);
    this.add(metric, siteId);
    this.#renamings++;
  }

  /** Takes a metric away; its series is kept in mind, since its readings are still there. */
  remove(metricId: string): void {
    const owner = this.#byMetric.get(metricId);
    if (!owner) return;
    this.#byMetric.delete(metricId);
    this.#byDevice.get(owner.deviceId)?.delete(owner.metricName);
    this.#bySeries.delete(owner.series);
    this.#known[owner.series] = 0;
    this.addEnded(owner.series, owner.kind);
    this.#renamings++;
  }

  /** A series whose metric was deleted. */
  addEnded(series: number, kind: MetricKind): void {
    this.#ended.set(series, kind);
  }

  /** What a series holds, also when its metric is gone. */
  kindOf(series: number): MetricKind | undefined {
    return this.#bySeries.get(series)?.kind ?? this.#ended.get(series);
  }

  /** All series of a kind, also of metrics that are gone. */
  *seriesOf(kind: string): Generator<number, void, undefined> {
    for (const owner of this.#bySeries.values()) if (owner.kind === kind) yield owner.series;
    for (const [series, ended] of this.#ended) if (ended === kind) yield series;
  }

  hasSeries(series: number): boolean {
    return this.#known[series] === 1;
  }

  /** Every metric, in the order in which they were made known. */
  all(): Iterable<SeriesOwner> {
    return this.#bySeries.values();
  }

  bySeries(series: number): SeriesOwner | undefined {
    return this.#bySeries.get(series);
  }

  byMetric(metricId: string): SeriesOwner | undefined {
    return this.#byMetric.get(metricId);
  }

  ofDevice(deviceId: string, metricName: string): SeriesOwner | undefined {
    return this.#byDevice.get(deviceId)?.get(metricName);
  }

  /** A site's metrics of a name, one of each device that has it, in the order in which the devices came. */
  ofSite(siteId: string, metricName: string): SeriesOwner[] {
    return (this.#devicesOfSite.get(siteId) ?? []).flatMap((deviceId) => this.ofDevice(deviceId, metricName) ?? []);
  }

  /** How much there is of each kind of object. */
  get counts(): { readonly sites: number; readonly devices: number; readonly metrics: number } {
    return { sites: this.#siteNames.size, devices: this.#devices.size, metrics: this.#byMetric.size };
  }

  /** A site's devices and their metrics, counted. */
  countsOf(siteId: string): { readonly devices: number; readonly metrics: number } {
    const deviceIds = this.#devicesOfSite.get(siteId) ?? [];
    const metrics = deviceIds.reduce((sum, id) => sum + (this.#byDevice.get(id)?.size ?? 0), 0);
    return { devices: deviceIds.length, metrics };
  }

  /** A site's timezone; undefined when there is no such site. */
  timezoneOf(siteId: string): string | undefined {
    return this.#timezones.get(siteId);
  }

  /** A site's name; undefined when there is no such site. */
  siteName(siteId: string): string | undefined {
    return this.#siteNames.get(siteId);
  }

  allOfDevice(deviceId: string): SeriesOwner[] {
    return [...(this.#byDevice.get(deviceId)?.values() ?? [])];
  }

  device(id: string): PlacedDevice | undefined {
    return this.#devices.get(id);
  }

  /** Devices that their sender names so, wherever they are now; the oldest first. */
  pushedAs(text: string): readonly PlacedDevice[] {
    return (this.#byPushedAs.get(text) ?? []).flatMap((id) => this.#devices.get(id) ?? []);
  }

  /** A site's device with that serial number, or else that name. */
  deviceOfSite(siteId: string, serialOrName: string): PlacedDevice | undefined {
    const site = this.#bySite.get(siteId);
    return site?.bySerial.get(serialOrName) ?? site?.byName.get(serialOrName);
  }

  /** Ids of the sites with that name, the oldest first. */
  sitesNamed(name: string): readonly string[] {
    return this.#sitesByName.get(name) ?? [];
  }

  /** Of two devices that are called alike the older is meant, so that a name that becomes free may go to another. */
  #placeAnew(siteId: string): void {
    const ids = this.#devicesOfSite.get(siteId) ?? [];
    this.#bySite.delete(siteId);
    for (const id of ids) {
      const device = this.#devices.get(id);
      if (device) this.#nameInSite(device);
    }
    this.#renamings++;
  }

  #nameInSite(device: PlacedDevice): void {
    const site = this.#bySite.get(device.siteId) ?? { bySerial: new Map(), byName: new Map() };
    this.#bySite.set(device.siteId, site);
    if (device.serialNumber !== null && !site.bySerial.has(device.serialNumber)) {
      site.bySerial.set(device.serialNumber, device);
    }
    if (!site.byName.has(device.name)) site.byName.set(device.name, device);
  }

  #know(series: number): void {
    if (series >= this.#known.length) {
      const grown = new Uint8Array(Math.max(series + 1, this.#known.length * 2));
      grown.set(this.#known);
      this.#known = grown;
    }
    this.#known[series] = 1;
  }
}

function append<Item>(lists: Map<string, Item[]>, key: string, item: Item): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

function take<Item>(lists: Map<string, Item[]>, key: string, item: Item): void {
  const left = (lists.get(key) ?? []).filter((each) => each !== item);
  if (left.length > 0) lists.set(key, left);
  else lists.delete(key);
}
