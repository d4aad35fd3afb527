import type { Clock } from "../../domain/clock.ts";
import type { Caller } from "../../transport/caller.ts";
import { Session } from "../../transport/session.ts";
import { LOGIN_PATH, LoginAnswer, type LoginQuery } from "./wire.ts";

export interface BlueprintCredential {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A token is replaced this long before it ends, so that none ends on its way. */
const REFRESH_EARLY_MS = 60_000;

/**
 * Calls that show a token; `caller` makes the logins too, so that they spend the same budget.
 *
 * A vendor that signs instead has a function from `SignedAttempt` to headers here, and gives it to the caller as `sign`.
 */
export function openSession(caller: Caller, credential: BlueprintCredential, clock: Clock): Session<string> {
  return new Session<string>({
    caller,
    clock,
    refreshEarlyMs: REFRESH_EARLY_MS,
    login: async (signal) => {
      const query: LoginQuery = { client_id: credential.clientId, client_secret: credential.clientSecret };
      const request = {
        method: "POST",
        path: LOGIN_PATH,
        json: query,
        schema: LoginAnswer,
        confidential: true,
      } as const;
      const { value } = await caller.call(request, { signal });
      return { token: value.access_token, lifetimeMs: (value.expires_in ?? 0) * 1000 };
    },
    headers: (token) => ({ authorization: `Bearer ${token}` }),
    secretsOf: (token) => [token],
  });
}
