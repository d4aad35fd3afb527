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

const VIEWER: readonly Permission[] = ["public", "site:read", "device:read", "metric:read", "connection:read"];
const GRANTS: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  admin: new Set(PERMISSIONS),
  viewer: new Set(VIEWER),
};

/** What this server opens to everyone, beyond what roles give. */
export interface OpenDoors {
  /** `data:push` and `data:read` without a key (KILOWATCH_OPEN_DATA). */
  readonly data: boolean;
  /** `operation:read` without signing in: the server listens on loopback only. */
  readonly operation: boolean;
}

/** Decides whether an actor may do what a permission stands for: the one place where that is decided. */
export class Access {
  readonly #open: ReadonlySet<Permission>;

  constructor(doors: OpenDoors) {
    this.#open = new Set<Permission>([
      "public",
      ...(doors.data ? (["data:push", "data:read"] as const) : []),
      ...(doors.operation ? (["operation:read"] as const) : []),
    ]);
  }

  can(actor: Actor, permission: Permission): boolean {
    return this.#open.has(permission) || (actor.role !== null && GRANTS[actor.role].has(permission));
  }

  /** @throws NotAuthenticated when signing in would help, NotAllowed when it would not. */
  require(actor: Actor, permission: Permission): void {
    if (this.can(actor, permission)) return;
    if (actor.kind === "user") throw new NotAllowed("Your role does not allow this.");
    throw new NotAuthenticated("Sign in first.");
  }
}
