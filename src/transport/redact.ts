const REDACTED = "[redacted]";

/** Cleans text of secrets, in the forms in which an answer may repeat them: as they are, JSON-, URL- and form-escaped, and Base64. */
export type Redact = (text: string) => string;

export function redactor(secrets: readonly string[]): Redact {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret === "") continue;
    const json = JSON.stringify(secret).slice(1, -1);
    forms.add(secret).add(json).add(json.replaceAll("/", "\\/")).add(encodeURIComponent(secret.toWellFormed()));
    forms.add(new URLSearchParams([["", secret]]).toString().slice(1));
    forms.add(Buffer.from(secret).toString("base64"));
  }
  // The longest first: a form may hold a shorter one.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((cleaned, form) => cleaned.replaceAll(form, REDACTED), text);
}

/** Secrets that were learned and are kept: more than a few logins of the past no answer repeats. */
export const LEARNED_SECRETS_MAX = 32;

/** What must show nowhere: an account's own secrets, and those that its logins bring. */
export class Secrets {
  readonly #fixed: readonly string[];
  #learned: readonly string[] = [];
  #redact: Redact;

  constructor(fixed: readonly string[]) {
    this.#fixed = fixed;
    this.#redact = redactor(fixed);
  }

  /** Cleans text of every secret that is known by now. */
  readonly redact: Redact = (text) => this.#redact(text);

  add(secrets: readonly string[]): void {
    const fresh = secrets.filter((secret) => !this.#learned.includes(secret));
    if (fresh.length === 0) return;
    this.#learned = [...this.#learned, ...fresh].slice(-LEARNED_SECRETS_MAX);
    this.#redact = redactor([...this.#fixed, ...this.#learned]);
  }
}
