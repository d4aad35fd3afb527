import type { ApiKey } from "../domain/api-key.ts";
import type { SiteRole, User } from "../domain/user.ts";

/** A person with what they are at this moment, signed in or not: they can be asked about, and ask nothing. */
export interface Person {
  readonly kind: "user";
  readonly user: User;
  /** What they are on each of their sites; an administrator needs none. */
  readonly sites: ReadonlyMap<string, SiteRole>;
}

/** A person who is signed in. */
export interface SignedInUser extends Person {
  /** By what they were recognised. It ends with the session, and at `untilMs` at the latest (epoch ms). */
  readonly sessionId: string;
  readonly untilMs: number;
}

/** Who asks. */
export type Actor =
  | SignedInUser
  /** Looks around the demo without signing in. */
  | { readonly kind: "visitor" }
  /** A program with an API key: its scopes say what it may. */
  | { readonly kind: "key"; readonly key: ApiKey }
  | { readonly kind: "nobody" };

/** Whom a decision may be about: whoever asks, or a person whom somebody else asks about. */
export type Subject = Actor | Person;

export const NOBODY: Actor = { kind: "nobody" };
export const VISITOR: Actor = { kind: "visitor" };

/** Whose subscriptions and calls these are: the id of a person or a key; null for those who have none of their own. */
export function ownerIdOf(actor: Actor): string | null {
  if (actor.kind === "user") return actor.user.id;
  return actor.kind === "key" ? actor.key.id : null;
}
