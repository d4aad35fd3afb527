/** Where readings are published unless a server is told otherwise. */
export const TOPIC_TEMPLATE_DEFAULT = "kilowatch/{site}/{device}/{metric}";
/** Levels that a template may have; the broker refuses deeper topics too. */
export const TOPIC_LEVELS_MAX = 32;

/** What a topic says of a reading, by placeholder; `metric` is absent where the payload names its metrics itself. */
export type TopicNames = ReadonlyMap<string, string>;

/** A topic's levels as text, or as the name of what stands there. */
type Level = { readonly text: string } | { readonly placeholder: string };

const PLACEHOLDER = /^\{([a-z][a-z0-9_]*)\}$/;

/** Reads names out of MQTT topics: a template's levels are fixed words, or `{site}`, `{device}`, `{metric}` or any other name. */
export class TopicTemplate {
  readonly text: string;
  readonly #levels: readonly Level[];

  private constructor(text: string, levels: readonly Level[]) {
    this.text = text;
    this.#levels = levels;
  }

  /** The template of a text, or what is wrong with the text as the end of a sentence that names it. */
  static parse(text: string): TopicTemplate | string {
    const words = text.split("/");
    if (words.length > TOPIC_LEVELS_MAX) return `must have at most ${TOPIC_LEVELS_MAX} levels`;
    const levels: Level[] = [];
    const names = new Set<string>();
    for (const word of words) {
      const name = PLACEHOLDER.exec(word)?.[1];
      if (name === undefined && /[{}+#]|^$/.test(word)) {
        return `has the level "${word}": a level is a word without + and #, or one placeholder such as {device}`;
      }
      if (name !== undefined && names.has(name)) return `names {${name}} twice`;
      if (name !== undefined) names.add(name);
      levels.push(name === undefined ? { text: word } : { placeholder: name });
    }
    if (!names.has("device")) return "must name {device}";
    return new TopicTemplate(text, levels);
  }

  /** Null when the topic does not fit. */
  match(topic: string): TopicNames | null {
    const words = topic.split("/");
    if (words.length !== this.#levels.length) return null;
    const names = new Map<string, string>();
    for (const [index, level] of this.#levels.entries()) {
      const word = words[index] ?? "";
      if ("placeholder" in level) {
        if (word === "") return null;
        names.set(level.placeholder, word);
      } else if (level.text !== word) return null;
    }
    return names;
  }
}
