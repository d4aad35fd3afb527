import type { ApiKeyScope } from "../domain/api-key.ts";
import type { SiteRole } from "../domain/user.ts";

/** What may be held for one site at a time, or for all. */
export const SITE_PERMISSIONS = [
  "site:read",
  "device:read",
  "metric:read",
  "device:create",
  "device:update",
  "device:delete",
  "metric:create",
  "metric:update",
  "metric:delete",
] as const;

/** What a route may ask for. `public` is for everyone, signed in or not. */
export const PERMISSIONS = [
  "public",
  ...SITE_PERMISSIONS,
  "site:create",
  "site:update",
  "site:delete",
  "member:manage",
  "user:manage",
  "subscription:own",
  "account:own",
  "connection:read",
  "connection:create",
  "connection:update",
  "connection:delete",
  "data:push",
  "data:read",
  "operation:read",
  "installation:read",
  "key:manage",
  "readings:delete",
  "retention:manage",
  "audit:read",
] as const;
export type SitePermission = (typeof SITE_PERMISSIONS)[number];
export type Permission = (typeof PERMISSIONS)[number];

const READING: readonly SitePermission[] = ["site:read", "device:read", "metric:read"];

/** What each role may on its site. */
export const ROLE_GRANTS: Readonly<Record<SiteRole, ReadonlySet<Permission>>> = {
  viewer: new Set(READING),
  technician: new Set(SITE_PERMISSIONS),
};

/** What everybody who is signed in may, wherever they are a member: change their own account, keep sets of metrics, and ask for what they can read. */
export const MEMBER_GRANTS: ReadonlySet<Permission> = new Set([...READING, "account:own", "subscription:own"]);

export const ADMIN_GRANTS: ReadonlySet<Permission> = new Set(PERMISSIONS);
export const VISITOR_GRANTS: ReadonlySet<Permission> = new Set(READING);

/** Who lets others in is a person: no key makes keys or people. Nor does one do what cannot be undone, or see what people did. */
const FOR_PEOPLE: readonly Permission[] = [
  "account:own",
  "key:manage",
  "user:manage",
  "member:manage",
  "readings:delete",
  "retention:manage",
  "audit:read",
];

/** `manage` reads, and does what an administrator does but push readings, remove them, decide who gets in, and see who did what. */
export const SCOPE_GRANTS: Readonly<Record<ApiKeyScope, ReadonlySet<Permission>>> = {
  ingest: new Set<Permission>(["data:push"]),
  read: new Set<Permission>([...READING, "data:read"]),
  manage: new Set(PERMISSIONS.filter((permission) => permission !== "data:push" && !FOR_PEOPLE.includes(permission))),
};
