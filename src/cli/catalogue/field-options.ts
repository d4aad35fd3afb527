import { BadUse } from "../exit-codes.ts";

/** By this word a flag empties a field. */
const NOTHING = "none";

/** A number as a flag gives it, null for `none`, undefined when the flag was not given. @throws BadUse */
export function numberOrNone(text: string | undefined, flag: string): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === NOTHING) return null;
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new BadUse(`${flag} must be a number, or none: ${text}`);
}

/** Words as a flag gives them, null for `none`, undefined when the flag was not given. */
export function textOrNone(text: string | undefined): string | null | undefined {
  return text === NOTHING ? null : text;
}

/** @throws BadUse when the flag names none of the words that there are */
export function oneOf<W extends string>(words: readonly W[], text: string, flag: string): W {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new BadUse(`${flag} must be one of ${words.join(", ")}: ${text}`);
}

/** A body with the fields that flags gave. @throws BadUse when they gave none */
export function changesOf<F extends object>(fields: F): F {
  if (Object.values(fields).some((value) => value !== undefined)) return fields;
  throw new BadUse("Say what to change; --help lists the flags.");
}
