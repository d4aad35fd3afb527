import {
  ERROR_BODY_CHARS_MAX,
  type FailureFacts,
  VendorAddressRefused,
  VendorAuthRejected,
  type VendorError,
  VendorProtocolError,
  VendorRefused,
  VendorTimeout,
  VendorUnavailable,
} from "./errors.ts";
import type { ExchangeFault, RawAnswer } from "./exchange.ts";
import type { Redact } from "./redact.ts";

/** Where the facts of a failure come from. */
export interface FailureContext {
  /** The vendor's name, as people know it. */
  readonly vendor: string;
  readonly redact: Redact;
  readonly attempts: number;
  /** The answer brings secrets that nobody knows yet: its body is told to nobody. */
  readonly confidential: boolean;
}

const DETAIL_CHARS_MAX = 300;
const REQUEST_ID_HEADERS = ["x-request-id", "x-correlation-id", "request-id"] as const;

/** The facts of an answer that is an error, or of none. Cleaned before it is cut, so that no half of a secret is left. */
export function factsOf(answer: RawAnswer | null, { redact, attempts, confidential }: FailureContext): FailureFacts {
  const ids = REQUEST_ID_HEADERS.map((name) => answer?.headers[name]).filter((id) => typeof id === "string");
  return {
    status: answer?.status ?? null,
    attempts,
    requestId: ids[0] === undefined ? null : redact(ids[0]).slice(0, DETAIL_CHARS_MAX),
    body: answer && !(confidential && isSuccess(answer)) ? redact(answer.body).slice(0, ERROR_BODY_CHARS_MAX) : null,
  };
}

/**
 * What an answer that is an error means.
 *
 * @param status the answer's, or the one that the vendor states inside a 2xx answer; never 429
 * @param clockAheadMs as `VendorAuthRejected.clockAheadMs`
 */
export function failureOfAnswer(
  answer: RawAnswer,
  status: number,
  context: FailureContext,
  clockAheadMs: number | null = null,
): VendorError {
  const { vendor, redact } = context;
  const facts = factsOf(answer, context);
  const { code, detail } = refusalWords(answer.body, redact);
  const where = status === answer.status ? `HTTP ${status}` : `${status} in an answer with HTTP ${answer.status}`;
  if (status === 401 || status === 403) {
    return new VendorAuthRejected(`${vendor} refused the signature or the token (${where}).`, facts, {
      code,
      clockAheadMs,
    });
  }
  if (status >= 500 || status === 408) return new VendorUnavailable(`${vendor} is not available (${where}).`, facts);
  if (status < 400) {
    const elsewhere = typeof answer.headers["location"] === "string" ? answer.headers["location"] : "elsewhere";
    const target = `redirects to ${redact(elsewhere).slice(0, DETAIL_CHARS_MAX)}`;
    return new VendorRefused(`${vendor} ${target} (${where}): check the address.`, facts, null, target);
  }
  const words = [code, detail].filter((word) => word !== null).join(": ");
  return new VendorRefused(`${vendor} refused the call (${where})${words ? `: ${words}` : "."}`, facts, code, detail);
}

export function isSuccess({ status }: { readonly status: number }): boolean {
  return status >= 200 && status < 300;
}

/** What the end of an exchange without a whole answer means. */
export function failureOfFault(fault: ExchangeFault, context: FailureContext): VendorError {
  const { vendor, redact } = context;
  const facts = factsOf(null, context);
  const message = redact(fault.message);
  switch (fault.kind) {
    case "timeout":
      return new VendorTimeout(`${vendor} gave ${message}.`, facts);
    case "too_large":
      return new VendorProtocolError(`${vendor}: ${message}.`, facts);
    case "address":
      return new VendorAddressRefused(`${vendor} is not called: ${message}.`, facts);
    case "network":
      return new VendorUnavailable(
        `${vendor} cannot be reached: ${networkWords(fault.code, message)}.`,
        facts,
        fault.code,
      );
  }
}

const NETWORK_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was cut",
  UND_ERR_SOCKET: "the connection was cut",
  EPIPE: "the connection was cut",
  ENOTFOUND: "the host name is not known",
  EAI_AGAIN: "the host name cannot be looked up now",
  EHOSTUNREACH: "there is no route to the host",
  ENETUNREACH: "there is no network",
  ETIMEDOUT: "the connection timed out",
  UND_ERR_CONNECT_TIMEOUT: "the connection timed out",
};

function networkWords(code: string | null, message: string): string {
  if (code === null) return message || "the connection failed";
  const words = NETWORK_WORDS[code] ?? message;
  return words ? `${words} (${code})` : code;
}

/** The vendor's code and words out of a problem document (RFC 9457) or `{"error": …}`. */
function refusalWords(body: string, redact: Redact): { code: string | null; detail: string | null } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return { code: null, detail: null };
  }
  const outer = asRecord(parsed);
  const inner = asRecord(outer["error"]);
  const word = (...candidates: unknown[]): string | null => {
    const found = candidates.find((value) => (typeof value === "string" && value !== "") || typeof value === "number");
    return found === undefined ? null : redact(String(found)).slice(0, DETAIL_CHARS_MAX);
  };
  return {
    code: word(outer["code"], inner["code"]),
    detail: word(outer["detail"], outer["error"], inner["message"], outer["message"], outer["title"]),
  };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
