import type { Caller } from "../../transport/caller.ts";
import { VendorRefused } from "../../transport/errors.ts";
import type { Answer } from "../../transport/request.ts";
import type { FetchedToken } from "../../transport/token-cache.ts";
import { TOKEN_PATH, TokenAnswer } from "./wire.ts";

/** A token is renewed this long before it ends. Source: the vendor's contract. */
export const REFRESH_EARLY_MS = 120_000;
/** With these a tenant says that it does not take that form of the call; a wrong secret is a 401, and final. */
const OTHER_FORM_STATUSES: readonly (number | null)[] = [400, 415, 422];

/** How a tenant takes the token call: as the vendor's first document has it, or as the later one. */
type TokenForm = "json" | "form";

export interface Account {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Gets tokens in the form that the tenant takes: learned by trying, once, and kept for the client's life. */
export class Login {
  readonly #caller: Caller;
  readonly #account: Account;
  #form: TokenForm | null = null;

  constructor(caller: Caller, account: Account) {
    this.#caller = caller;
    this.#account = account;
  }

  /** @throws VendorError */
  async token(signal: AbortSignal): Promise<FetchedToken<string>> {
    if (this.#form !== null) return this.#learn(this.#form, signal, 0);
    try {
      return await this.#learn("json", signal, 0);
    } catch (error) {
      if (!(error instanceof VendorRefused) || !OTHER_FORM_STATUSES.includes(error.status)) throw error;
      return this.#learn("form", signal, error.attempts);
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
