import { endOfNumberRun, isJsonNumber, readDecimal } from "./decimals.ts";
import { MORE_NEEDED, Objection, quoted } from "./objection.ts";
import { isDigit, MINUS } from "./signs.ts";

/** Reads a number of JSON's grammar; answers where it ends. @throws Objection, MORE_NEEDED */
export function readNumber(
  bytes: Uint8Array,
  at: number,
  end: number,
  into: Float64Array,
  row: number,
  member: string,
): number {
  if (at >= end) throw MORE_NEEDED;
  if (bytes[at] !== MINUS && !isDigit(bytes[at])) throw new Objection(at, "is not a number", { member });
  const runEnd = endOfNumberRun(bytes, at);
  if (runEnd >= end) throw MORE_NEEDED;
  const numberEnd = readDecimal(bytes, at, into, row);
  if (numberEnd !== runEnd || !isJsonNumber(bytes, at, runEnd)) {
    throw new Objection(runEnd, `${quoted(bytes, at, runEnd)} is not a finite number`, { member });
  }
  return runEnd;
}
