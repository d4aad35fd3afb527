import { elecnova } from "./elecnova/index.ts";
import { energyGrid } from "./energygrid/index.ts";
import { powerP } from "./powerp/index.ts";
import type { VendorDefinition } from "./vendor.ts";

/** Every vendor that Kilowatch can collect from. */
export const VENDORS: readonly VendorDefinition[] = [energyGrid, elecnova, powerP];

export function vendorById(id: string): VendorDefinition | undefined {
  return VENDORS.find((vendor) => vendor.id === id);
}
