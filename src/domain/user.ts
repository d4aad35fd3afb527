/** A person who may sign in. */
export interface User {
  readonly id: string;
  /** Lower case. */
  readonly email: string;
  readonly name: string;
  readonly isAdmin: boolean;
}

/** Shortest password that a person may choose. */
export const PASSWORD_CHARS_MIN = 12;
