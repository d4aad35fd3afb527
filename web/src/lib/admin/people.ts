import type { Site, User } from "#lib/api/types.gen.ts";

export type SiteRoleName = User["sites"][number]["role"];
export const SITE_ROLES = ["viewer", "technician"] as const satisfies readonly SiteRoleName[];

/** Shortest password that the API takes; told before it is typed. */
export const PASSWORD_CHARS_MIN = 12;

/** A site that somebody has a role on, by its name. */
export interface NamedRole {
  readonly siteId: string;
  readonly name: string;
  readonly role: SiteRoleName;
}

/** Somebody's roles with the sites' names, in the order of the names. Sites that went meanwhile are left out. */
export function namedRoles(roles: User["sites"], names: ReadonlyMap<string, string>): NamedRole[] {
  return roles
    .flatMap(({ siteId, role }) => {
      const name = names.get(siteId);
      return name === undefined ? [] : [{ siteId, name, role }];
    })
    .sort((a, b) => byName(a.name, b.name));
}

export function siteNames(sites: readonly Pick<Site, "id" | "name">[]): ReadonlyMap<string, string> {
  return new Map(sites.map(({ id, name }) => [id, name]));
}

/** What a form calls a role; a viewer for anything else, which is the least. */
export function roleOf(text: string): SiteRoleName {
  return SITE_ROLES.find((role) => role === text) ?? "viewer";
}

/** The order in which people look for names; the same on the server and in the browser. */
export function byName(a: string, b: string): number {
  return COLLATION.compare(a, b);
}

const COLLATION = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
