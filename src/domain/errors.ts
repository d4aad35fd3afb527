/** What went wrong, in the platform's own words; status codes and exit codes are given at the edges. */
export abstract class DomainError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** There is no such object, or the asker may not know that there is. */
export class NotFound extends DomainError {
  readonly object: string;

  constructor(object: string) {
    super(`There is no such ${object}.`);
    this.object = object;
  }
}

/** The request contradicts what is there. */
export class Conflict extends DomainError {}

/** One thing that is wrong with an input: where, and what to do about it. */
export interface InputIssue {
  /** Dotted path into the input; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** Readable, but wrong. */
export class InvalidInput extends DomainError {
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[]) {
    super(issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; "));
    this.issues = issues;
  }
}

/** Nobody is signed in, or what was shown (password, cookie, token, code) is not accepted. */
export class NotAuthenticated extends DomainError {}

/** Signed in and able to see the object, but not to do this. */
export class NotAllowed extends DomainError {}

/** Storage cannot take or give it now; nothing was stored. Asking again after `retryAfterS` seconds is the right thing. */
export class StorageUnavailable extends DomainError {
  readonly retryAfterS: number;

  constructor(message: string, retryAfterS: number, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterS = retryAfterS;
  }
}

/** A vendor did not do what was asked of it, and nothing was changed. */
export class VendorFailed extends DomainError {
  /** One word for it, such as `credential` or `network`. */
  readonly reason: string;

  constructor(message: string, reason: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Asked more often than is allowed; nothing was done. Asking again after `retryAfterS` seconds is the right thing. */
export class TooManyRequests extends DomainError {
  readonly retryAfterS: number;

  constructor(message: string, retryAfterS: number) {
    super(message);
    this.retryAfterS = retryAfterS;
  }
}

/** The set-up is wrong and the program cannot start. The message is one line that names the cause and the remedy. */
export class StartupError extends DomainError {}
