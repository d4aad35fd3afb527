import { BadUse } from "../exit-codes.ts";
import { hasDecimalComma, isEmptyCell, isNumber, stateOf } from "./cells.ts";
import { guessTime } from "./guess-time.ts";
import { type ImportPlan, type NameSource, nameFault, type ValueColumn } from "./plan.ts";
import type { Sample } from "./sample.ts";
import type { DateOrder } from "./time-format.ts";
import { guessedChange, readUnitChange, type UnitChange, unitOfName } from "./units.ts";

/** What was told and need not be guessed. */
export interface ImportWishes {
  /** Columns by what they are: `time`, `value`, `metric`, `site`, `device`, `unit`, or else the name of a metric. */
  readonly columns: ReadonlyMap<string, string>;
  /** By column: `kW` or `kW:W`. */
  readonly units: ReadonlyMap<string, string>;
  readonly order: DateOrder | null;
  readonly site: string | null;
  readonly device: string | null;
  /** What the device is called when nobody says. */
  readonly deviceDefault: string | null;
}

export const SITE_DEFAULT = "Imported data";

/** What a column may be, beside a metric of its own. */
const ROLES = ["time", "value", "metric", "site", "device", "unit"] as const;
type Role = (typeof ROLES)[number];

/** Names by which a table that has one row a reading calls its columns. */
const USUAL: Readonly<Record<Exclude<Role, "time">, readonly string[]>> = {
  value: ["value", "val", "reading"],
  metric: ["metric", "metric_name", "measurement", "signal", "parameter", "variable", "field", "name"],
  site: ["site"],
  device: ["device"],
  unit: ["unit"],
};

/** @throws BadUse naming the flag that helps */
export function guessPlan(sample: Sample, wishes: ImportWishes): ImportPlan {
  const { headers } = sample;
  const told = toldColumns(headers, wishes.columns);
  const time = guessTime(sample, { header: wishes.columns.get("time") ?? null, order: wishes.order });
  const free = (column: number): boolean => column !== time.column && ![...told.metrics.keys()].includes(column);
  const usual = (role: Exclude<Role, "time">): number | null => {
    const column = headers.findIndex((header) => USUAL[role].includes(header.toLowerCase()));
    return column === -1 || !free(column) ? null : column;
  };
  const role = (name: Exclude<Role, "time">): number | null => told.roles.get(name) ?? usual(name);

  const decimalComma = sample.delimiter !== "," && usesDecimalComma(sample);
  const valueColumn = told.metrics.size > 0 ? null : role("value");
  const metricColumn = valueColumn === null ? null : role("metric");
  const isLong = metricColumn !== null || told.roles.has("value");
  const siteColumn = wishes.site === null ? role("site") : null;
  const deviceColumn = wishes.device === null ? role("device") : null;
  const unitColumn = isLong && valueColumn !== null && wishes.units.size === 0 ? role("unit") : null;
  const used = [time.column, metricColumn, siteColumn, deviceColumn, unitColumn];
  const leftOut: { header: string; why: string }[] = [];
  const values: ValueColumn[] = [];
  for (const [column, header] of headers.entries()) {
    if (used.includes(column)) continue;
    const metric = told.metrics.get(column) ?? header;
    const held = heldBy(sample, column, decimalComma);
    const why = reasonAgainst(column) ?? held.why;
    if (why !== null) leftOut.push({ header: shown(header, column), why });
    else
      values.push({
        column,
        header,
        metric: shown(metric, column),
        unit: unitOf(column, header, held.kind),
        kind: held.kind,
      });
  }

  function reasonAgainst(column: number): string | null {
    if (told.metrics.size > 0) return told.metrics.has(column) ? null : "not named by --columns";
    if (isLong) return column === valueColumn ? null : "is not the row's value";
    return null;
  }
  function unitOf(column: number, header: string, kind: "number" | "state"): UnitChange {
    const wish = wishes.units.get(header) ?? wishes.units.get(told.metrics.get(column) ?? header);
    if (wish !== undefined) return readUnitChange(wish, header);
    if (kind === "state") return { from: "1", to: "1", conversion: null };
    return guessedChange(unitOfName(header) ?? unitOfName(told.metrics.get(column) ?? ""));
  }

  const plan: ImportPlan = {
    ...sample,
    decimalComma,
    time,
    site: source(siteColumn, wishes.site ?? SITE_DEFAULT),
    device: source(deviceColumn, wishes.device ?? wishes.deviceDefault ?? ""),
    metricColumn,
    unitColumn,
    values,
    leftOut,
  };
  checkPlan(plan, wishes);
  return plan;
}

function checkPlan({ values, site, device, headers }: ImportPlan, { units, columns }: ImportWishes): void {
  if (values.length === 0) throw new BadUse("No column holds numbers: name one by --columns <metric>=<column>.");
  const stray = [...units.keys()].find((name) => !headers.includes(name) && !columns.has(name));
  if (stray !== undefined) throw new BadUse(`--unit: there is no column "${stray}"; there is ${listed(headers)}.`);
  if ("text" in device && device.text === "") throw new BadUse("Name the device by --device.");
  for (const [what, name] of [
    ["--site", site],
    ["--device", device],
    ...values.map(({ metric }) => ["The metric's name", { text: metric }] as const),
  ] as const) {
    const fault = "text" in name ? nameFault(name.text) : null;
    if (fault !== null && "text" in name) throw new BadUse(`${what} ${fault}: "${name.text}".`);
  }
}

/** The columns that `--columns` names. @throws BadUse */
function toldColumns(headers: readonly string[], told: ReadonlyMap<string, string>) {
  const roles = new Map<Role, number>();
  const metrics = new Map<number, string>();
  for (const [name, header] of told) {
    const column = headers.indexOf(header);
    if (column === -1) throw new BadUse(`--columns: there is no column "${header}"; there is ${listed(headers)}.`);
    if (isRole(name)) roles.set(name, column);
    else metrics.set(column, name);
  }
  return { roles, metrics };
}

function isRole(name: string): name is Role {
  return (ROLES as readonly string[]).includes(name);
}

/** What a column holds, and what keeps it from holding values. */
function heldBy(
  { rows }: Sample,
  column: number,
  decimalComma: boolean,
): { readonly kind: ValueColumn["kind"]; readonly why: string | null } {
  const cells = rows.map(({ cells }) => (cells[column] ?? "").trim()).filter((cell) => !isEmptyCell(cell));
  if (cells.length > 0 && cells.every((cell) => stateOf(cell) !== undefined)) return { kind: "state", why: null };
  const strange = cells.filter((cell) => !(isNumber(cell) || (decimalComma && hasDecimalComma(cell))));
  // Broken rows are better named than the column left out.
  const isText = strange.length * 2 > cells.length;
  return { kind: "number", why: isText ? `holds text such as "${strange[0]?.slice(0, 40)}"` : null };
}

function usesDecimalComma({ rows }: Sample): boolean {
  return rows.some(({ cells }) => cells.some((cell) => hasDecimalComma(cell.trim())));
}

function source(column: number | null, text: string): NameSource {
  return column === null ? { text } : { column };
}

function shown(header: string, column: number): string {
  return header === "" ? `column ${column + 1}` : header;
}

function listed(headers: readonly string[]): string {
  const names = headers.map(shown).slice(0, 20).join(", ");
  return headers.length > 20 ? `${names}, …` : names;
}
