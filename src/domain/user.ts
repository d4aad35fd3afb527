/** A person who may sign in. */
export interface User {
  readonly id: string;
  /** Lower case. */
  readonly email: string;
  readonly name: string;
  readonly isAdmin: boolean;
}

/** What a person is on one site. A viewer reads; a technician also creates, changes and deletes devices and their metrics. */
export const SITE_ROLES = ["technician", "viewer"] as const;
export type SiteRole = (typeof SITE_ROLES)[number];

/** Shortest password that a person may choose. */
export const PASSWORD_CHARS_MIN = 12;
