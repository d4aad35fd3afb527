import { METRIC_KINDS, type MetricKind } from "../../domain/metric.ts";

/** One thing for each kind of metric. */
export function ofKinds<Thing>(of: (kind: MetricKind) => Thing): Record<MetricKind, Thing> {
  return Object.fromEntries(METRIC_KINDS.map((kind) => [kind, of(kind)])) as Record<MetricKind, Thing>;
}
