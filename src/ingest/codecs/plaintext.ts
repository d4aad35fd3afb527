import type { NamedColumns } from "../../domain/named-columns.ts";
import { MalformedLine } from "./malformed-line.ts";

export const NAME_BYTES_MAX = 128;
/** 9999-12-31T23:59:59Z. */
const TIME_S_MAX = 253_402_300_799;

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const WHOLE = /^\d{1,15}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Decodes `unix-seconds name value` lines, fields separated by spaces or tabs, lines by \n or \r\n. Blank lines may only trail.
 * @throws MalformedLine at the first line that is wrong; `into` is then of no use.
 */
export function decodePlaintext(bytes: Uint8Array, into: NamedColumns): void {
  const lines = utf8(bytes).split("\n");
  while (lines.length > 0 && isBlank(lines.at(-1) ?? "")) lines.pop();
  if (lines.length === 0) throw new MalformedLine(1, "there is no reading; a line reads: unix-seconds name value");
  for (const [index, line] of lines.entries()) {
    decodeLine(line.endsWith("\r") ? line.slice(0, -1) : line, index + 1, into);
  }
}

function decodeLine(line: string, lineNumber: number, into: NamedColumns): void {
  const fields = line.split(/[ \t]+/).filter((field) => field !== "");
  const [time, name, value] = fields;
  if (fields.length !== 3 || time === undefined || name === undefined || value === undefined) {
    throw new MalformedLine(lineNumber, `has ${fields.length} fields, not three (unix-seconds name value)`);
  }
  if (!WHOLE.test(time) || Number(time) > TIME_S_MAX) {
    throw new MalformedLine(lineNumber, "the timestamp is not a whole number of seconds between 1970 and 9999");
  }
  if (CONTROL.test(name)) throw new MalformedLine(lineNumber, "the name holds a control character");
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) {
    throw new MalformedLine(lineNumber, `the name is longer than ${NAME_BYTES_MAX} bytes`);
  }
  const number = DECIMAL.test(value) ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) throw new MalformedLine(lineNumber, "the value is not a finite decimal number");
  into.push(name, Number(time) * 1_000, number);
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new MalformedLine(lineOfFirstBadByte(bytes), "is not UTF-8 text");
  }
}

/** The line on which the text stops being UTF-8: every earlier line decodes by itself. */
function lineOfFirstBadByte(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let lineNumber = 1;
  for (let start = 0; start < bytes.length; lineNumber++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return lineNumber;
    }
    start = end + 1;
  }
  return lineNumber;
}

function isBlank(line: string): boolean {
  return /^[ \t\r]*$/.test(line);
}
