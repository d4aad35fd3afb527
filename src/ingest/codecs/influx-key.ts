/** What a key of the line-protocol decoder says, its escapes undone. */
export interface InfluxKey {
  readonly measurement: string;
  /** In the order in which they were sent; no name twice. */
  readonly tags: ReadonlyMap<string, string>;
  readonly field: string;
}

/**
 * Reads a key of the line-protocol decoder, whose form that decoder has checked: `measurement,tags`, a space, the field, all as sent.
 * Source of the rules: InfluxDB's line protocol reference. A sign that separates is escaped by the backslash before it; a
 * backslash before any other sign stands for itself.
 */
export function describeInfluxKey(key: string): InfluxKey {
  const [head = "", field = ""] = split(key, " ");
  const [measurement = "", ...tags] = split(head, ",");
  return { measurement: unescaped(measurement), tags: new Map(tags.map(tagOf)), field: unescaped(field) };
}

/** The name of a tag that the key has twice; null when it has none. */
export function doubledTag(key: string): string | null {
  const [head = ""] = split(key, " ");
  const names = split(head, ",")
    .slice(1)
    .map((tag) => tagOf(tag)[0]);
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size) ?? null;
}

function tagOf(text: string): [name: string, value: string] {
  const [name = "", value = ""] = split(text, "=");
  return [unescaped(name), unescaped(value)];
}

function split(text: string, separator: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let at = 1; at < text.length; at++) {
    if (text[at] !== separator || text[at - 1] === "\\") continue;
    pieces.push(text.slice(start, at));
    start = at + 1;
  }
  return [...pieces, text.slice(start)];
}

function unescaped(text: string): string {
  return text.replace(/\\([, =])/g, "$1");
}
