import type { ApiKeyScope } from "../domain/api-key.ts";
import { NotAllowed, NotAuthenticated } from "../domain/errors.ts";
import type { Actor, Role } from "./actor.ts";

/** What a route may ask for. `public` is for everyone, signed in or not. */
export const PERMISSIONS = [
  "public",
  "site:read",
  "site:create",
  "device:read",
  "device:create",
  "metric:read",
  "connection:read",
  "connection:create",
  "data:push",
  "data:read",
  "operation:read",
  "key:manage",
  "readings:delete",
  "retention:manage",
  "audit:read",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

const VIEWER: readonly Permission[] = ["public", "site:read", "device:read", "metric:read"];
const GRANTS: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  admin: new Set(PERMISSIONS),
  viewer: new Set(VIEWER),
};

const READ: readonly Permission[] = [...VIEWER, "data:read"];
/** Who lets others in is a person: no key makes keys. Nor does one do what cannot be undone, or see what people did. */
const FOR_PEOPLE: readonly Permission[] = ["key:manage", "readings:delete", "retention:manage", "audit:read"];
/** `manage` reads, and does what an administrator does but push readings, remove them, decide who gets in, and see who did what. */
const SCOPES: Readonly<Record<ApiKeyScope, ReadonlySet<Permission>>> = {
  ingest: new Set<Permission>(["public", "data:push"]),
  read: new Set(READ),
  manage: new Set(PERMISSIONS.filter((permission) => permission !== "data:push" && !FOR_PEOPLE.includes(permission))),
};

/** What this server opens, beyond what roles give, to whoever asks from this machine. */
export interface OpenDoors {
  /** `data:push` and `data:read` without a key (KILOWATCH_OPEN_DATA). */
  readonly data: boolean;
  /** `operation:read` without signing in (the demo). */
  readonly operation: boolean;
}

/** Decides whether an actor may do what a permission stands for: the one place where that is decided. */
export class Access {
  readonly #open: ReadonlySet<Permission>;

  constructor(doors: OpenDoors) {
    this.#open = new Set<Permission>([
      ...(doors.data ? (["data:push", "data:read"] as const) : []),
      ...(doors.operation ? (["operation:read"] as const) : []),
    ]);
  }

  /** @param isLocal whether the question comes from a program or page of this very machine */
  can(actor: Actor, permission: Permission, isLocal: boolean): boolean {
    if (permission === "public") return true;
    if (isLocal && this.#open.has(permission)) return true;
    if (actor.kind === "key") return actor.key.scopes.some((scope) => SCOPES[scope].has(permission));
    return actor.role !== null && GRANTS[actor.role].has(permission);
  }

  /** @throws NotAuthenticated when signing in would help, NotAllowed when it would not. */
  require(actor: Actor, permission: Permission, isLocal: boolean): void {
    if (this.can(actor, permission, isLocal)) return;
    if (actor.kind === "user") throw new NotAllowed("Your role does not allow this.");
    if (actor.kind === "key") throw new NotAllowed("This API key's scopes do not allow this.");
    throw new NotAuthenticated("Sign in first.");
  }
}
