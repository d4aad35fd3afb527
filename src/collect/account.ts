import type { Credential } from "../catalogue/connections.ts";
import type { LaneShares } from "../domain/connection.ts";
import type { VendorDefinition } from "../vendors/vendor.ts";

/** An account with a vendor, as it is opened. */
export interface Account {
  readonly vendor: VendorDefinition;
  readonly baseUrl: string;
  readonly credential: Credential;
  /** The connection that it is, if it is one yet: what it is asked is counted as its requests. */
  readonly connectionId?: string;
  /** Of the connection that it is. */
  readonly laneShares?: LaneShares;
}
