import type { Caller } from "../../transport/caller.ts";
import { VendorAuthRejected, VendorRefused } from "../../transport/errors.ts";
import type { Answer } from "../../transport/request.ts";
import type { FetchedToken } from "../../transport/token-cache.ts";
import { TOKEN_PATH, TokenAnswer } from "./wire.ts";

/** How long a token holds, unless its answer says otherwise. Source: the vendor's contract. */
export const TOKEN_LIFETIME_MS = 3_600_000;
/** A token is renewed this long before it ends. Source: the vendor's contract. */
export const REFRESH_EARLY_MS = 120_000;
/** With these a tenant says that it does not take that form of the call; a wrong secret is a 401, and final. */
const OTHER_FORM_STATUSES: readonly (number | null)[] = [400, 415, 422];

/** With this it says so of the form alone, whatever it would say to the words. */
const UNSUPPORTED_FORM = 415;

/** OAuth's words for a credential that is not accepted; they come with 400 as well as with 401. Source: RFC 6749 §5.2. */
const WRONG_CREDENTIAL: readonly (string | null)[] = ["invalid_client", "unauthorized_client", "invalid_grant"];

/** How a tenant takes the token call: as the vendor's first document has it, or as the later one. */
type TokenForm = "json" | "form";

export interface Account {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Gets tokens in the form that the tenant takes: learned by trying, and kept for as long as the tenant takes it. */
export class Login {
  readonly #caller: Caller;
  readonly #account: Account;
  #form: TokenForm = "json";

  constructor(caller: Caller, account: Account) {
    this.#caller = caller;
    this.#account = account;
  }

  /** @throws VendorError */
  async token(signal: AbortSignal): Promise<FetchedToken<string>> {
    const form = this.#form;
    try {
      return await this.#learn(form, signal, 0);
    } catch (error) {
      if (!(error instanceof VendorRefused) || !OTHER_FORM_STATUSES.includes(error.status)) throw error;
      return this.#learn(form === "json" ? "form" : "json", signal, error.attempts).catch((second: unknown) => {
        throw finalOf(tellingOf(error, second));
      });
    }
  }

  async #learn(form: TokenForm, signal: AbortSignal, attemptsBefore: number): Promise<FetchedToken<string>> {
    const { value } = await this.#ask(form, signal, attemptsBefore);
    this.#form = form;
    return value;
  }

  #ask(form: TokenForm, signal: AbortSignal, attemptsBefore: number): Promise<Answer<FetchedToken<string>>> {
    const { clientId, clientSecret } = this.#account;
    const body =
      form === "json"
        ? { json: { clientId, clientSecret } }
        : { form: { client_id: clientId, client_secret: clientSecret, grant_type: "client_credentials" } };
    return this.#caller.call(
      { method: "POST", path: TOKEN_PATH, ...body, confidential: true, schema: TokenAnswer },
      { signal, attemptsBefore },
    );
  }
}

/** Of the refusals of both forms the one that is not of the form alone, with the attempts of both. */
function tellingOf(first: VendorRefused, second: unknown): unknown {
  if (!(second instanceof VendorRefused) || second.status !== UNSUPPORTED_FORM) return second;
  const { message, status, requestId, body, code, detail } = first;
  return new VendorRefused(message, { status, attempts: second.attempts, requestId, body }, code, detail);
}

/** A refusal that every other call would meet too is told as such. */
function finalOf(error: unknown): unknown {
  if (!(error instanceof VendorRefused)) return error;
  const { message, code, detail } = error;
  const wrong = WRONG_CREDENTIAL.includes(code) || WRONG_CREDENTIAL.includes(detail);
  return wrong ? new VendorAuthRejected(message, error, { code }) : error;
}
