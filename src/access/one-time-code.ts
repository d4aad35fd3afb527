import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../domain/clock.ts";

/** How long a printed link works. */
export const CODE_LIFETIME_MS = 24 * 3_600_000;
const CODE_BYTES = 24;

/** A code that is printed once at start and lets whoever can read the server's output in, once. Kept in memory as a hash. */
export class OneTimeCode {
  readonly #clock: Clock;
  #hash: Buffer | null = null;
  #expiresMonotonicMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes a new code; the one before it stops working. */
  issue(): string {
    const code = randomBytes(CODE_BYTES).toString("base64url");
    this.#hash = sha256(code);
    this.#expiresMonotonicMs = this.#clock.monotonicMs() + CODE_LIFETIME_MS;
    return code;
  }

  /** Whether the code is the one that was issued and has not been spent. */
  fits(code: string): boolean {
    return (
      this.#hash !== null &&
      this.#clock.monotonicMs() < this.#expiresMonotonicMs &&
      timingSafeEqual(this.#hash, sha256(code))
    );
  }

  /** Like `fits`, and the code works no more afterwards. */
  spend(code: string): boolean {
    const fits = this.fits(code);
    if (fits) this.#hash = null;
    return fits;
  }
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
