/**
 * How any vendor is called, for programs that bring a vendor of their own or handle the errors of ours: `kilowatch/transport`.
 * Nothing here knows a vendor, and nothing here needs a server.
 */
export { type Clock, systemClock } from "../domain/clock.ts";
export { type InputIssue, InvalidInput } from "../domain/errors.ts";
export { type Budget, leastSpanMs } from "./budget.ts";
export {
  ANSWER_BYTES_MAX,
  type Answer,
  type CallEvents,
  Caller,
  type CallerOptions,
  type CallOptions,
  type CallRequest,
  REQUEST_TIMEOUT_MS,
  RETRIES_MAX,
  type SignedAttempt,
} from "./caller.ts";
export {
  ERROR_BODY_CHARS_MAX,
  type FailureFacts,
  UnreadableAnswer,
  VendorAuthRejected,
  VendorError,
  VendorProtocolError,
  VendorRateLimited,
  VendorRefused,
  VendorTimeout,
  VendorUnavailable,
} from "./errors.ts";
export { RETRY_WAIT_MAX_MS } from "./gate.ts";
export type { Lane } from "./lanes.ts";
export { type AcquireOptions, Limiter, type LimiterOptions, type Permit } from "./limiter.ts";
export type { Redact } from "./redact.ts";
export type { AnswerDecoder } from "./request.ts";
export type { AnswerHead } from "./retry.ts";
export { Session, type SessionOptions } from "./session.ts";
export { type FetchedToken, LIFETIME_FALLBACK_MS, TokenCache, type TokenCacheOptions } from "./token-cache.ts";
