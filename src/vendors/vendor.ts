import type { Dispatcher } from "undici";
import type { ZodType } from "zod";
import type { Clock } from "../domain/clock.ts";
import type { DeviceKind } from "../domain/device.ts";
import type { DiscoveredDevice } from "../domain/listed-device.ts";
import type { MetricTemplate } from "../domain/metric.ts";
import type { QualityCode } from "../domain/reading.ts";
import type { Budget } from "../transport/budget.ts";
import type { CallEvents } from "../transport/caller.ts";
import type { VendorError } from "../transport/errors.ts";
import type { Lane } from "../transport/lanes.ts";
import type { Limiter } from "../transport/limiter.ts";

export type { DiscoveredDevice } from "../domain/listed-device.ts";
export type { Budget } from "../transport/budget.ts";
/** The errors of calls; after `VendorAddressRefused` and `VendorAuthRejected` no further request can succeed. */
export {
  VendorAddressRefused,
  VendorAuthRejected,
  VendorError,
  VendorProtocolError,
  VendorRateLimited,
  VendorRefused,
  VendorTimeout,
  VendorUnavailable,
} from "../transport/errors.ts";
export type { Lane } from "../transport/lanes.ts";

/** Reads the newest values of many devices. */
export interface LatestReader {
  /**
   * Asks for any number of devices in as few requests as the vendor allows, yielding each batch's outcome as it comes.
   * A batch that fails for good is yielded with its `failure` and the rest goes on, except for an error that would
   * meet every other request too (`VendorAuthRejected`, `VendorAddressRefused`): that one is thrown. Aborting rejects with the signal's reason.
   */
  readLatest(devices: readonly string[], signal?: AbortSignal): AsyncGenerator<LatestBatch, void, undefined>;
}

/** Reads what a vendor keeps of the past. */
export interface HistoryReader {
  /**
   * Asks for a window of some devices, within the vendor's `HistoryLimits`. Aborting rejects with the signal's reason.
   * @throws VendorError when nothing came of it
   */
  readHistory(
    window: HistoryWindow,
    how?: { readonly signal?: AbortSignal; readonly lane?: Lane },
  ): Promise<HistoryAnswer>;
}

