import { createHash, randomBytes } from "node:crypto";
import type { SessionRows } from "../catalogue/session-rows.ts";
import type { Clock } from "../domain/clock.ts";
import type { User } from "../domain/user.ts";

export const SESSION_LIFETIME_MS = 30 * 24 * 3_600_000;
const TOKEN_BYTES = 32;

/** A session that has begun. */
export interface NewSession {
  /** For the browser's cookie; never to be had again. */
  readonly token: string;
  /** Names the session without being of use to sign in with: the token's SHA-256. */
  readonly id: string;
}

/** Sessions: a random token in a browser's cookie, its hash in the catalogue. Access tokens name the session that they came with, and end with it. */
export class Sessions {
  readonly #rows: SessionRows;
  readonly #clock: Clock;

  constructor(rows: SessionRows, clock: Clock) {
    this.#rows = rows;
    this.#clock = clock;
  }

  async begin(user: User): Promise<NewSession> {
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    const id = this.idOf(token);
    await this.#rows.begin(id, user.id, this.#clock.nowMs() + SESSION_LIFETIME_MS);
    return { token, id };
  }

  idOf(token: string): string {
    return createHash("sha256").update(token).digest("hex");
  }

  /** Whose session it is; undefined when it has ended. */
  userIdOf(id: string): string | undefined {
    return this.#rows.userOf(id);
  }

  end(id: string): Promise<void> {
    return this.#rows.end(id);
  }

  /** Ends every session of a person: whoever has their password or their cookie is out. */
  endAllOf(userId: string): Promise<void> {
    return this.#rows.endAllOf(userId);
  }
}
