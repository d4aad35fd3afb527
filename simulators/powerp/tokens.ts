import { randomBytes } from "node:crypto";

const TOKEN_BYTES = 24;
/** Beyond this many tokens, the oldest is forgotten and counts as unknown. */
const TOKENS_KEPT_MAX = 1_000;

export type TokenState = "valid" | "unknown" | "expired" | "revoked";

/** The tokens that the vendor has given out. Times are epoch ms by the vendor's own clock. */
export class TokenDesk {
  /** How many tokens were given out. */
  issued = 0;
  readonly #known = new Map<string, { readonly expiresAtMs: number; revoked: boolean }>();

  issue(nowMs: number, lifetimeMs: number): string {
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    const [oldest] = this.#known.keys();
    if (this.#known.size >= TOKENS_KEPT_MAX && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(token, { expiresAtMs: nowMs + lifetimeMs, revoked: false });
    this.issued++;
    return token;
  }

  /** A token lives up to its last ms, and is expired in the ms in which its lifetime is over. */
  state(token: string, nowMs: number): TokenState {
    const known = this.#known.get(token);
    if (!known) return "unknown";
    if (known.revoked) return "revoked";
    return nowMs < known.expiresAtMs ? "valid" : "expired";
  }

  revoke(token: string): void {
    const known = this.#known.get(token);
    if (known) known.revoked = true;
  }

  revokeAll(): void {
    for (const known of this.#known.values()) known.revoked = true;
  }
}
