import { z } from "zod";

export const QUERY_PATH = "/device/real/query";

/** The body of the vendor's only call. */
export interface TelemetryQuery {
  /** At most 10 serial numbers. */
  readonly sn_list: readonly string[];
}

/** An answer. Its rows are checked one by one, so that a broken row is that device's matter and not the batch's. */
export const TelemetryAnswer = z.object({ data: z.array(z.unknown()) });

/** What can be told of any row: whose it is. */
export const RowOwner = z.object({ sn: z.string() });

/** A row as the contract has it. */
export const Row = z.object({
  sn: z.string(),
  /** Text with a unit, such as "3.24 kW". */
  power: z.string(),
  status: z.enum(["Online", "Offline"]),
  last_updated: z.iso.datetime({ offset: true }),
});
