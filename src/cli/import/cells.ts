/** Words for a value that is not there. */
const EMPTY = new Set(["", "nan", "null", "none", "na", "n/a", "-", "--", "#n/a"]);
const STATES: ReadonlyMap<string, number> = new Map([
  ["true", 1],
  ["false", 0],
  ["yes", 1],
  ["no", 0],
  ["on", 1],
  ["off", 0],
]);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const NUMBER_WITH_COMMA = /^[+-]?\d+,\d+$/;

/** Whether a cell holds nothing; what is short and no number is looked at twice. */
export function isEmptyCell(text: string): boolean {
  return text === "" || (text.length <= 4 && EMPTY.has(text.toLowerCase()));
}

/** 1 or 0 of a word for it; undefined for any other text. */
export function stateOf(text: string): number | undefined {
  return text.length > 5 ? undefined : STATES.get(text.toLowerCase());
}

/** Whether a text is a decimal number: no hex, no infinity, no blank. */
export function isNumber(text: string): boolean {
  return NUMBER.test(text);
}

/** Whether a text is a number with a comma where others have a point. */
export function hasDecimalComma(text: string): boolean {
  return NUMBER_WITH_COMMA.test(text);
}
