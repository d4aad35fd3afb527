import type { Reply, SeenRequest } from "../strict-server.ts";
import { readJson, TokenBody } from "./bodies.ts";
import { type PowerPViolation, Refusal } from "./refusal.ts";
import { TokenDesk } from "./tokens.ts";

/** The two forms in which a token can be asked for. */
export type TokenForm = "json" | "form";

/** Lifetime that an answer tells when no other is set. */
export const TOKEN_LIFETIME_S = 3_600;
/** How long a token lives whose answer tells no lifetime, or 0. */
export const UNTOLD_LIFETIME_MS = 300_000;

export interface SignInOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  /** What the vendor answers; another form is refused. */
  readonly tokenForm: TokenForm | "both";
  /** Whole seconds as told; 0 and "missing" are told as such. */
  readonly tokenLifetimeS: number | "missing";
}

/** Gives out tokens and looks at them again. */
export class SignIn {
  readonly tokens = new TokenDesk();
  readonly #options: SignInOptions;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /** Answers a request for a token; `lifetimeMs` overrides the lifetime when it is not 0. @throws Refusal */
  async token(request: SeenRequest, bodyText: string, lifetimeMs: number): Promise<Reply<PowerPViolation>> {
    const form = formOf(request.headers["content-type"]);
    const { clientId, clientSecret, tokenForm, tokenLifetimeS } = this.#options;
    if (tokenForm !== "both" && form !== tokenForm) {
      // Which of its two documents a vendor follows, a client finds out only by asking: no violation.
      const status = tokenForm === "json" ? 415 : 400;
      throw new Refusal(status, "unsupported_content", null, `A token is asked for as ${MEDIA_TYPES[tokenForm]}.`);
    }
    const given = form === "json" ? readJson(TokenBody, bodyText) : readForm(bodyText);
    if (given.clientId !== clientId || given.clientSecret !== clientSecret) {
      throw new Refusal(401, "invalid_client", "credentials", "Client id and secret do not match.");
    }
    const told = lifetimeMs > 0 ? Math.floor(lifetimeMs / 1_000) : tokenLifetimeS;
    const livesMs = lifetimeMs || (told === "missing" || told === 0 ? UNTOLD_LIFETIME_MS : told * 1_000);
    const token = this.tokens.issue(request.seenAtMs, livesMs);
    const answer =
      form === "json"
        ? { accessToken: token, ...(told === "missing" ? {} : { expiresIn: told }) }
        : { access_token: token, ...(told === "missing" ? {} : { expires_in: told }), token_type: "Bearer" };
    return { status: 200, headers: { "cache-control": "no-store" }, body: JSON.stringify(answer) };
  }

  /** @throws Refusal when the request carries no valid token. */
  check(request: SeenRequest): void {
    const token = bearerOf(request);
    if (token === null) throw new Refusal(401, "token_missing", "token", "Authorization must be Bearer and a token.");
    const state = this.tokens.state(token, request.seenAtMs);
    if (state === "valid") return;
    // That a token was revoked, its holder learns from this answer.
    throw new Refusal(401, `token_${state}`, state === "revoked" ? null : "token", `The token is ${state}.`);
  }
}

/** The token that a request carries; null when it carries none. */
export function bearerOf({ headers }: SeenRequest): string | null {
  return /^Bearer ([\w.~+/=-]+)$/i.exec(headers.authorization ?? "")?.[1] ?? null;
}

const MEDIA_TYPES = { json: "application/json", form: "application/x-www-form-urlencoded" } as const;

function formOf(contentType = ""): TokenForm {
  const mediaType = contentType.split(";", 1)[0]?.trim().toLowerCase();
  if (mediaType === MEDIA_TYPES.json) return "json";
  if (mediaType === MEDIA_TYPES.form) return "form";
  throw new Refusal(415, "unsupported_content", "body", "A token is asked for as JSON or as a form.");
}

/** @throws Refusal when a field is missing, repeated or unknown. */
function readForm(text: string): { clientId: string; clientSecret: string } {
  const fields = [...new URLSearchParams(text)];
  const names = fields.map(([name]) => name).sort();
  if (names.join() !== "client_id,client_secret,grant_type") {
    throw new Refusal(400, "invalid_request", "body", "The form holds client_id, client_secret and grant_type.");
  }
  const { grant_type, client_id = "", client_secret = "" } = Object.fromEntries(fields);
  if (grant_type !== "client_credentials") {
    throw new Refusal(400, "unsupported_grant_type", "body", "grant_type must be client_credentials.");
  }
  return { clientId: client_id, clientSecret: client_secret };
}
