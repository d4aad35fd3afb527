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
] as const;
export type Permission = (typeof PERMISSIONS)[number];

const VIEWER: readonly Permission[] = ["public", "site:read", "device:read", "metric:read"];
const GRANTS: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  admin: new Set(PERMISSIONS),
  viewer: new Set(VIEWER),
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
    return actor.role !== null && GRANTS[actor.role].has(permission);
  }

  /** @throws NotAuthenticated when signing in would help, NotAllowed when it would not. */
  require(actor: Actor, permission: Permission, isLocal: boolean): void {
    if (this.can(actor, permission, isLocal)) return;
    if (actor.kind === "user") throw new NotAllowed("Your role does not allow this.");
    throw new NotAuthenticated("Sign in first.");
  }
}
