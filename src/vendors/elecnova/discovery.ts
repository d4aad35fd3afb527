import { isTimeZone } from "../../domain/calendar.ts";
import { type MetricTemplate, ONLINE, PV_ACTIVE_POWER } from "../../domain/metric.ts";
import { VendorAuthRejected, VendorRefused } from "../../transport/errors.ts";
import { piecewise } from "../piecewise.ts";
import type { DiscoveredDevice } from "../vendor.ts";
import { isSendable } from "./asked.ts";
import type { Cabinet, CabinetWithComponents } from "./cabinet.ts";

/** What polling a cabinet brings. */
export const CABINET_METRICS: readonly MetricTemplate[] = [PV_ACTIVE_POWER, ONLINE];
/** Known, but may not do this. */
const FORBIDDEN = 403;

/** Cabinets that are looked at at once. */
const CABINETS_OPEN_MAX = 64;

type Look = (sn: string, signal: AbortSignal) => Promise<CabinetWithComponents>;

/**
 * Cabinets of the list with their components, which push their values live and cannot be polled. A cabinet that the vendor lists and
 * refuses to tell of comes without them; one whose serial number cannot be asked for does not come. Each serial number comes once.
 */
export async function discoverAll(
  listed: AsyncIterable<Cabinet>,
  look: Look,
  signal: AbortSignal | undefined,
): Promise<readonly DiscoveredDevice[]> {
  const pieces: Cabinet[] = [];
  for await (const cabinet of listed) pieces.push(cabinet);
  const bySerial = new Map<string, DiscoveredDevice>();
  const read = (cabinet: Cabinet, stop: AbortSignal) => discoveredAt(cabinet, (sn) => look(sn, stop));
  for await (const found of piecewise({ pieces, openMax: CABINETS_OPEN_MAX, signal, read })) {
    for (const device of found) bySerial.set(device.serialNumber, device);
  }
  return [...bySerial.values()];
}

async function discoveredAt(
  cabinet: Cabinet,
  look: (sn: string) => Promise<CabinetWithComponents>,
): Promise<readonly DiscoveredDevice[]> {
  if (!isSendable(cabinet.sn)) return [];
  try {
    return [deviceOf(cabinet), ...componentsOf(await look(cabinet.sn))];
  } catch (error) {
    const isItsOwn =
      error instanceof VendorRefused || (error instanceof VendorAuthRejected && error.status === FORBIDDEN);
    if (isItsOwn) return [deviceOf(cabinet)];
    throw error;
  }
}

function deviceOf(cabinet: Cabinet): DiscoveredDevice {
  return {
    serialNumber: cabinet.sn,
    name: cabinet.name || cabinet.sn,
    kind: "battery",
    model: cabinet.model || null,
    site: null,
    timezone: zoneOf(cabinet),
    metrics: CABINET_METRICS,
  };
}

/** A component without a serial number is known by its place in the cabinet alone. */
function componentsOf(cabinet: CabinetWithComponents): DiscoveredDevice[] {
  return cabinet.components.flatMap(({ sn, name, model, kind }) => {
    if (sn === null) return [];
    const site = cabinet.name || cabinet.sn;
    return [
      {
        serialNumber: sn,
        name: name || sn,
        kind,
        model: model || null,
        site,
        timezone: zoneOf(cabinet),
        metrics: [],
      },
    ];
  });
}

function zoneOf({ timeZone }: Cabinet): string | null {
  return timeZone !== null && isTimeZone(timeZone) ? timeZone : null;
}
