import { z } from "zod";

export const TOKEN_PATH = "/v1/auth/token";
export const DATABASES_PATH = "/v1/databases";
export const MEASUREMENTS_PATH = "/v1/measurements";
export const QUERY_PATH = "/v1/query";
export const LATEST_PATH = "/v1/query/latest";
export const SELECT_PATH = "/v2/query";
export const SELECT_LATEST_PATH = "/v2/query/latest";

export function vocabularyPath(databaseId: DatabaseId): string {
  return `/v2/databases/${encodeURIComponent(databaseId)}/vocabulary`;
}

/** The contract shows numbers; a tenant's own ids may be text. */
export type DatabaseId = number | string;

/** Visible ASCII only: it travels in a header. */
const Token = z.string().regex(/^[\x21-\x7e]+$/);

/** Both shapes of the token answer; either may come from either form of the call. A lifetime that cannot be read counts as missing. */
export const TokenAnswer = z.union([
  z
    .object({ accessToken: Token, expiresIn: z.unknown().optional() })
    .transform(({ accessToken, expiresIn }) => ({ token: accessToken, lifetimeMs: lifetimeMs(expiresIn) })),
  z
    .object({ access_token: Token, expires_in: z.unknown().optional() })
    .transform(({ access_token, expires_in }) => ({ token: access_token, lifetimeMs: lifetimeMs(expires_in) })),
]);

function lifetimeMs(seconds: unknown): number | null {
  const read = typeof seconds === "string" && seconds.trim() !== "" ? Number(seconds) : seconds;
  return typeof read === "number" && Number.isFinite(read) ? read * 1000 : null;
}

const Id = z.union([z.number(), z.string().min(1)]);
/** What a signal can do without is lenient: it is null where it is not what it should be. */
const Text = z
  .string()
  .nullish()
  .catch(null)
  .transform((text) => text ?? null);
const OtherId = Id.nullish()
  .catch(null)
  .transform((id) => id ?? null);
const Figure = z
  .number()
  .nullish()
  .catch(null)
  .transform((number) => number ?? null);

/** One database ("bucket") of a tenant. */
export const Database = z.object({
  id: Id,
  name: Text,
  connectionId: OtherId,
  powerPlantId: OtherId,
});
export type Database = z.infer<typeof Database>;

/** One signal of a database. `index` is its name in queries, unique within the database. */
export const Measurement = z.object({
  id: OtherId,
  databaseId: Id,
  name: Text,
  description: Text,
  tag: Text,
  index: z.union([z.string().min(1), z.number()]).transform(String),
  dataType: Text,
  minValue: Figure,
  maxValue: Figure,
  unitSymbol: Text,
  firstDataPoint: Text,
  defaultAgg: Text,
});
export type Measurement = z.infer<typeof Measurement>;

/** Rows are checked one by one: a broken one must not cost the others. */
export const Rows = z.array(z.unknown());

/** `POST v1/query`; what is not set is left out. */
export interface QueryBody {
  readonly databaseId: DatabaseId;
  readonly measurementIndexes: readonly string[];
  readonly startTime: string;
  readonly endTime: string;
  readonly aggFunction: string;
  readonly windowPeriod?: string;
}

/** `POST v1/query/latest`. */
export interface LatestBody {
  /** A period such as `1h`. */
  readonly lookback?: string;
  readonly databaseId: DatabaseId;
  readonly measurementIndexes: readonly string[];
}

/** Values of dimensions that a stream must have, such as `{site: "S1", signal: "active_power"}`; of several values, any. */
export type Selector = Readonly<Record<string, string | readonly string[]>>;

/** `POST v2/query` and `v2/query/latest`; what is not set is left out. */
export interface SelectBody {
  readonly databaseId: DatabaseId;
  readonly selector: Selector;
  readonly streamKeys?: readonly string[];
  readonly startTime?: string;
  readonly endTime?: string;
  readonly resampleEvery?: string;
  readonly maxDataPoints?: number;
  readonly minInterval?: string;
  readonly aggFunction?: string;
  readonly decode?: boolean;
  readonly explain?: boolean;
}

/** What v2 says of a query beside its points. */
export const QueryFacts = z.object({
  plan: z.unknown().optional(),
  roundtrips: Figure,
  seriesRequested: Figure,
  seriesReturned: Figure,
  elapsedMs: Figure,
  /** True: timestamps sit on window boundaries. */
  aggregated: z
    .boolean()
    .nullish()
    .catch(null)
    .transform((aggregated) => aggregated ?? null),
  resampleEvery: z.unknown().optional(),
  aggFunction: Text,
  windowSource: Text,
  estimatedPoints: Figure,
  unresolvedStreamKeys: z
    .array(z.string())
    .nullish()
    .catch(null)
    .transform((keys) => keys ?? []),
});
export type QueryFacts = z.infer<typeof QueryFacts>;

/** A v2 answer without its points, which are read apart. */
export const SelectEnvelope = z.object({ query: QueryFacts, points: z.array(z.never()) });

export const Vocabulary = z.object({
  databaseId: Id,
  bucket: Text,
  signals: z.unknown().optional(),
  /** Every value of every dimension. */
  dimensions: z.record(z.string(), z.array(z.string())),
});
export type Vocabulary = z.infer<typeof Vocabulary>;
