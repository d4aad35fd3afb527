import { InvalidInput } from "../../domain/errors.ts";

const PLACEHOLDER = /\{([^{}]*)\}/g;
/** What is left of a template when its placeholders are taken out may hold no brace: one of them was not closed, or opened. */
const STRAY_BRACE = /[{}]/;

/** What is wrong with a template; null when nothing is. */
export function templateFault(template: string): string | null {
  if (STRAY_BRACE.test(template.replaceAll(PLACEHOLDER, ""))) return "has a brace without its partner";
  if (/\{\s*\}/.test(template)) return "has empty braces: a placeholder reads {host}";
  return null;
}

export function hasPlaceholder(template: string): boolean {
  return template.includes("{");
}

/**
 * A template with its placeholders filled.
 * @throws InvalidInput when the series says nothing of what a placeholder wants.
 */
export function filled(template: string, attributes: ReadonlyMap<string, string>, series: string): string {
  return template.replaceAll(PLACEHOLDER, (_, name: string) => {
    const value = attributes.get(name);
    if (value !== undefined) return value;
    throw new InvalidInput([
      { path: "", message: `the series ${quoted(series)} has no "${name}", which this key's template asks for` },
    ]);
  });
}

const SHOWN_CHARS_MAX = 200;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g;

/** A sender's text as a message may repeat it: one line, of bounded length. */
export function quoted(text: string): string {
  const line = text.replaceAll(CONTROL, " ");
  return line.length > SHOWN_CHARS_MAX ? `"${line.slice(0, SHOWN_CHARS_MAX)}…"` : `"${line}"`;
}
