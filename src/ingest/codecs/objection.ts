import { DomainError } from "../../domain/errors.ts";

export interface ObjectionPlace {
  /** The member of a JSON reading that is wrong; empty for the reading as a whole. */
  readonly member?: string;
  /** False when the text is no JSON at all. */
  readonly isReadable?: boolean;
}

/**
 * What is wrong with the line or element at hand, and where in the window that became sure. Never leaves a decoder, which knows
 * what line it is.
 */
export class Objection extends DomainError {
  readonly at: number;
  readonly member: string;
  readonly isReadable: boolean;

  constructor(at: number, reason: string, place: ObjectionPlace = {}) {
    super(reason);
    this.at = at;
    this.member = place.member ?? "";
    this.isReadable = place.isReadable ?? true;
  }
}

class MoreNeeded extends DomainError {}

/** Thrown where the bytes end before the element does. Always the same one: it is no failure, and a stack trace has its price. */
export const MORE_NEEDED = new MoreNeeded("the bytes end here");

const QUOTED_CHARACTERS_MAX = 64;

/** Bytes of an input as a word in a message: in quotes, control characters escaped, cut when long. */
export function quoted(bytes: Uint8Array, from: number, to: number): string {
  const text = new TextDecoder().decode(bytes.subarray(from, to));
  return JSON.stringify(text.length > QUOTED_CHARACTERS_MAX ? `${text.slice(0, QUOTED_CHARACTERS_MAX)}…` : text);
}
