/** Metrics that one subscription names, at most. */
export const SUBSCRIPTION_METRICS_MAX = 1_000;

/** A set of metrics, over any sites and devices, that somebody reads together. */
export interface Subscription {
  readonly id: string;
  /** A user's or an API key's id: nobody else sees it. */
  readonly ownerId: string;
  readonly name: string;
  /** 1 to `SUBSCRIPTION_METRICS_MAX`, each once, in the order in which they were given. */
  readonly metricIds: readonly string[];
  readonly createdAtMs: number;
}
