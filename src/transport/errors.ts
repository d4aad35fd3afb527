/** What every failed call of a vendor carries. Never a secret: bodies are cut and cleaned before they get here. */
export interface FailureFacts {
  /** HTTP status; null when no answer came. */
  readonly status: number | null;
  /** How many times the call was sent; 0 when a pause that the vendor asked for kept it from being sent. */
  readonly attempts: number;
  /** The vendor's request id, where it gave one. */
  readonly requestId: string | null;
  /** The start of the answer's body, at most `ERROR_BODY_CHARS_MAX` characters; null when none came. */
  readonly body: string | null;
}

export const ERROR_BODY_CHARS_MAX = 2_000;

/** A call that a vendor did not fulfil; the subclass says what happens next. */
export abstract class VendorError extends Error {
  readonly status: number | null;
  readonly attempts: number;
  readonly requestId: string | null;
  readonly body: string | null;

  constructor(message: string, facts: FailureFacts, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.status = facts.status;
    this.attempts = facts.attempts;
    this.requestId = facts.requestId;
    this.body = facts.body;
  }
}

/** The signature, token or credential is not accepted. Final: only another credential (or a corrected clock) helps. */
export class VendorAuthRejected extends VendorError {
  /** The vendor's own code, where it gave one. */
  readonly code: string | null;
  /** How far the vendor's clock was ahead of the time in the signature, ms; null unless that is more than signatures allow. */
  readonly clockAheadMs: number | null;

  constructor(
    message: string,
    facts: FailureFacts,
    { code = null, clockAheadMs = null }: { readonly code?: string | null; readonly clockAheadMs?: number | null } = {},
    options?: ErrorOptions,
  ) {
    super(message, facts, options);
    this.code = code;
    this.clockAheadMs = clockAheadMs;
  }
}

/**
 * The vendor's address is one that this server must not call. Nothing was sent, and nothing will be until the address is another, or an
 * administrator lists its network.
 */
export class VendorAddressRefused extends VendorError {}

/** The vendor's limit was met. */
export class VendorRateLimited extends VendorError {
  /** Epoch ms before which no call of this credential may be sent. */
  readonly retryAtMs: number;

  constructor(message: string, facts: FailureFacts, retryAtMs: number, options?: ErrorOptions) {
    super(message, facts, options);
    this.retryAtMs = retryAtMs;
  }
}

/** No answer in time. The call may have been carried out. */
export class VendorTimeout extends VendorError {}

/** Unreachable, cut off, or answering 5xx: a later call may succeed. */
export class VendorUnavailable extends VendorError {
  /** Node's or undici's code of what the network did; null when the vendor answered. */
  readonly code: string | null;

  constructor(message: string, facts: FailureFacts, code: string | null = null, options?: ErrorOptions) {
    super(message, facts, options);
    this.code = code;
  }
}

/** It answered, but not what its contract says: not JSON, or another shape. */
export class VendorProtocolError extends VendorError {}

/** It understood the call and refuses it. Final for this call. */
export class VendorRefused extends VendorError {
  /** The vendor's own code, where it gave one. */
  readonly code: string | null;
  /** The vendor's own words, where it gave any. */
  readonly detail: string | null;

  constructor(
    message: string,
    facts: FailureFacts,
    code: string | null,
    detail: string | null,
    options?: ErrorOptions,
  ) {
    super(message, facts, options);
    this.code = code;
    this.detail = detail;
  }
}

/** What a decoder throws for an answer that is not what the contract says. The message names what, and never repeats a value. */
export class UnreadableAnswer extends Error {}
