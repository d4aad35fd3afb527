import type { User } from "../domain/user.ts";

/** Who asks. */
export type Actor =
  /** Signed in. */
  | { readonly kind: "user"; readonly user: User; readonly role: "admin" | "viewer" }
  /** Looks around the demo without signing in. */
  | { readonly kind: "visitor"; readonly role: "viewer" }
  | { readonly kind: "nobody"; readonly role: null };

export type Role = Exclude<Actor["role"], null>;

export const NOBODY: Actor = { kind: "nobody", role: null };
export const VISITOR: Actor = { kind: "visitor", role: "viewer" };
