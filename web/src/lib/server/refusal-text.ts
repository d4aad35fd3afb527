import { formErrors, type Refusal } from "./api.ts";

/** What the API said, in one sentence or more: for a form without fields of its own. */
export function refusalText(refusal: Refusal): string {
  const { message, fields } = formErrors(refusal);
  return message ?? Object.values(fields).join(" ");
}
