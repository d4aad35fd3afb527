import type { DeviceKind } from "./device.ts";
import type { MetricTemplate } from "./metric.ts";

/** A device as its vendor lists it. */
export interface DiscoveredDevice {
  /** The vendor's id, by which it is asked for. */
  readonly serialNumber: string;
  readonly name: string;
  readonly kind: DeviceKind;
  readonly model: string | null;
  /** The vendor's name for the site or plant that it belongs to. */
  readonly site: string | null;
  /** IANA name, where the vendor tells one. */
  readonly timezone: string | null;
  /** What polling it brings; none for one that cannot be polled by itself. */
  readonly metrics: readonly MetricTemplate[];
}

/** What has become of a device in a connection's list, as of its last discovery. */
export interface ListedDevice {
  readonly device: DiscoveredDevice;
  /** What it was called in the list before; null when it was called the same. */
  readonly formerName: string | null;
  /** Epoch ms of the list in which it came, or came back. */
  readonly firstSeenMs: number;
  /** Epoch ms of the last list that has it. */
  readonly lastSeenMs: number;
  /** Epoch ms of the first list without it; null while it is there. */
  readonly goneAtMs: number | null;
}
