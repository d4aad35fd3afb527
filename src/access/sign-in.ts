import type { ApiKeys } from "../catalogue/api-keys.ts";
import type { Memberships } from "../catalogue/memberships.ts";
import type { PersonWithPassword, Users } from "../catalogue/users.ts";
import { API_KEY_MARK } from "../domain/api-key.ts";
import type { Clock } from "../domain/clock.ts";
import { Conflict, InvalidInput, NotAuthenticated, NotFound, TooManyRequests } from "../domain/errors.ts";
import type { User } from "../domain/user.ts";
import { ACCESS_TOKEN_LIFETIME_S, type AccessTokens } from "./access-tokens.ts";
import { type Actor, NOBODY, type SignedInUser, VISITOR } from "./actor.ts";
import type { OneTimeCode } from "./one-time-code.ts";
import { hashPassword, passwordFits } from "./passwords.ts";
import type { Sessions } from "./sessions.ts";
import type { SignInOrigin, SignInThrottle } from "./sign-in-throttle.ts";

/** What a successful sign-in gives. */
export interface SignedIn {
  readonly user: User;
  readonly accessToken: string;
  readonly expiresInS: number;
  /** For the browser's cookie. */
  readonly sessionToken: string;
  /** For the browser's other cookie: by it the browser is known at the next sign-in. */
  readonly deviceToken: string;
}

/** Whoever becomes the first administrator. */
export interface NewPerson {
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

export interface SignInParts {
  readonly users: Users;
  readonly memberships: Memberships;
  readonly sessions: Sessions;
  readonly accessTokens: AccessTokens;
  readonly apiKeys: ApiKeys;
  readonly code: OneTimeCode;
  readonly clock: Clock;
  readonly throttle: SignInThrottle;
  /** Whether somebody who is not signed in may look around (the demo). */
  readonly visitorsMayLook: boolean;
}

/** Password hashing costs memory and time: this many at once, the rest is asked to come back. */
export const PASSWORD_CHECKS_MAX = 16;
/** Of these for strangers: they cannot fill the places of those who have signed in before. */
export const PASSWORD_CHECKS_OF_STRANGERS_MAX = 12;

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

  get needsAdmin(): boolean {
    return !this.#parts.users.hasAdmin();
  }

  /** @throws NotAuthenticated, TooManyRequests: the same for a wrong password and an unknown e-mail address. */
  async withPassword(email: string, password: string, origin: SignInOrigin): Promise<SignedIn> {
    const found = await this.#withThrottle(email, password, origin);
    if (!found) throw wrongPassword();
    const signedIn = await this.#signIn(found.user, origin);
    // Whoever changes a password ends the sessions that there are: one that began meanwhile, with the former password, ends here.
    if (this.#parts.users.findByEmail(email)?.passwordHash !== found.passwordHash) {
      await this.signOut(signedIn.sessionToken);
      throw wrongPassword();
    }
    return signedIn;
  }

  /**
   * Gives a person another password, on the strength of the one they have. All their sessions end, and one begins.
   * @throws InvalidInput for a wrong present password, TooManyRequests: guesses at it are counted as those of a sign-in.
   */
  async changePassword(user: User, present: string, next: string, origin: SignInOrigin): Promise<SignedIn> {
    const found = await this.#withThrottle(user.email, present, origin);
    if (found?.user.id !== user.id) throw new InvalidInput([{ path: "present", message: "is not your password" }]);
    await this.#parts.users.update(user.id, { passwordHash: await hashPassword(next) }, null);
    await this.endAllSessionsOf(user.id);
    return this.#signIn(user, origin);
  }

