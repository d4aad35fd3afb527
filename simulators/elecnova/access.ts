import type { IncomingHttpHeaders } from "node:http";
import { signatureFault } from "./signature.ts";
import { standingOf, type Token, type Tokens } from "./tokens.ts";

export const DEFAULT_CLIENT_ID = "demo-client";
export const DEFAULT_CLIENT_SECRET = "demo-secret";

/** How a business call proves who sends it: as the vendor's service wants it today, or as its document has it. */
export type Dialect = "live" | "documented";
export type Profile = Dialect | "both";

export type ViolationKind =
  | "rate"
  | "signature"
  | "clock"
  | "token"
  | "header"
  | "path"
  | "method"
  | "query"
  | "page"
  | "mqtt";

export interface Denied {
  readonly status: 400 | 401;
  readonly detail: string;
  /** None when the client could not know: its token was revoked. */
  readonly kind: ViolationKind | null;
}

const BEARER = /^Bearer (.+)$/;

export function dialectOf({ authorization = "" }: IncomingHttpHeaders): Dialect {
  return BEARER.test(authorization) ? "documented" : "live";
}

/** The token that a request bears, in the form of its dialect. */
export function tokenOf({ authorization = "" }: IncomingHttpHeaders): string {
  return BEARER.exec(authorization)?.[1] ?? authorization;
}

export interface AccessOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly profile: Profile;
  readonly tokens: Tokens;
}

/** Who may call. */
export class Access {
  readonly #client: { readonly clientId: string; readonly clientSecret: string };
  readonly #profile: Profile;
  readonly #tokens: Tokens;

  constructor({ clientId, clientSecret, profile, tokens }: AccessOptions) {
    this.#client = { clientId, clientSecret };
    this.#profile = profile;
    this.#tokens = tokens;
  }

  /** Whose requests are counted together: the client that is named, or whose token it is. */
  rateKey(headers: IncomingHttpHeaders): string {
    const named = headers["x-access-id"];
    if (typeof named === "string") return named;
    return this.#tokens.find(tokenOf(headers)) ? this.#client.clientId : "";
  }

  /** Why no token is given out; null when it may be. */
  deniesLogin(path: string, headers: IncomingHttpHeaders, nowMs: number): Denied | null {
    const fault = signatureFault(path, headers, this.#client, nowMs);
    return fault && { status: 401, ...fault };
  }

  /** The token of a business call, or why the call is not answered. */
  admit(path: string, headers: IncomingHttpHeaders, nowMs: number): Token | Denied {
    const dialect = dialectOf(headers);
    if (this.#profile !== "both" && this.#profile !== dialect) {
      return denied("token", `Authorization is not in the ${this.#profile} form`);
    }
    const token = this.#tokens.find(tokenOf(headers));
    if (!token) return denied("token", headers.authorization ? "unknown token" : "Authorization is missing");
    const standing = standingOf(token, nowMs);
    if (standing !== "good") return denied(standing === "expired" ? "token" : null, `the token is ${standing}`);
    if (dialect === "documented") return token;
    const fault = signatureFault(path, headers, this.#client, nowMs);
    if (fault) return { status: 401, ...fault };
    if (headers["x-language-type"] !== "en") {
      return { status: 400, kind: "header", detail: "X-Language-Type must be en" };
    }
    return token;
  }
}

function denied(kind: ViolationKind | null, detail: string): Denied {
  return { status: 401, kind, detail };
}
