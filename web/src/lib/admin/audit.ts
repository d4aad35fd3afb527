import type { AuditEntry } from "#lib/api/types.gen.ts";
import { text } from "#lib/text.ts";
import { isoOfUtcField, utcTime } from "./times.ts";

const words = text.admin.audit;

export function actorName({ kind, name }: AuditEntry["actor"]): string {
  return name ?? words.actor[kind] ?? kind;
}

/** What was done, in words; the action itself where there are none. A call that was refused goes by its method and path. */
export function actionWords(action: string): string {
  if (/^[A-Z]+ \//.test(action)) return words.called(action);
  return Object.hasOwn(words.actions, action) ? (words.actions[action] ?? action) : action;
}

/** Names of objects by their ids, as far as they are there. */
export type KnownNames = ReadonlyMap<string, string>;

/** The detail of an entry as lines "field: value"; an id of something known by its name. */
export function detailLines(detail: AuditEntry["detail"], names: KnownNames): string[] {
  return Object.entries(detail).map(([field, value]) => {
    const label = Object.hasOwn(words.fields, field) ? words.fields[field] : field;
    const isTime = typeof value === "number" && field.endsWith("At");
    // A key without sites has all of them, and one without an end has none.
    const absent = value === null && Object.hasOwn(words.absent, field) ? words.absent[field] : null;
    if (absent !== null) return `${label}: ${absent}`;
    return `${label}: ${isTime ? `${utcTime(value)} ${text.admin.utc}` : valueText(value, names)}`;
  });
}

function valueText(value: unknown, names: KnownNames): string {
  if (typeof value === "boolean") return words.truth[`${value}`];
  if (typeof value === "string") return names.get(value) ?? value;
  if (Array.isArray(value)) return value.map((each) => valueText(each, names)).join(", ");
  if (value === null) return text.noValue;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What of the log is wanted, as it stands in the address of the page. */
export interface AuditFilter {
  readonly actor: string;
  readonly object: string;
  readonly action: string;
  /** As in a `datetime-local` field, UTC. */
  readonly from: string;
  readonly to: string;
}

export function filterOf(query: URLSearchParams): AuditFilter {
  const of = (name: string): string => query.get(name)?.trim() ?? "";
  return { actor: of("actor"), object: of("object"), action: of("action"), from: of("from"), to: of("to") };
}

export function isFiltered(filter: AuditFilter): boolean {
  return Object.values(filter).some((value) => value !== "");
}

/** What the API is asked for, and which times of the filter cannot be read. */
export function auditQuery(filter: AuditFilter): { query: URLSearchParams; wrong: readonly ("from" | "to")[] } {
  const query = new URLSearchParams();
  if (filter.actor) query.set("actorId", filter.actor);
  if (filter.object) query.set("objectId", filter.object);
  if (filter.action) query.set("action", filter.action);
  const wrong = (["from", "to"] as const).filter((name) => {
    if (filter[name] === "") return false;
    const time = isoOfUtcField(filter[name]);
    if (time !== null) query.set(name, time);
    return time === null;
  });
  return { query, wrong };
}