  /** Signs in as the administrator with the link that the server printed. @throws NotAuthenticated, TooManyRequests, Conflict when there is no administrator yet. */
  async withCode(code: string, origin: SignInOrigin): Promise<SignedIn> {
    this.#requireCode(code, origin);
    const admin = this.#parts.users.findAdmin();
    if (!admin) throw new Conflict("There is no administrator yet: create one first.");
    if (!this.#parts.code.spend(code)) throw codeRefused();
    return this.#signIn(admin, origin);
  }

  /** Creates the first administrator, on the strength of the printed code. @throws NotAuthenticated, TooManyRequests, Conflict */
  async createFirstAdmin(code: string, person: NewPerson, origin: SignInOrigin): Promise<SignedIn> {
    this.#requireCode(code, origin);
    const { email, name, password } = person;
    const user = await this.#parts.users.createFirstAdmin(email, name, await hashPassword(password));
    this.#parts.code.spend(code);
    return this.#signIn(user, origin);
  }

  /** Ends the session of a cookie, and with it every token that it gave. */
  signOut(sessionToken: string): Promise<void> {
    const { sessions } = this.#parts;
    return sessions.end(sessions.idOf(sessionToken));
  }

  /** Ends the session by which somebody was recognised. */
  async endSessionOf(actor: Actor): Promise<void> {
    if (actor.kind === "user") await this.#parts.sessions.end(actor.sessionId);
  }

  /** Whoever has a person's password, cookie or token is out from now on. */
  endAllSessionsOf(userId: string): Promise<void> {
    return this.#parts.sessions.endAllOf(userId);
  }

  /** Who it is, by what the request shows. @throws NotAuthenticated for a bearer token or an API key that is not, or no longer, good. */
  async actorOf(shown: {
    /** Whether the question comes from this very machine: only there may a visitor look around. */
    readonly isLocal: () => boolean;
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
      return { kind: "key", key };
    }
    if (shown.bearer !== undefined) {
      const claims = await this.#parts.accessTokens.find(shown.bearer);
      const actor = claims && this.#userOf(claims.sessionId, claims.untilMs);
      if (actor?.user.id !== claims?.userId || !actor) {
        throw new NotAuthenticated("The access token is not valid, or no longer.");
      }
      return actor;
    }
    const { sessions, visitorsMayLook } = this.#parts;
    const actor = shown.session === undefined ? undefined : this.#userOf(sessions.idOf(shown.session), Infinity);
    return actor ?? (visitorsMayLook && shown.isLocal() ? VISITOR : NOBODY);
  }

  /** The same actor as it is at this moment; undefined once it may no longer ask: signed out, expired, revoked, deleted. */
  renewed(actor: Actor): Actor | undefined {
    if (actor.kind === "user") {
      return actor.untilMs > this.#parts.clock.nowMs() ? this.#userOf(actor.sessionId, actor.untilMs) : undefined;
    }
    return actor.kind !== "key" || this.#parts.apiKeys.isLive(actor.key) ? actor : undefined;
  }

  #userOf(sessionId: string, untilMs: number): SignedInUser | undefined {
    const { sessions, users, memberships } = this.#parts;
    const user = users.find(sessions.userIdOf(sessionId) ?? "");
    return user && { kind: "user", user, sites: memberships.of(user.id), sessionId, untilMs };
  }

  async #signIn(user: User, origin: SignInOrigin): Promise<SignedIn> {
    const session = await this.#parts.sessions.begin(user).catch((error: unknown) => {
      // The account was deleted while its password was looked at.
      throw error instanceof NotFound ? wrongPassword() : error;
    });
    return {
      user,
      accessToken: await this.#parts.accessTokens.issue(user, session.id),
      expiresInS: ACCESS_TOKEN_LIFETIME_S,
      sessionToken: session.token,
      deviceToken: this.#parts.throttle.welcome(user.email, origin),
    };
  }

  /** Whose e-mail address and password these are; undefined when they do not belong together. @throws TooManyRequests */
  async #withThrottle(email: string, password: string, origin: SignInOrigin): Promise<PersonWithPassword | undefined> {
    const attempt = this.#parts.throttle.beginPassword(email, origin);
    const found = await this.#checked(email, password, attempt.isKnown).catch((error: unknown) => {
      attempt.takeBack();
      throw error;
    });
    if (found) attempt.succeed();
    return found;
  }

  /** Does not say whether it was the address or the password that is wrong. */
  async #checked(email: string, password: string, isKnown: boolean): Promise<PersonWithPassword | undefined> {
    const places = isKnown ? PASSWORD_CHECKS_MAX : PASSWORD_CHECKS_OF_STRANGERS_MAX;
    if (this.#passwordChecks >= places) {
      throw new TooManyRequests("Too many sign-ins at once: try again in a second.", 1);
    }
    this.#passwordChecks++;
    try {
      const found = this.#parts.users.findByEmail(email);
      return (await passwordFits(password, found?.passwordHash)) ? found : undefined;
    } finally {
      this.#passwordChecks--;
    }
  }

  #requireCode(code: string, origin: SignInOrigin): void {
    const attempt = this.#parts.throttle.beginCode(origin);
    if (!this.#parts.code.fits(code)) throw codeRefused();
    attempt.succeed();
  }
}

function wrongPassword(): NotAuthenticated {
  return new NotAuthenticated("The e-mail address or the password is wrong.");
}

function codeRefused(): NotAuthenticated {
  return new NotAuthenticated("This sign-in link is not valid, or has been used: restart the server for a new one.");
}
