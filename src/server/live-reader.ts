import type { Access, Target } from "../access/access.ts";
import type { Actor } from "../access/actor.ts";
import type { SignIn } from "../access/sign-in.ts";

/** Somebody who reads a stream: what they may read is looked at again and again while it is open. */
export class LiveReader {
  readonly #parts: { readonly access: Access; readonly signIn: SignIn };
  readonly #target: Target;
  #actor: Actor;
  #reach: ReadonlySet<string> | null;

  constructor(parts: { readonly access: Access; readonly signIn: SignIn }, actor: Actor, target: Target) {
    this.#parts = parts;
    this.#actor = actor;
    this.#target = target;
    this.#reach = parts.access.reach(actor);
  }

  /** Finds out anew who it is and what they may. False once they may read the stream no more. */
  mayGoOn(): boolean {
    const { access, signIn } = this.#parts;
    const actor = signIn.renewed(this.#actor);
    if (!actor || !access.can(actor, "metric:read", this.#target)) return false;
    this.#actor = actor;
    this.#reach = access.reach(actor);
    return true;
  }

  /** Whether a site is one that they may read. */
  reaches(siteId: string): boolean {
    return this.#reach === null || this.#reach.has(siteId);
  }
}
