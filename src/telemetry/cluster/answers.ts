/*
 * What a server's answer means. ClickHouse says its error codes in `X-ClickHouse-Exception-Code` and, since the first version, at the
 * beginning of the text: "Code: 62, e.displayText() = DB::Exception: …" (to 20), "Code: 62. DB::Exception: …" (from 21).
 * Codes: github.com/ClickHouse/ClickHouse, src/Common/ErrorCodes.cpp
 */

/** The server understood the request and would not or could not carry it out. */
export class ClickHouseException extends Error {
  override readonly name = "ClickHouseException";
  /** ClickHouse's error code. */
  readonly code: number;

  constructor(code: number, reason: string) {
    super(reason);
    this.code = code;
  }
}

/** Who asks is not let in: UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, IP_ADDRESS_NOT_ALLOWED, AUTHENTICATION_FAILED. */
const NOT_LET_IN: ReadonlySet<number> = new Set([192, 193, 194, 195, 516]);

/** Who asks may not do this: READONLY, DATABASE_ACCESS_DENIED, ACCESS_DENIED. */
const NOT_ALLOWED: ReadonlySet<number> = new Set([164, 291, 497]);

/**
 * The server is up and busy with something that passes: TOO_MANY_SIMULTANEOUS_QUERIES, SOCKET_TIMEOUT, NETWORK_ERROR, ABORTED (it is shutting
 * down), TABLE_IS_READ_ONLY (a replica that lost its keeper), TOO_MANY_PARTS, ALL_CONNECTION_TRIES_FAILED, QUERY_WAS_CANCELLED, KEEPER_EXCEPTION.
 */
const PASSES: ReadonlySet<number> = new Set([202, 209, 210, 236, 242, 252, 279, 394, 999]);

/** What Kilowatch made is gone: UNKNOWN_TABLE, UNKNOWN_DATABASE. */
const GONE: ReadonlySet<number> = new Set([60, 81]);

export type Meaning = "not-let-in" | "not-allowed" | "passes" | "gone" | "refused";

export function meaningOf(code: number): Meaning {
  if (NOT_LET_IN.has(code)) return "not-let-in";
  if (NOT_ALLOWED.has(code)) return "not-allowed";
  if (PASSES.has(code)) return "passes";
  return GONE.has(code) ? "gone" : "refused";
}

const REASON_CHARS_MAX = 300;
/** An exception that ends an answer is looked for in so many of its last bytes. */
const TAIL_BYTES = 16_384;
const AT_START = /^Code: (\d+)(?:, e\.displayText\(\) =|\.) (?:DB::Exception|Poco::Exception)/;
/** The whole of the message at the very end: so long a text cannot be spelled by the numbers that Kilowatch reads. */
const AT_END =
  /Code: (\d+)(?:, e\.displayText\(\) =|\.) DB::Exception: .*(?:e\.what\(\) = DB::Exception|\(version [^)]*\)+)\s*$/s;

export interface AnswerHead {
  readonly status: number;
  /** The value of `X-ClickHouse-Exception-Code`. */
  readonly exceptionCode: string | undefined;
}

/**
 * The exception that an answer is or ends with; null when there is none, or none that ClickHouse wrote.
 * An answer with status 200 may end with one when it was sent before the query had ended.
 */
export function exceptionIn(head: AnswerHead, body: Uint8Array): ClickHouseException | null {
  const isWhole = head.status === 200 && head.exceptionCode === undefined;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    .subarray(isWhole ? -TAIL_BYTES : 0)
    .toString("latin1");
  const found = isWhole ? AT_END.exec(text) : AT_START.exec(text);
  const code = Number(head.exceptionCode ?? found?.[1]);
  if (!Number.isSafeInteger(code)) return null;
  return new ClickHouseException(code, shortReason(found ? text.slice(found.index) : text));
}

/** The server's own words in one line. They may quote SQL, which holds numbers only. */
function shortReason(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(" e.displayText() =", "").trim().slice(0, REASON_CHARS_MAX);
}
