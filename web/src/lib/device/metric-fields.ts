import { text } from "../text.ts";

/** The fields of a metric, as they are typed. */
export interface MetricFields {
  readonly name: string;
  readonly unit: string;
  readonly kind: string;
}

/** What most devices measure: a new one begins with these rows, and two to fill in. */
export const USUAL_METRICS: readonly MetricFields[] = [
  { name: "active_power", unit: "W", kind: "gauge" },
  { name: "energy_total", unit: "kW.h", kind: "counter" },
  { name: "", unit: "", kind: "gauge" },
  { name: "", unit: "", kind: "gauge" },
];

/** Names and units that are offered; any other may be typed. */
export const KNOWN_METRICS = [
  "active_power",
  "pv_active_power",
  "energy_total",
  "state_of_charge",
  "charged_energy",
  "discharged_energy",
  "voltage",
  "current",
  "frequency",
  "temperature",
  "online",
] as const;
export const KNOWN_UNITS = ["W", "kW", "W.h", "kW.h", "V", "A", "Hz", "%", "Cel", "m/s", "W/m2", "1"] as const;

/** Rows of a form, at most: a device with more is made through the API. */
export const METRIC_ROWS_MAX = 50;

/** The rows of a form in which each field stands once for each row. */
export function readMetricRows(form: FormData): MetricFields[] {
  const column = (name: string): string[] => form.getAll(name).map((value) => String(value).trim());
  const [names, units, kinds] = [column("metricName"), column("metricUnit"), column("metricKind")];
  return names
    .slice(0, METRIC_ROWS_MAX)
    .map((name, row) => ({ name, unit: units[row] ?? "", kind: kinds[row] ?? "gauge" }));
}

/** One more row to fill in. */
export function withAnotherRow(rows: readonly MetricFields[]): MetricFields[] {
  return [...rows, { name: "", unit: "", kind: "gauge" }].slice(0, METRIC_ROWS_MAX);
}

/** The name of a field of one row, as it stands in errors. */
export function rowField(row: number, field: keyof MetricFields): string {
  return `metrics.${row}.${field}`;
}

/** The metrics of the rows that have a name, and for each the row that it comes from; or what is wrong with which row. */
export function metricsBody(
  rows: readonly MetricFields[],
):
  | { readonly metrics: readonly MetricFields[]; readonly rowOf: readonly number[] }
  | { readonly errors: Record<string, string> } {
  const errors: Record<string, string> = {};
  const filled = rows.flatMap((metric, row) => (metric.name === "" ? [] : [{ metric, row }]));
  for (const { metric, row } of filled) {
    if (metric.unit === "") errors[rowField(row, "unit")] = text.deviceCare.required;
  }
  if (filled.length === 0) errors[rowField(0, "name")] = text.deviceCare.metric.oneAtLeast;
  if (Object.keys(errors).length > 0) return { errors };
  return { metrics: filled.map(({ metric }) => metric), rowOf: filled.map(({ row }) => row) };
}

/** Errors of the API's list of metrics, put to the rows that were typed. */
export function errorsByRow(
  fields: Readonly<Record<string, string>>,
  rowOf: readonly number[],
): Record<string, string> {
  const named = Object.entries(fields).map(([name, words]) => {
    const [, index, field] = /^metrics\.(\d+)\.(name|unit|kind)$/.exec(name) ?? [];
    if (index !== undefined) return [`metrics.${rowOf[Number(index)] ?? 0}.${field}`, words];
    return [name === "metrics" ? rowField(0, "name") : name, words];
  });
  return Object.fromEntries(named);
}

/** The fields of a form for one metric. */
export function readMetricFields(form: FormData): MetricFields {
  const read = (name: string): string => String(form.get(name) ?? "").trim();
  return { name: read("name"), unit: read("unit"), kind: read("kind") };
}

/** What is missing of one metric, by field. */
export function missingOf({ name, unit }: MetricFields): Record<string, string> {
  return {
    ...(name === "" && { name: text.deviceCare.required }),
    ...(unit === "" && { unit: text.deviceCare.required }),
  };
}
