import * as domain from "../../domain/metric.ts";
import { UNIT } from "../../domain/units.ts";

/** The metrics that Kilowatch has a name for, by that name. */
const KNOWN: ReadonlyMap<string, domain.MetricTemplate> = new Map(
  Object.values(domain)
    .filter((exported) => "name" in exported && "unit" in exported)
    .map((template) => [template.name, template]),
);

/**
 * The template of a metric that is pushed by that name: unit and kind of the known metric, else a gauge.
 * @param unit what the sender says of a metric that is not known; null for nothing
 */
export function metricNamed(name: string, unit: string | null): domain.MetricTemplate {
  return KNOWN.get(name) ?? { name, unit: unit ?? UNIT.one, kind: "gauge" };
}

/** The name of a metric that goes by another unit than the one that has its name alone: `active_power{unit=kW}`. */
export function nameInUnit(name: string, unit: string): string {
  return `${name}{unit=${unit}}`;
}
