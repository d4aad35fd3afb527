import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { OwnSecrets } from "../catalogue/own-secrets.ts";
import type { Clock } from "../domain/clock.ts";
import type { User } from "../domain/user.ts";

export const ACCESS_TOKEN_LIFETIME_S = 900;
const ALGORITHM = "EdDSA";
const ISSUER = "kilowatch";
const SECRET_NAME = "access-token-key";
/** Tokens whose signature need not be looked at again: it takes longer than most answers. */
const VERIFIED_TOKENS_MAX = 4_096;

const StoredKey = z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string(), d: z.string() });

const Claims = z.object({ sub: z.string(), sid: z.string(), exp: z.number() });

/** What a token says; whether it is still so is for the asker to find out. */
export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
  /** Epoch ms from which the token is no good. */
  readonly untilMs: number;
}

/** Short-lived bearer tokens for programs, signed with a key that each installation makes for itself. */
export class AccessTokens {
  readonly #privateKey: CryptoKey;
  readonly #publicKey: CryptoKey;
  readonly #clock: Clock;
  /** From the longest to the most recently verified. */
  readonly #verified = new Map<string, AccessClaims>();

  private constructor(privateKey: CryptoKey, publicKey: CryptoKey, clock: Clock) {
    this.#privateKey = privateKey;
    this.#publicKey = publicKey;
    this.#clock = clock;
  }

  static async open(secrets: OwnSecrets, clock: Clock): Promise<AccessTokens> {
    const stored = StoredKey.parse(JSON.parse(await secrets.getOrMake(SECRET_NAME, newKey)));
    const { d: _, ...open } = stored;
    return new AccessTokens(await importKey(stored), await importKey(open), clock);
  }

  issue(user: User, sessionId: string): Promise<string> {
    const nowS = Math.floor(this.#clock.nowMs() / 1_000);
    return new SignJWT({ sid: sessionId })
      .setProtectedHeader({ alg: ALGORITHM })
      .setIssuer(ISSUER)
      .setSubject(user.id)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + ACCESS_TOKEN_LIFETIME_S)
      .sign(this.#privateKey);
  }

  /** What a token says; undefined when it is not ours, or has ended. */
  async find(token: string): Promise<AccessClaims | undefined> {
    const known = this.#verified.get(token);
    const claims = known ?? (await this.#verify(token));
    if (!claims || claims.untilMs <= this.#clock.nowMs()) return undefined;
    if (!known) this.#keep(token, claims);
    return claims;
  }

  #keep(token: string, claims: AccessClaims): void {
    this.#verified.set(token, claims);
    for (const oldest of this.#verified.keys()) {
      if (this.#verified.size <= VERIFIED_TOKENS_MAX) break;
      this.#verified.delete(oldest);
    }
  }

  async #verify(token: string): Promise<AccessClaims | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        currentDate: new Date(this.#clock.nowMs()),
      });
      const claims = Claims.safeParse(payload);
      if (!claims.success) return undefined;
      const { sub: userId, sid: sessionId, exp } = claims.data;
      return { userId, sessionId, untilMs: exp * 1_000 };
    } catch (error) {
      if (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_J")) return undefined;
      throw error;
    }
  }
}

async function newKey(): Promise<string> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { crv: "Ed25519", extractable: true });
  return JSON.stringify(await exportJWK(privateKey));
}

async function importKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, ALGORITHM);
  if (key instanceof Uint8Array) throw new TypeError("an Ed25519 key was expected");
  return key;
}
