import { DomainError } from "../../domain/errors.ts";

/** A JSON body that cannot be taken; nothing of it is stored. Bodies of lines throw `MalformedLine`. */
export class MalformedBody extends DomainError {
  /** Where, as `readings.17.value`; empty for the whole body. Readings are counted from 0. */
  readonly path: string;
  readonly reason: string;
  /** False when it is no JSON text at all; true when it is, up to there, and says something that cannot be taken. */
  readonly isReadable: boolean;

  constructor(path: string, reason: string, isReadable: boolean) {
    super(path === "" ? reason : `${path}: ${reason}`);
    this.path = path;
    this.reason = reason;
    this.isReadable = isReadable;
  }
}
