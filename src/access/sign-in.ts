import type { ApiKeys } from "../catalogue/api-keys.ts";
import type { Users } from "../catalogue/users.ts";
import { API_KEY_MARK } from "../domain/api-key.ts";
import { Conflict, NotAuthenticated } from "../domain/errors.ts";
import type { User } from "../domain/user.ts";
import { ACCESS_TOKEN_LIFETIME_S, type AccessTokens } from "./access-tokens.ts";
import { type Actor, NOBODY, VISITOR } from "./actor.ts";
import type { OneTimeCode } from "./one-time-code.ts";
import { hashPassword, passwordFits } from "./passwords.ts";
import type { Sessions } from "./sessions.ts";

/** What a successful sign-in gives. */
export interface SignedIn {
  readonly user: User;
  readonly accessToken: string;
  readonly expiresInS: number;
  /** For the browser's cookie. */
  readonly sessionToken: string;
}

export interface SignInParts {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly accessTokens: AccessTokens;
  readonly apiKeys: ApiKeys;
  readonly code: OneTimeCode;
  /** Whether somebody who is not signed in may look around (the demo). */
  readonly visitorsMayLook: boolean;
}

/** Password hashing costs memory and time: this many at once, the rest is asked to come back. */
const PASSWORD_CHECKS_MAX = 16;

/** How a person or a program becomes known. */
export class SignIn {
  readonly #parts: SignInParts;
  #passwordChecks = 0;

  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  get visitorsMayLook(): boolean {
    return this.#parts.visitorsMayLook;
  }

  async needsAdmin(): Promise<boolean> {
    return !(await this.#parts.users.hasAdmin());
  }

  /** @throws NotAuthenticated the same for a wrong password and an unknown e-mail address. */
  async withPassword(email: string, password: string): Promise<SignedIn> {
    const found = await this.#parts.users.findByEmail(email);
    if (!(await this.#checked(password, found?.passwordHash)) || !found) {
      throw new NotAuthenticated("The e-mail address or the password is wrong.");
    }
    return this.#signIn(found.user);
  }

  /** Signs in as the administrator with the link that the server printed. @throws NotAuthenticated, Conflict when there is no administrator yet. */
  async withCode(code: string): Promise<SignedIn> {
    if (!this.#parts.code.fits(code)) throw codeRefused();
    const admin = await this.#parts.users.findAdmin();
    if (!admin) throw new Conflict("There is no administrator yet: create one first.");
    if (!this.#parts.code.spend(code)) throw codeRefused();
    return this.#signIn(admin);
  }

  /** Creates the first administrator, on the strength of the printed code. @throws NotAuthenticated, Conflict */
  async createFirstAdmin(code: string, email: string, name: string, password: string): Promise<SignedIn> {
    if (!this.#parts.code.fits(code)) throw codeRefused();
    const user = await this.#parts.users.createFirstAdmin(email, name, await hashPassword(password));
    this.#parts.code.spend(code);
    return this.#signIn(user);
  }

  async signOut(sessionToken: string): Promise<void> {
    await this.#parts.sessions.end(sessionToken);
  }

  /** Who it is, by what the request shows. @throws NotAuthenticated for a bearer token or an API key that is not, or no longer, good. */
  async actorOf(shown: {
    /** Whether the question comes from this very machine: only there may a visitor look around. */
    readonly isLocal: boolean;
    /** An access token, or an API key. */
    readonly bearer?: string | undefined;
    /** An API key, from where only such a one may stand. */
    readonly apiKey?: string | undefined;
    readonly session?: string | undefined;
  }): Promise<Actor> {
    const apiKey = shown.apiKey ?? (shown.bearer?.startsWith(API_KEY_MARK) ? shown.bearer : undefined);
    if (apiKey !== undefined) {
      const key = this.#parts.apiKeys.verify(apiKey);
      if (!key) throw new NotAuthenticated("The API key is not valid, or no longer.");
      return { kind: "key", key, role: null };
    }
    if (shown.bearer !== undefined) {
      const user = await this.#parts.accessTokens.find(shown.bearer);
      if (!user) throw new NotAuthenticated("The access token is not valid, or no longer.");
      return actorFor(user);
    }
    const user = shown.session === undefined ? undefined : await this.#parts.sessions.find(shown.session);
    if (user) return actorFor(user);
    return this.#parts.visitorsMayLook && shown.isLocal ? VISITOR : NOBODY;
  }

  async #signIn(user: User): Promise<SignedIn> {
    return {
      user,
      accessToken: await this.#parts.accessTokens.issue(user),
      expiresInS: ACCESS_TOKEN_LIFETIME_S,
      sessionToken: await this.#parts.sessions.begin(user),
    };
  }

  async #checked(password: string, passwordHash: string | undefined): Promise<boolean> {
    if (this.#passwordChecks >= PASSWORD_CHECKS_MAX) throw new TooManySignIns();
    this.#passwordChecks++;
    try {
      return await passwordFits(password, passwordHash);
    } finally {
      this.#passwordChecks--;
    }
  }
}

/** More sign-ins at once than the server checks. */
export class TooManySignIns extends Error {
  readonly retryAfterS = 1;

  constructor() {
    super("Too many sign-ins at once; try again in a second.");
    this.name = "TooManySignIns";
  }
}

function codeRefused(): NotAuthenticated {
  return new NotAuthenticated("This sign-in link is not valid, or has been used: restart the server for a new one.");
}

function actorFor(user: User): Actor {
  return { kind: "user", user, role: user.isAdmin ? "admin" : "viewer" };
}
