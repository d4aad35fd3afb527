import type { FleetDevice, FleetDevicePage } from "../api/types.gen.ts";

/** Devices of one request: as many as the API hands out at once. */
const DEVICES_PER_PAGE = 500;

/** Asks for the devices from a cursor on, page by page, so that the browser has time between them. @throws for any answer but 200 */
export async function* restOfFleet(
  cursor: string,
  signal: AbortSignal,
): AsyncGenerator<readonly FleetDevice[], void, undefined> {
  for (let next: string | null = cursor; next !== null; ) {
    const path = `/api/v1/fleet/devices?limit=${DEVICES_PER_PAGE}&cursor=${encodeURIComponent(next)}`;
    const response = await fetch(path, { signal });
    if (!response.ok) throw new Error(`the fleet's devices: ${response.status}`);
    const page = (await response.json()) as FleetDevicePage;
    yield page.items;
    next = page.nextCursor;
  }
}
