import type { ZodType } from "zod";
import type { Lane } from "./lanes.ts";
import type { AnswerHead } from "./retry.ts";

/** One call of a vendor, as its contract has it. */
export type CallRequest<T> = CallTarget & (WholeAnswer<T> | StreamedAnswer<T>);

interface CallTarget {
  readonly method: "GET" | "POST";
  /** Path and query below the base URL, beginning with "/". */
  readonly path: string;
  /** Sent as JSON; not beside `form`. */
  readonly json?: unknown;
  /** Sent as `application/x-www-form-urlencoded`. */
  readonly form?: Readonly<Record<string, string>> | undefined;
  /** Headers of this call alone, names in lower case, such as a token; what the signer makes stands before them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The answer brings secrets, such as a token: no error repeats any of it. */
  readonly confidential?: boolean | undefined;
  /** Default: the caller's. */
  readonly answerBytesMax?: number | undefined;
}

interface WholeAnswer<T> {
  /** What the answer's JSON must be; anything else is a `VendorProtocolError`. */
  readonly schema: ZodType<T>;
  /** The status that a vendor states inside a 2xx answer, as an HTTP status; null when the answer is well. */
  readonly statusInside?: ((json: unknown) => number | null) | undefined;
}

interface StreamedAnswer<T> {
  /** Reads an answer that is too large to be held whole; made anew for every attempt. */
  readonly decoder: () => AnswerDecoder<T>;
}

/** Turns an answer's bytes into a value as they come. Throws `UnreadableAnswer` for what the contract does not say. */
export interface AnswerDecoder<T> {
  write(bytes: Uint8Array): void;
  end(): T;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default `live`. */
  readonly lane?: Lane | undefined;
  /** Attempts that were made for the same purpose before this call, for its errors' count. Default 0. */
  readonly attemptsBefore?: number | undefined;
}

export interface Answer<T> extends AnswerHead {
  readonly value: T;
  /** Wall time at which the answer was whole, epoch ms. */
  readonly receivedAtMs: number;
}

/** A request's body and its type; null for a request without one. */
export interface EncodedBody {
  readonly text: string;
  readonly contentType: string;
}

export function encodeBody({ json, form }: Pick<CallTarget, "json" | "form">): EncodedBody | null {
  if (form) {
    return { text: new URLSearchParams(form).toString(), contentType: "application/x-www-form-urlencoded" };
  }
  return json === undefined ? null : { text: JSON.stringify(json), contentType: "application/json" };
}
