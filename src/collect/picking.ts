import { type InputIssue, InvalidInput } from "../domain/errors.ts";
import type { DiscoveredDevice } from "../domain/listed-device.ts";
import type { VendorDefinition } from "../vendors/vendor.ts";

export type PickedDevice = Pick<DiscoveredDevice, "serialNumber" | "name" | "kind" | "model" | "metrics">;

/** Of a name; a vendor may write longer ones. */
const NAME_CHARS_MAX = 200;
/** Of the devices that cannot be picked, so many are named. */
const ISSUES_MAX = 20;

/**
 * Devices as they are to be collected: as their vendor lists them, and one that it does not list as all of its devices are.
 * @throws InvalidInput that names those that cannot be
 */
export function pickDevices(
  vendor: VendorDefinition,
  serialNumbers: readonly string[],
  listed: readonly DiscoveredDevice[],
): PickedDevice[] {
  const bySerial = new Map(listed.map((device) => [device.serialNumber, device]));
  const issues: InputIssue[] = [];
  const picked = serialNumbers.flatMap((serialNumber): PickedDevice[] => {
    const found = bySerial.get(serialNumber);
    if (found && found.metrics.length > 0) {
      return [{ ...found, name: found.name.trim().slice(0, NAME_CHARS_MAX) || serialNumber }];
    }
    if (!found && vendor.device) {
      const { kind, metrics } = vendor.device;
      return [{ serialNumber, name: serialNumber, kind, model: null, metrics }];
    }
    const why = found ? "brings nothing that can be polled" : "is not in the vendor's list: discover what there is";
    issues.push({ path: "serialNumbers", message: `${serialNumber} ${why}` });
    return [];
  });
  if (issues.length > 0) throw new InvalidInput(issues.slice(0, ISSUES_MAX));
  return picked;
}
