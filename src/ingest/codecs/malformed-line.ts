import { DomainError } from "../../domain/errors.ts";

/** The first line of a body that cannot be taken; nothing of the body is stored. */
export class MalformedLine extends DomainError {
  /** Counted from 1. */
  readonly lineNumber: number;
  readonly reason: string;

  constructor(lineNumber: number, reason: string) {
    super(`line ${lineNumber}: ${reason}`);
    this.lineNumber = lineNumber;
    this.reason = reason;
  }
}
