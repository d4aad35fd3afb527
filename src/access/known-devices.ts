import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { OwnSecrets } from "../catalogue/own-secrets.ts";
import type { Clock } from "../domain/clock.ts";

/** How long a browser that has signed in is known by its cookie. */
export const DEVICE_LIFETIME_MS = 365 * 24 * 3_600_000;
const SECRET_NAME = "known-device-key";
const SECRET_BYTES = 32;
const ID_BYTES = 16;
const TOKEN = /^([\w-]{22})\.(\d{1,15})\.([\w-]{43})$/;

/**
 * Browsers that an account has signed in with before, known by a signed token: nothing is stored. It lets nobody in; it says whose
 * failures are counted together (after OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
 */
export class KnownDevices {
  readonly #secret: Buffer;
  readonly #clock: Clock;

  private constructor(secret: Buffer, clock: Clock) {
    this.#secret = secret;
    this.#clock = clock;
  }

  static async open(secrets: Pick<OwnSecrets, "getOrMake">, clock: Clock): Promise<KnownDevices> {
    const make = async () => randomBytes(SECRET_BYTES).toString("base64url");
    return new KnownDevices(Buffer.from(await secrets.getOrMake(SECRET_NAME, make), "base64url"), clock);
  }

  /** A token for the browser that this account has just signed in with. */
  issue(account: string): string {
    const id = randomBytes(ID_BYTES).toString("base64url");
    const endsMs = this.#clock.nowMs() + DEVICE_LIFETIME_MS;
    return `${id}.${endsMs}.${this.#signature(account, id, endsMs).toString("base64url")}`;
  }

  /** The device's id; undefined unless this account signed in with it, and not too long ago. */
  find(account: string, token: string | undefined): string | undefined {
    const [, id, ends, signature] = TOKEN.exec(token ?? "") ?? [];
    if (id === undefined || signature === undefined) return undefined;
    const endsMs = Number(ends);
    const isOurs = timingSafeEqual(Buffer.from(signature, "base64url"), this.#signature(account, id, endsMs));
    return isOurs && this.#clock.nowMs() < endsMs ? id : undefined;
  }

  #signature(account: string, id: string, endsMs: number): Buffer {
    return createHmac("sha256", this.#secret)
      .update(JSON.stringify([account, id, endsMs]))
      .digest();
  }
}
