import { InvalidInput } from "../domain/errors.ts";

export const SERIALS_MAX = 100_000;
const SERIAL_CHARS_MAX = 100;
/** More digits would not count exactly. */
const COUNTER_DIGITS_MAX = 15;

const NUMBERED = /^(.*?)(\d+)$/s;

/**
 * Reads serial numbers as people write them: `SN-000..SN-499`, `SN-001,SN-007`, or both, with blanks or line ends around.
 * Keeps their order; a serial that is named twice counts once.
 *
 * @throws InvalidInput with the path `serials` and one sentence that names the part that is wrong
 */
export function parseSerials(text: string): string[] {
  const serials = new Set<string>();
  const parts = text.split(/[,\n]/).map((part) => part.trim());
  for (const part of parts.filter((part) => part !== "")) {
    const [from, to, ...rest] = part.split("..").map((end) => end.trim());
    if (rest.length > 0 || from === "" || to === "") throw wrong(part, "is no range such as SN-000..SN-499");
    for (const serial of to === undefined ? [part] : range(part, from ?? "", to)) {
      if (serial.length > SERIAL_CHARS_MAX) throw wrong(part, `is longer than ${SERIAL_CHARS_MAX} characters`);
      serials.add(serial);
      if (serials.size > SERIALS_MAX) throw wrong(part, `makes more than ${SERIALS_MAX} serial numbers`);
    }
  }
  if (serials.size === 0)
    throw new InvalidInput([{ path: "serials", message: "name at least one, such as SN-000..SN-499" }]);
  return [...serials];
}

function* range(part: string, from: string, to: string): Generator<string, void, undefined> {
  const [, prefix, first] = NUMBERED.exec(from) ?? [];
  const [, lastPrefix, last] = NUMBERED.exec(to) ?? [];
  if (first === undefined || last === undefined) throw wrong(part, "must end in a number on both sides");
  if (prefix !== lastPrefix) throw wrong(part, "must begin alike on both sides");
  if (first.length > COUNTER_DIGITS_MAX || last.length > COUNTER_DIGITS_MAX)
    throw wrong(part, "has numbers that are too long");
  const padded = first.startsWith("0") || last.startsWith("0");
  if (first.length !== last.length && padded) throw wrong(part, "must have as many digits on both sides");
  if (Number(last) < Number(first)) throw wrong(part, "must go upwards");
  for (let number = Number(first); number <= Number(last); number++) {
    yield `${prefix}${String(number).padStart(first.length, "0")}`;
  }
}

function wrong(part: string, message: string): InvalidInput {
  return new InvalidInput([{ path: "serials", message: `"${part.slice(0, SERIAL_CHARS_MAX)}" ${message}` }]);
}
