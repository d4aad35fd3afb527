import { formText } from "#lib/server/form-text.ts";
import { text } from "#lib/text.ts";
import { FIELD, NEW_SITE } from "./groups.ts";
import { parseSerials } from "./serials.ts";

/** Devices that were picked for one site. */
export interface Pick {
  /** The group of the form, for what is said about its fields. */
  readonly group: number;
  readonly serialNumbers: readonly string[];
  readonly site: { readonly id: string } | { readonly name: string; readonly timezone: string };
}

export interface ReadPicks {
  readonly picks: readonly Pick[];
  /** What is wrong, by the field's name; `""` for the form as a whole. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Groups that a form may hold: far more than it shows. */
const GROUPS_MAX = 10_000;
const { errors } = text.connect.devices;

/** Reads which devices go where. A group of which nothing is picked says nothing, whatever its other fields hold. */
export function readPicks(form: FormData): ReadPicks {
  const fields: Record<string, string> = {};
  const picks: Pick[] = [];
  const groups = Math.min(Number.parseInt(formText(form, "groups"), 10) || 0, GROUPS_MAX);
  for (let group = 0; group < groups; group++) {
    const serialNumbers = serialsOf(form, group, fields);
    if (serialNumbers.length === 0) continue;
    const id = formText(form, FIELD.site(group));
    if (id !== NEW_SITE) {
      picks.push({ group, serialNumbers, site: { id } });
      continue;
    }
    const [name, timezone] = [formText(form, FIELD.name(group)), formText(form, FIELD.timezone(group))];
    if (!name) fields[FIELD.name(group)] = errors.name;
    if (!timezone) fields[FIELD.timezone(group)] = errors.timezone;
    picks.push({ group, serialNumbers, site: { name, timezone } });
  }
  if (picks.length === 0 && Object.keys(fields).length === 0) fields[""] = errors.none;
  return { picks, fields };
}

function serialsOf(form: FormData, group: number, fields: Record<string, string>): readonly string[] {
  const typed = form.get(FIELD.serials(group));
  if (typeof typed !== "string") return form.getAll(FIELD.serial(group)).map(String);
  const parsed = parseSerials(typed);
  if (parsed.ok) return parsed.serials;
  fields[FIELD.serials(group)] = parsed.message;
  return [];
}
