import type { Catalogue } from "../catalogue/catalogue.ts";
import type { NewDevice } from "../catalogue/devices.ts";
import { InvalidInput } from "../domain/errors.ts";
import type { NamedColumns } from "../domain/named-columns.ts";
import { QUALITY, type ReadingColumns, ReadingColumnsBuilder } from "../domain/reading.ts";
import { UNIT } from "../domain/units.ts";

/** Where names that nobody declared land: one site and one device of their own. */
const SITE_NAME = "Pushed data";
const DEVICE_NAME = "Data API";
/** Nothing that a person or a vendor would call a device: by this it is found, wherever it was moved. */
const DEVICE_SERIAL = "kilowatch:data-api";

/** New names that one request may bring. */
export const NEW_NAMES_PER_REQUEST_MAX = 1_000;
/** Names that the data API's device may have in all. */
export const NAMES_MAX = 10_000;

/** Gives each name that is pushed without a device a metric under the data API's own device. */
export class PushedSeries {
  readonly #catalogue: Catalogue;
  #deviceId: string | null = null;
  /** One at a time: two requests that bring the same new name must not both create it. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** The readings with their series numbers, creating what is new. @throws InvalidInput past the limits above; nothing is created then. */
  async resolve(named: NamedColumns): Promise<ReadingColumns> {
    const numbers = this.#known(named.names) ?? (await this.#inTurn(() => this.#create(named.names)));
    const builder = new ReadingColumnsBuilder();
    for (let row = 0; row < named.length; row++) {
      const number = numbers[named.nameIndexes[row] ?? -1];
      if (number === undefined) throw new RangeError(`row ${row} has no name`);
      builder.push(number, named.timesMs[row] ?? 0, named.values[row] ?? 0, QUALITY.good);
    }
    return builder.finish();
  }

  /** Every series of the data API's device, with its name; empty before the first push. */
  async all(): Promise<ReadonlyMap<number, string>> {
    this.#deviceId ??= (await this.#catalogue.devices.findUnconnected(DEVICE_SERIAL))?.id ?? null;
    const owners = this.#deviceId === null ? [] : this.#catalogue.directory.allOfDevice(this.#deviceId);
    return new Map(owners.map((owner) => [owner.series, owner.metricName]));
  }

  #known(names: readonly string[]): number[] | null {
    const { directory } = this.#catalogue;
    const numbers: number[] = [];
    for (const name of names) {
      const owner = this.#deviceId === null ? undefined : directory.ofDevice(this.#deviceId, name);
      if (!owner) return null;
      numbers.push(owner.series);
    }
    return numbers;
  }

  async #create(names: readonly string[]): Promise<number[]> {
    const { devices, directory } = this.#catalogue;
    const deviceId = await this.#findOrCreateDevice();
    const fresh = names.filter((name) => !directory.ofDevice(deviceId, name));
    const excess = refusal(fresh, directory.allOfDevice(deviceId).length);
    if (excess) throw new InvalidInput([{ path: "", message: excess }]);
    await devices.addMetrics(
      deviceId,
      fresh.map((name) => ({ name, unit: UNIT.one, kind: "gauge" as const })),
    );
    return this.#known(names) ?? [];
  }

  async #findOrCreateDevice(): Promise<string> {
    if (this.#deviceId !== null) return this.#deviceId;
    const { devices } = this.#catalogue;
    const known = await devices.findUnconnected(DEVICE_SERIAL);
    const [device] = known ? [known] : await devices.createAll([await this.#newDevice()], []);
    if (!device) throw new RangeError("creating one device gave none");
    this.#deviceId = device.id;
    return device.id;
  }

  async #newDevice(): Promise<NewDevice> {
    const { sites } = this.#catalogue;
    const site =
      (await sites.findByName(SITE_NAME)) ??
      (await sites.create({ name: SITE_NAME, timezone: "UTC", latitude: null, longitude: null, peakPowerW: null }));
    return {
      siteId: site.id,
      name: DEVICE_NAME,
      kind: "other",
      serialNumber: DEVICE_SERIAL,
      manufacturer: null,
      model: null,
      ratedPowerW: null,
      connectionId: null,
    };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

function refusal(fresh: readonly string[], known: number): string | null {
  if (fresh.length > NEW_NAMES_PER_REQUEST_MAX) {
    return `${fresh.length} new names in one request; at most ${NEW_NAMES_PER_REQUEST_MAX} are taken (the first past it is "${fresh[NEW_NAMES_PER_REQUEST_MAX]}")`;
  }
  if (known + fresh.length > NAMES_MAX) {
    return `the data API keeps at most ${NAMES_MAX} names, and has ${known} (the first past it is "${fresh[NAMES_MAX - known]}")`;
  }
  return null;
}
