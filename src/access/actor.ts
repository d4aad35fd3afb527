import type { ApiKey } from "../domain/api-key.ts";
import type { User } from "../domain/user.ts";

/** Who asks. */
export type Actor =
  /** Signed in. */
  | { readonly kind: "user"; readonly user: User; readonly role: "admin" | "viewer" }
  /** Looks around the demo without signing in. */
  | { readonly kind: "visitor"; readonly role: "viewer" }
  /** A program with an API key: its scopes, not a role, say what it may. */
  | { readonly kind: "key"; readonly key: ApiKey; readonly role: null }
  | { readonly kind: "nobody"; readonly role: null };

export type Role = Exclude<Actor["role"], null>;

export const NOBODY: Actor = { kind: "nobody", role: null };
export const VISITOR: Actor = { kind: "visitor", role: "viewer" };