/** From `fromMs` on, up to and without `toMs`; epoch ms. */
export interface HistoryWindow {
  /** The vendor's ids: at most `HistoryLimits.devicesPerWindow`. */
  readonly devices: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a vendor holds of a window. A device without readings and not in `refused` has none there. */
export interface HistoryAnswer {
  readonly readings: readonly VendorReading[];
  readonly issues: readonly QualityIssue[];
  /** Devices that the vendor understood and refused. */
  readonly refused: readonly string[];
}

/** How a vendor's past can be asked for. */
export interface HistoryLimits {
  /** Longest window, ms. */
  readonly windowMsMax: number;
  readonly devicesPerWindow: number;
  /** As `VendorLimits.batchGroup`, for windows. */
  readonly batchGroup?: (device: string) => string;
  /** Requests that a window takes. */
  readonly requestsPerWindow: number;
  /** From one value to the next, ms; a window is cut at whole multiples. */
  readonly valuesEveryMs: number;
  /** For how long the vendor may change a value after its time, ms; 0 where it never does. */
  readonly settlesAfterMs: number;
  /** How long the vendor keeps values, ms; null where it says nothing about it. */
  readonly keepsMs: number | null;
  /** The metrics whose past there is; null for all that a device has. */
  readonly metrics: readonly MetricTemplate[] | null;
}

/** Lists what an account has. */
export interface Discoverer {
  /** Every device that the account may read. @throws VendorError */
  discover(signal?: AbortSignal): Promise<readonly DiscoveredDevice[]>;
}

/** The outcome of one batch of devices: as many requests as `VendorLimits.requestsPerBatch` says. */
export interface LatestBatch {
  /** The vendor's own ids (serial numbers) that were asked for. */
  readonly asked: readonly string[];
  readonly readings: readonly VendorReading[];
  /** Asked for and not in the answer. Empty when the request failed. */
  readonly missing: readonly string[];
  /** What came and could not be used, with the original beside it. */
  readonly issues: readonly QualityIssue[];
  /** Why the request brought nothing; null when it was answered. */
  readonly failure: VendorError | null;
}

/** One value in the platform's own words. */
export interface VendorReading {
  /** The vendor's id of the device. */
  readonly device: string;
  readonly metric: MetricTemplate;
  /** Epoch ms: when the value held, in UTC. */
  readonly timeMs: number;
  /** In the metric's unit. */
  readonly value: number;
  readonly quality: QualityCode;
}

/** `unknown_point`: a value that the vendor's mapping has no word for. `unknown_unit`: one in a unit that it cannot convert. */
export type IssueKind =
  | "unreadable_value"
  | "repeated_device"
  | "unasked_device"
  | "implausible_time"
  | "unknown_point"
  | "unknown_unit";

/** Something that a vendor sent and Kilowatch refused or doubted. */
export interface QualityIssue {
  readonly device: string;
  readonly kind: IssueKind;
  /** One sentence for a person. */
  readonly detail: string;
  /** What the vendor sent, at most `ORIGINAL_CHARS_MAX` characters. */
  readonly original: string;
}

export const ORIGINAL_CHARS_MAX = 200;

/** A vendor's published limits; the scheduler and `plan` share them. */
export interface VendorLimits {
  /** Every budget holds at once. */
  readonly budgets: readonly Budget[];
  /** Devices that one batch for latest values may name. */
  readonly devicesPerBatch: number;
  /** Requests that such a batch takes. */
  readonly requestsPerBatch: number;
  /** Devices of different groups are never in one batch; absent where any may be. */
  readonly batchGroup?: (device: string) => string;
  /** What keeps an account open beside all that is asked of devices, such as a login every so often. */
  readonly upkeep?: readonly Budget[];
}

export interface DeviceDefinition {
  readonly kind: DeviceKind;
  /** What each device brings. */
  readonly metrics: readonly MetricTemplate[];
  /** From one new value to the next at the vendor's, ms; 0 where each poll may bring a new one. */
  readonly valuesEveryMs: number;
}

/** What a vendor is, before anyone has an account there. */
export interface VendorDefinition {
  /** Folder, registry and command-line name. */
  readonly id: string;
  readonly title: string;
  readonly limits: VendorLimits;
  /** What every device of this vendor is; null where that differs from device to device. */
  readonly device: DeviceDefinition | null;
  /** How its past can be asked for; null where it keeps none. Its clients then are `HistoryReader`s. */
  readonly history: HistoryLimits | null;
  /** Whether it lists what an account has. Its clients then are `Discoverer`s. */
  readonly discovers: boolean;
  /** Checks a stored credential's shape. */
  readonly credential: ZodType<Record<string, string>>;
  /** Opens an account; sends nothing yet. */
  open(account: VendorAccount): VendorClient;
}

export interface VendorAccount {
  readonly baseUrl: string;
  /** Of the shape that `VendorDefinition.credential` checks. */
  readonly credential: Record<string, string>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  readonly events?: CallEvents;
  /** True after a restart: the budget counts as just spent, since the last process may have spent it a moment ago. */
  readonly budgetSpent?: boolean;
  /** What the account's requests wait for, where somebody else keeps the budget; `budgetSpent` then means nothing. */
  readonly limiter?: Limiter;
  /** Sends every request; closed by whoever opened it. Without one the account has sockets of its own, to any address. */
  readonly dispatcher?: Dispatcher;
}

/** An open account. Its capabilities are the ports it implements. */
export interface VendorClient extends LatestReader, Partial<HistoryReader>, Partial<Discoverer> {
  /** Ends open requests and sockets. Idempotent. */
  close(): Promise<void>;
}
