import { createHash, randomBytes } from "node:crypto";
import type { Users } from "../catalogue/users.ts";
import type { Clock } from "../domain/clock.ts";
import type { User } from "../domain/user.ts";

export const SESSION_LIFETIME_MS = 30 * 24 * 3_600_000;
const TOKEN_BYTES = 32;

/** Browser sessions: a random token in a cookie, its hash in the catalogue. */
export class Sessions {
  readonly #users: Users;
  readonly #clock: Clock;

  constructor(users: Users, clock: Clock) {
    this.#users = users;
    this.#clock = clock;
  }

  /** Begins a session and returns its token, which is never to be had again. */
  async begin(user: User): Promise<string> {
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    await this.#users.createSession(hashOf(token), user.id, this.#clock.nowMs() + SESSION_LIFETIME_MS);
    return token;
  }

  find(token: string): Promise<User | undefined> {
    return this.#users.findBySession(hashOf(token));
  }

  end(token: string): Promise<void> {
    return this.#users.deleteSession(hashOf(token));
  }
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
