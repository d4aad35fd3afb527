import type { Reply } from "../strict-server.ts";

/** What a client can do against the contract. */
export type PowerPViolation = "rate" | "path" | "method" | "credentials" | "token" | "body" | "signals" | "window";

/** A request that the vendor refuses, thrown where that is found out. `message` is the problem's detail. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  /** Null where the client could not have known. */
  readonly kind: PowerPViolation | null;

  constructor(status: number, code: string, kind: PowerPViolation | null, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
    this.kind = kind;
  }

  reply(): Reply<PowerPViolation> {
    return {
      status: this.status,
      headers: { "content-type": "application/problem+json" },
      body: problem(this.status, this.code, this.message),
      ...(this.kind === null ? {} : { violation: { kind: this.kind, detail: `${this.code}: ${this.message}` } }),
    };
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
};

/** A problem document (RFC 9457) with the vendor's code. */
export function problem(status: number, code: string, detail: string): string {
  return JSON.stringify({ type: "about:blank", title: TITLES[status] ?? "Server Error", status, code, detail });
}
