const REDACTED = "[redacted]";

/** Cleans text of secrets, in the forms in which an answer may repeat them: as they are, JSON- and URL-escaped, and Base64. */
export type Redact = (text: string) => string;

export function redactor(secrets: readonly string[]): Redact {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret === "") continue;
    const json = JSON.stringify(secret).slice(1, -1);
    forms.add(secret).add(json).add(json.replaceAll("/", "\\/")).add(encodeURIComponent(secret));
    forms.add(Buffer.from(secret).toString("base64"));
  }
  // The longest first: a form may hold a shorter one.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((cleaned, form) => cleaned.replaceAll(form, REDACTED), text);
}
