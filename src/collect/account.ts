import type { Credential } from "../catalogue/connections.ts";
import type { LaneShares } from "../domain/connection.ts";
import type { VendorDefinition } from "../vendors/vendor.ts";

/** An account with a vendor, as it is opened. */
export interface Account {
  readonly vendor: VendorDefinition;
  readonly baseUrl: string;
  readonly credential: Credential;
  /** Of the connection that it is. */
  readonly laneShares?: LaneShares;
}
