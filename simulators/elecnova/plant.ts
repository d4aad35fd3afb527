import { chance } from "../chance.ts";
import type { Place } from "../sun.ts";
import { Battery } from "./battery.ts";
import { DAY_MS, Zone } from "./calendar.ts";
import { PvArray } from "./pv.ts";

export const CABINETS_DEFAULT = 12;
export const CABINETS_MAX = 10_000;

/** Three places whose clocks change, in both hemispheres. */
export const SITES: readonly (Place & { readonly name: string; readonly timezone: string })[] = [
  { name: "Berlin", latitude: 52.5, longitude: 13.4, timezone: "Europe/Berlin" },
  { name: "Albany", latitude: 42.7, longitude: -73.8, timezone: "America/New_York" },
  { name: "Wagga", latitude: -35.1, longitude: 147.4, timezone: "Australia/Sydney" },
];

/** What stands in every cabinet: where, its kind as the vendor codes it, and in words. */
const COMPONENTS = [
  ["EMS1", "ess.ems", "EMS", "EMS-200"],
  ["BMS1", "ess.bms", "Battery management", "BMS-16S"],
  ["PCS1", "ess.pcs", "Power conversion", "PCS-100"],
  ["PV1", "pv.inv", "PV inverter", "INV-80K"],
  ["METER1", "ess.meter", "Meter", "DTSD-3"],
  ["BAT1", "ess.battery", "Battery pack", "LFP-107"],
  ["BAT2", "ess.battery", "Battery pack", "LFP-107"],
  ["FIRE1", "ess.fire", "Fire host", "FH-2"],
  ["AC1", "ess.ac", "Air conditioning", "AC-3K"],
] as const;
/** Of a kind that the vendor's document does not name. */
const UNKNOWN_COMPONENT = ["DH1", "ess.dehumidifier", "Dehumidifier", "DH-1"] as const;
/** The cabinet, by index, that has it. */
const UNKNOWN_COMPONENT_AT = 2;

const FIRST_COMMISSIONED_DAY = Date.UTC(2020, 0, 1) / DAY_MS;
const PV_RATED_W = { min: 40_000, max: 120_000, step: 1_000 } as const;
const CAPACITIES_WH = [215_000, 233_000, 261_000] as const;
/** At most one spell without connection in a slot; 2 % of the time. */
const OFFLINE = { slotMs: 7_200_000, chance: 0.02 } as const;
/** A cabinet is heard that often. */
const HEARD_EVERY_MS = 5_000;

export interface Component {
  readonly id: string;
  readonly sn: string;
  readonly name: string;
  readonly model: string;
  /** Where it sits in its cabinet, such as `BAT2`. */
  readonly locationCode: string;
  /** The vendor's code, such as `ess.battery`. */
  readonly code: string;
}

export interface Cabinet {
  /** From 0. */
  readonly index: number;
  readonly id: string;
  readonly sn: string;
  readonly name: string;
  readonly model: string;
  readonly zone: Zone;
  /** Its first local day, and that day's first instant (epoch ms): there is no reading before. */
  readonly commissionedDay: number;
  readonly commissionedMs: number;
  readonly components: readonly Component[];
  readonly pv: PvArray;
  readonly battery: Battery;
  /** Whether it is connected, and when it was last heard (epoch ms). */
  connectionAt(timeMs: number): { readonly online: boolean; readonly lastSeenMs: number };
}

/** Cabinets by serial number, `ESS-001` and on; another seed gives other sizes, clouds and batteries. */
export function createPlant(seed: number, cabinets: number = CABINETS_DEFAULT): ReadonlyMap<string, Cabinet> {
  if (!Number.isInteger(cabinets) || cabinets < 0 || cabinets > CABINETS_MAX) {
    throw new RangeError(`a plant has 0 to ${CABINETS_MAX} cabinets, not ${cabinets}`);
  }
  const sites = SITES.map((site) => ({ ...site, zone: new Zone(site.timezone) }));
  return new Map(
    Array.from({ length: cabinets }, (_, index) => {
      // The remainder of a whole number by three is an index of three.
      const cabinet = createCabinet(seed, index, sites[index % sites.length]!, cabinets);
      return [cabinet.sn, cabinet];
    }),
  );
}

type Site = (typeof SITES)[number] & { readonly zone: Zone };

function createCabinet(seed: number, index: number, site: Site, cabinets: number): Cabinet {
  const sn = `ESS-${String(index + 1).padStart(3, "0")}`;
  const { zone } = site;
  const steps = (PV_RATED_W.max - PV_RATED_W.min) / PV_RATED_W.step;
  const ratedW = PV_RATED_W.min + PV_RATED_W.step * Math.floor(chance(seed, sn, "pv rating") * (steps + 1));
  const capacityWh = CAPACITIES_WH[Math.floor(chance(seed, sn, "capacity") * CAPACITIES_WH.length)] ?? CAPACITIES_WH[0];
  const commissionedDay = FIRST_COMMISSIONED_DAY + index;
  const hasUnknown = index === Math.min(UNKNOWN_COMPONENT_AT, cabinets - 1);
  return {
    index,
    id: String(100_001 + index),
    sn,
    name: `${site.name} ${Math.floor(index / SITES.length) + 1}`,
    model: `ECO-E${capacityWh / 1_000}LS`,
    zone,
    commissionedDay,
    commissionedMs: zone.startOfDayMs(commissionedDay),
    components: [...COMPONENTS, ...(hasUnknown ? [UNKNOWN_COMPONENT] : [])].map(
      ([locationCode, code, name, model], place) => ({
        id: String((100_001 + index) * 100 + place),
        sn: `${sn}-${locationCode}`,
        name,
        model,
        locationCode,
        code,
      }),
    ),
    pv: new PvArray(seed, site.name, site, zone, ratedW),
    battery: new Battery(seed, sn, zone, capacityWh, commissionedDay),
    connectionAt(timeMs) {
      const slot = Math.floor(timeMs / OFFLINE.slotMs);
      const online = chance(seed, sn, "offline", slot) >= OFFLINE.chance;
      const heardMs = online ? timeMs : slot * OFFLINE.slotMs;
      return { online, lastSeenMs: Math.floor(heardMs / HEARD_EVERY_MS) * HEARD_EVERY_MS };
    },
  };
}
