import { z } from "zod";

export const LOGIN_PATH = "/v1/login";
export const LATEST_PATH = "/v1/latest";
export const HISTORY_PATH = "/v1/history";

/** The body of a login. */
export interface LoginQuery {
  readonly client_id: string;
  readonly client_secret: string;
}

/** Strict: without a token there is nothing to go on with. */
export const LoginAnswer = z.object({
  access_token: z.string().min(1),
  /** Seconds from the answer. */
  expires_in: z.number().optional(),
});

/** The body of a request for values. */
export interface LatestQuery {
  /** At most 20. */
  readonly ids: readonly string[];
}

/** An answer. Its rows are checked one by one, so that a broken row is that device's matter and not the batch's. */
export const LatestAnswer = z.object({ devices: z.array(z.unknown()) });

/** What can be told of any row: whose it is. */
export const RowOwner = z.object({ id: z.string() });

/** A row as the contract has it. A device that the vendor does not know has none. */
export const Row = z.object({
  id: z.string(),
  time: z.iso.datetime({ offset: true }),
  /** By the vendor's names of its points; the table in `mapping.ts` knows them. */
  values: z.record(z.string(), z.unknown()),
});

/** The body of a request for the past. */
export interface HistoryQuery {
  /** At most 20. */
  readonly ids: readonly string[];
  /** RFC 3339, inclusive. */
  readonly from: string;
  /** RFC 3339, exclusive; at most a day later. */
  readonly to: string;
}

/** Of each device its rows in order of time; of those in `refused` none may be shown. */
export const HistoryAnswer = z.object({
  devices: z.array(z.object({ id: z.string(), rows: z.array(z.unknown()) })),
  refused: z.array(z.string()),
});
export type HistoryAnswer = z.infer<typeof HistoryAnswer>;
