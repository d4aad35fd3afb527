import { randomBytes } from "node:crypto";

/** Lifetime of a token (interface document v1.3.1: 86,400 s). */
export const TOKEN_LIFETIME_MS = 86_400_000;
/** The newest that are remembered; older ones are unknown. */
export const TOKENS_KEPT_MAX = 1_000;

/** What a client is to the MQTT broker: its MQTT client id and user name. */
export interface MqttUser {
  readonly id: string;
  readonly username: string;
}

/** What one answer of `/comm/client` gave. */
export interface Token {
  readonly token: string;
  /** MQTT password; good as long as the token. */
  readonly password: string;
  /** Vendor's clock, epoch ms; from that instant on it is not accepted. */
  readonly expiresAtMs: number;
  revoked: boolean;
  /** MQTT topics that were asked for with it. */
  readonly topics: Set<string>;
}

export type Standing = "good" | "expired" | "revoked";

export class Tokens {
  readonly #byToken = new Map<string, Token>();
  readonly #askedTopics = new Set<string>();
  #issued = 0;

  /** How many there have been. */
  get issued(): number {
    return this.#issued;
  }

  issue(nowMs: number): Token {
    const token: Token = {
      token: randomBytes(24).toString("hex"),
      password: randomBytes(12).toString("hex"),
      expiresAtMs: nowMs + TOKEN_LIFETIME_MS,
      revoked: false,
      topics: new Set(),
    };
    this.#issued++;
    this.#byToken.set(token.token, token);
    const [oldest] = this.#byToken.keys();
    if (this.#byToken.size > TOKENS_KEPT_MAX && oldest !== undefined) this.#byToken.delete(oldest);
    return token;
  }

  find(token: string): Token | undefined {
    return this.#byToken.get(token);
  }

  findByPassword(password: string): Token | undefined {
    for (const token of this.#byToken.values()) if (token.password === password) return token;
    return undefined;
  }

  /** Lets whoever bears the token subscribe to topics. */
  askTopics(token: Token, topics: Iterable<string>): void {
    for (const topic of topics) {
      token.topics.add(topic);
      this.#askedTopics.add(topic);
    }
  }

  /** Every topic that was asked for with any token so far. */
  get askedTopics(): Iterable<string> {
    return this.#askedTopics;
  }

  revokeAll(): void {
    for (const token of this.#byToken.values()) token.revoked = true;
  }
}

/** Whether a token is accepted by a vendor whose clock shows `nowMs`. */
export function standingOf(token: Token, nowMs: number): Standing {
  if (token.revoked) return "revoked";
  return nowMs < token.expiresAtMs ? "good" : "expired";
}
