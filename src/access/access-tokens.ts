import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { OwnSecrets } from "../catalogue/own-secrets.ts";
import type { Users } from "../catalogue/users.ts";
import type { Clock } from "../domain/clock.ts";
import type { User } from "../domain/user.ts";

export const ACCESS_TOKEN_LIFETIME_S = 900;
const ALGORITHM = "EdDSA";
const ISSUER = "kilowatch";
const SECRET_NAME = "access-token-key";

const StoredKey = z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string(), d: z.string() });

/** Short-lived bearer tokens for programs, signed with a key that each installation makes for itself. */
export class AccessTokens {
  readonly #privateKey: CryptoKey;
  readonly #publicKey: CryptoKey;
  readonly #users: Users;
  readonly #clock: Clock;

  private constructor(privateKey: CryptoKey, publicKey: CryptoKey, users: Users, clock: Clock) {
    this.#privateKey = privateKey;
    this.#publicKey = publicKey;
    this.#users = users;
    this.#clock = clock;
  }

  static async open(secrets: OwnSecrets, users: Users, clock: Clock): Promise<AccessTokens> {
    const stored = StoredKey.parse(JSON.parse(await secrets.getOrMake(SECRET_NAME, newKey)));
    const { d: _, ...open } = stored;
    return new AccessTokens(await importKey(stored), await importKey(open), users, clock);
  }

  issue(user: User): Promise<string> {
    const nowS = Math.floor(this.#clock.nowMs() / 1_000);
    return new SignJWT()
      .setProtectedHeader({ alg: ALGORITHM })
      .setIssuer(ISSUER)
      .setSubject(user.id)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + ACCESS_TOKEN_LIFETIME_S)
      .sign(this.#privateKey);
  }

  /** Whose token it is; undefined when it is not ours, has ended, or its user is gone. */
  async find(token: string): Promise<User | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        currentDate: new Date(this.#clock.nowMs()),
      });
      return payload.sub === undefined ? undefined : await this.#users.find(payload.sub);
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
