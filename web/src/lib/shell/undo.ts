/** How a change is taken back: with a form of a page, as the page itself would send it. */
export interface Undo {
  /** The form's address, one of `FORMS`. */
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The only forms that may undo something, so that no cookie can make the button mean anything else. */
const FORMS: readonly RegExp[] = [
  /^\/admin\/users\/[\w-]{1,40}\?\/role$/,
  /^\/connections\/[\w-]{1,40}\?\/(pause|resume|schedule)$/,
  /^\/explore\?\/save&m=[\w,-]{0,2000}$/,
];
/** Names of sets are the longest that is sent. */
const FIELD_LENGTH_MAX = 1_000;

export function isUndo(value: unknown): value is Undo {
  if (typeof value !== "object" || value === null || !("action" in value) || !("fields" in value)) return false;
  const { action, fields } = value;
  if (typeof action !== "string" || !FORMS.some((form) => form.test(action))) return false;
  if (typeof fields !== "object" || fields === null) return false;
  return Object.values(fields).every((field) => typeof field === "string" && field.length <= FIELD_LENGTH_MAX);
}
