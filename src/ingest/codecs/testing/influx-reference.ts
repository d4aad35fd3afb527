/** A reading as the reference reads it. */
export interface ReferencePoint {
  readonly measurement: string;
  readonly tags: readonly (readonly [name: string, value: string])[];
  readonly field: string;
  readonly timeMs: number;
  readonly value: number;
}

/**
 * Line protocol (timestamps in ms) read slowly and simply, by regular expressions over one statement at a time: what the decoder is
 * compared with. Answers the readings, or the number of the first line that cannot be taken.
 */
export function referenceLines(body: string, nowMs: number, skipsOthers: boolean): ReferencePoint[] | number {
  const points: ReferencePoint[] = [];
  let lineNumber = 1;
  for (const statement of statements(body, skipsOthers)) {
    const read = readStatement(statement, nowMs, skipsOthers);
    if (read === null) return lineNumber;
    points.push(...read);
    lineNumber += statement.split("\n").length;
  }
  return points;
}

const NAME = String.raw`(?:[^ ,=\n]|(?<=\\)[ ,=])+`;
const MEASUREMENT = String.raw`(?!,)(?:[^ ,\n]|(?<=\\)[ ,])+`;
const TEXT = String.raw`"(?:[^"\\]|\\[^])*"`;
/** What comes next stands for itself. */
const BARE = String.raw`(?<!\\)`;
const HEAD = new RegExp(`^[ \\t]*(${MEASUREMENT})((?:${BARE},${NAME}${BARE}=${NAME})*)${BARE} [ \\t]*`, "u");
const TAG = new RegExp(`${BARE},(${NAME})${BARE}=(${NAME})`, "gu");
const FIELD = new RegExp(`^(${NAME})${BARE}=(${TEXT}|[^ ,\\n"\\r]+)`, "u");
const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const TAIL = /^(?:[ \t]*|[ \t]*[ ][ \t]*(\d+)[ \t]*)\r?$/;
const OTHER = new RegExp(`^(?:${TEXT}|t|T|true|True|TRUE|f|F|false|False|FALSE)$`, "u");

/** Cuts at line ends; with texts skipped, not at those within a text of a field. */
function statements(body: string, skipsOthers: boolean): string[] {
  const cut: string[] = [];
  let rest = body;
  while (rest !== "") {
    const whole = skipsOthers ? endOfStatement(rest) : rest.indexOf("\n");
    cut.push(whole === -1 ? rest : rest.slice(0, whole));
    rest = whole === -1 ? "" : rest.slice(whole + 1);
  }
  return cut;
}

/** The newline that ends the first statement: a text counts only where a field's value starts and all before it is well-formed. */
function endOfStatement(rest: string): number {
  const newline = rest.indexOf("\n");
  const head = HEAD.exec(rest);
  if (!head || /^[ \t]*#/.test(rest) || (newline !== -1 && newline < head[0].length)) return newline;
  let at = head[0].length;
  for (;;) {
    const field = FIELD.exec(rest.slice(at));
    if (!field) return rest.indexOf("\n", at);
    const [whole, , value = ""] = field;
    if (!OTHER.test(value) && readNumber(value) === null) return rest.indexOf("\n", at);
    at += whole.length;
    if (rest[at] !== ",") return rest.indexOf("\n", at);
    at++;
  }
}

function readStatement(statement: string, nowMs: number, skipsOthers: boolean): ReferencePoint[] | null {
  if (/^[ \t]*(#|\r?$)/.test(statement) && !/^[ \t]*\r./.test(statement)) return [];
  const head = HEAD.exec(statement);
  if (!head) return null;
  const tags = [...(head[2] ?? "").matchAll(TAG)].map(
    ([, name = "", value = ""]) => [bare(name), bare(value)] as const,
  );
  if (new Set(tags.map(([name]) => name)).size < tags.length) return null;
  const named: { field: string; value: number }[] = [];
  let rest = statement.slice(head[0].length);
  for (;;) {
    const field = FIELD.exec(rest);
    if (!field) return null;
    const [whole, name = "", text = ""] = field;
    const value = readNumber(text);
    if (value !== null) named.push({ field: bare(name), value });
    else if (!skipsOthers || !OTHER.test(text)) return null;
    rest = rest.slice(whole.length);
    if (!rest.startsWith(",")) break;
    rest = rest.slice(1);
  }
  const tail = TAIL.exec(rest);
  if (!tail || named.length === 0) return null;
  const timeMs = tail[1] === undefined ? nowMs : Number(tail[1]);
  if (timeMs > nowMs + 86_400_000) return null;
  const measurement = bare(head[1] ?? "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if (/[\u0000-\u001f\u007f-\u009f]/u.test([measurement, ...tags.flat(), ...named.map(({ field }) => field)].join("")))
    return null;
  return named.map(({ field, value }) => ({ measurement, tags, field, timeMs, value }));
}

function readNumber(text: string): number | null {
  const whole = /^([+-]?\d+)i$/.exec(text) ?? /^(\+?\d+)u$/.exec(text);
  if (whole) return Number(whole[1]);
  return FLOAT.test(text) && Number.isFinite(Number(text)) ? Number(text) : null;
}

function bare(text: string): string {
  return text.replace(/\\([ ,=])/g, "$1");
}
