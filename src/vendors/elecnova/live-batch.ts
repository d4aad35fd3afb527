import type { VendorError, VendorRefused } from "../../transport/errors.ts";
import type { QualityIssue, VendorReading } from "../vendor.ts";

/** What one message brought. */
export interface LiveBatch {
  readonly topic: string;
  /** Epoch ms. */
  readonly receivedAtMs: number;
  readonly readings: readonly VendorReading[];
  readonly issues: readonly QualityIssue[];
}

/** Told what happens to a live stream. Handlers must not throw. */
export interface LiveEvents {
  /** The broker took the credentials. `sessionKept`: it still has what came since the last connection. */
  onConnected?(connected: { readonly topics: number; readonly sessionKept: boolean }): void;
  /** There is no connection, or none any more; the next is tried after `retryInMs`. */
  onLost?(error: VendorError, retryInMs: number): void;
  /** The vendor refuses a cabinet's topics; the others go on. */
  onCabinetRefused?(sn: string, error: VendorRefused): void;
  /** The broker refuses a topic; the others go on. */
  onTopicRefused?(topic: string): void;
}
