import { randomBytes } from "node:crypto";
import { type EnergyGridSimulator, type Fleet, PLANTS, type Plant } from "../../simulators/energygrid/index.ts";
import { hashPassword } from "../access/passwords.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { NewConnection } from "../catalogue/connections.ts";
import type { NewDevice } from "../catalogue/devices.ts";
import type { NewSite } from "../catalogue/sites.ts";
import { energyGrid } from "../vendors/energygrid/index.ts";

const CONNECTION_NAME = "EnergyGrid demo";
/** 500 inverters, 10 a request, one request a second: as often as the vendor's limit lets all of them be read. */
const POLL_INTERVAL_MS = 50_000;
const DEMO_ADMIN_EMAIL = "admin@demo.invalid";

/** Sites, inverters and the vendor account of the demo: created on its first start, pointed at the simulator on every start. */
export async function prepareDemoFleet(
  catalogue: Catalogue,
  vendor: Pick<EnergyGridSimulator, "url" | "token" | "fleet">,
): Promise<void> {
  const { connections, devices, sites, users } = catalogue;
  if (!users.hasAdmin()) {
    // Nobody knows this password: the demo's administrator signs in with the link that is printed at start.
    const password = randomBytes(32).toString("base64url");
    await users.createFirstAdmin(DEMO_ADMIN_EMAIL, "Demo administrator", await hashPassword(password));
  }

  const known = (await connections.list()).find(({ name }) => name === CONNECTION_NAME);
  const connection = known ?? (await connections.create(demoConnection(vendor.url), { token: vendor.token }));
  if (connection.baseUrl !== vendor.url) await connections.moveTo(connection.id, vendor.url);

  // A first start may have been killed half-way: what is there is kept, what is missing is added.
  const there = new Set((await devices.ofConnection(connection.id)).map(({ serialNumber }) => serialNumber));
  const missing: NewDevice[] = [];
  for (const plant of PLANTS) {
    const site = (await sites.findByName(plant.name)) ?? (await sites.create(siteOf(plant, vendor.fleet)));
    const serials = plant.serials.filter((serial) => !there.has(serial));
    missing.push(...serials.map((serial) => inverterOf(serial, site.id, connection.id, vendor.fleet)));
  }
  await devices.createAll(acrossSites(missing), energyGrid.device.metrics);
}

/** Takes from each site in turn: polling begins in this order, so that the first seconds already show a plant by daylight. */
function acrossSites(devices: readonly NewDevice[]): NewDevice[] {
  const bySite = [...Map.groupBy(devices, ({ siteId }) => siteId).values()];
  const longest = Math.max(0, ...bySite.map(({ length }) => length));
  return Array.from({ length: longest }, (_, place) => bySite.flatMap((site) => site.slice(place, place + 1))).flat();
}

function inverterOf(serialNumber: string, siteId: string, connectionId: string, fleet: Fleet): NewDevice {
  return {
    siteId,
    name: serialNumber,
    kind: energyGrid.device.kind,
    serialNumber,
    manufacturer: energyGrid.title,
    model: null,
    ratedPowerW: fleet.get(serialNumber)?.ratedPowerW ?? null,
    connectionId,
  };
}

function demoConnection(baseUrl: string): NewConnection {
  return { name: CONNECTION_NAME, vendor: energyGrid.id, baseUrl, pollIntervalMs: POLL_INTERVAL_MS };
}

function siteOf(plant: Plant, fleet: Fleet): NewSite {
  const ratedPowersW = plant.serials.map((serial) => fleet.get(serial)?.ratedPowerW ?? 0);
  return {
    name: plant.name,
    timezone: plant.timezone,
    latitude: plant.latitude,
    longitude: plant.longitude,
    peakPowerW: ratedPowersW.reduce((sum, ratedPowerW) => sum + ratedPowerW, 0),
  };
}
