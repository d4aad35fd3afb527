import { NotAllowed, NotAuthenticated, NotFound } from "../domain/errors.ts";
import type { Subject } from "./actor.ts";
import {
  ADMIN_GRANTS,
  MEMBER_GRANTS,
  type Permission,
  ROLE_GRANTS,
  SCOPE_GRANTS,
  SITE_PERMISSIONS,
  VISITOR_GRANTS,
} from "./permissions.ts";

/** What an actor would do it to. */
export type Target =
  /** An object, and the site that it belongs to; undefined when there is no such object. */
  | { readonly object: string; readonly siteId: string | undefined }
  /** The installation as a whole. */
  | "installation"
  /** Whatever of it the actor may read: the answer holds no more than `Access.reach`. */
  | "reach";

/** What this server opens, beyond what roles give, to whoever asks from this machine. */
export interface OpenDoors {
  /** `data:push` and `data:read` without a key (KILOWATCH_OPEN_DATA). */
  readonly data: boolean;
  /** `operation:read` without signing in (the demo). */
  readonly operation: boolean;
}

const NONE: ReadonlySet<Permission> = new Set();
const notLocal = (): boolean => false;
const IN_SITES: ReadonlySet<Permission> = new Set(SITE_PERMISSIONS);

/** Decides who may do what to which object: the one place where that is decided. */
export class Access {
  readonly #open: ReadonlySet<Permission>;

  constructor(doors: OpenDoors) {
    this.#open = new Set<Permission>([
      ...(doors.data ? (["data:push", "data:read"] as const) : []),
      ...(doors.operation ? (["operation:read"] as const) : []),
    ]);
  }

  /** @param isLocal whether the question comes from a program or page of this very machine; asked only where it matters */
  can(actor: Subject, permission: Permission, target: Target, isLocal = notLocal): boolean {
    if (permission === "public" || (this.#open.has(permission) && isLocal())) return true;
    if (everywhere(actor).has(permission)) return true;
    if (target === "installation") return false;
    if (target === "reach") return somewhere(actor).has(permission);
    return target.siteId !== undefined && at(actor, target.siteId).has(permission);
  }

  /** The sites whose objects an actor may read; null for all. */
  reach(actor: Subject): ReadonlySet<string> | null {
    if (everywhere(actor).has("site:read")) return null;
    if (actor.kind === "user") return new Set(actor.sites.keys());
    return new Set(actor.kind === "key" && somewhere(actor).has("site:read") ? (actor.key.siteIds ?? []) : []);
  }

  /**
   * @throws NotAuthenticated when signing in would help; NotFound the same for what is not there and for what the actor may not read; NotAllowed
   *   for the rest
   */
  require(actor: Subject, permission: Permission, target: Target, isLocal: () => boolean): void {
    const isObject = typeof target === "object";
    if (this.can(actor, permission, target, isLocal)) {
      if (isObject && target.siteId === undefined) throw new NotFound(target.object);
      return;
    }
    if (actor.kind === "nobody" || actor.kind === "visitor") throw new NotAuthenticated("Sign in first.");
    // A key's scopes are the same for all objects, so that it learns nothing from being refused by them.
    if (actor.kind === "key" && !somewhere(actor).has(permission)) {
      throw new NotAllowed("This API key's scopes do not allow this.");
    }
    if (isObject && !this.can(actor, "site:read", target)) throw new NotFound(target.object);
    throw new NotAllowed(
      actor.kind === "key"
        ? "This API key is limited to some sites, and this is not about one of them."
        : "Your role does not allow this.",
    );
  }
}

/** What an actor may, whatever the object is. */
function everywhere(actor: Subject): ReadonlySet<Permission> {
  switch (actor.kind) {
    case "user":
      return actor.user.isAdmin ? ADMIN_GRANTS : NONE;
    case "visitor":
      return VISITOR_GRANTS;
    case "key":
      return actor.key.siteIds === null ? scopesOf(actor.key.scopes) : NONE;
    case "nobody":
      return NONE;
  }
}

/** What an actor may to objects of a site. */
function at(actor: Subject, siteId: string): ReadonlySet<Permission> {
  if (actor.kind === "key") {
    return actor.key.siteIds?.includes(siteId) ? scopesOf(actor.key.scopes).intersection(IN_SITES) : NONE;
  }
  const role = actor.kind === "user" ? actor.sites.get(siteId) : undefined;
  return role ? ROLE_GRANTS[role] : NONE;
}

/** What an actor may to some object at least, or to what it reaches. */
function somewhere(actor: Subject): ReadonlySet<Permission> {
  if (actor.kind === "key") return scopesOf(actor.key.scopes);
  return actor.kind === "user" ? MEMBER_GRANTS : NONE;
}

/** By a key's list of scopes, which lives as long as the key: each of its requests asks. */
const GRANTS_OF_SCOPES = new WeakMap<readonly (keyof typeof SCOPE_GRANTS)[], ReadonlySet<Permission>>();

function scopesOf(scopes: readonly (keyof typeof SCOPE_GRANTS)[]): ReadonlySet<Permission> {
  let grants = GRANTS_OF_SCOPES.get(scopes);
  if (!grants) {
    grants = new Set(scopes.flatMap((scope) => [...SCOPE_GRANTS[scope]]));
    GRANTS_OF_SCOPES.set(scopes, grants);
  }
  return grants;
}
