import { text } from "#lib/text.ts";
import { type FormErrors, formErrors, type Refusal } from "./api.ts";

/**
 * What to show beside a form whose change the API refused.
 * @param formNames the form's names of fields that the API calls otherwise
 */
export function changeErrors(refusal: Refusal, formNames: Readonly<Record<string, string>> = {}): FormErrors {
  if (refusal.status === 412) return { message: text.site.form.changedMeanwhile, fields: {} };
  const { message, fields } = formErrors(refusal);
  const named = Object.entries(fields).map(([name, words]) => [formNames[name] ?? name, words]);
  return { message, fields: Object.fromEntries(named) };
}
