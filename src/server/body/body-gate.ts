import type { Clock } from "../../domain/clock.ts";
import { BODY_LIMITS, type BodyLimits } from "./limits.ts";
import { BodyTooLarge, BodyTooSlow, ServerBusy } from "./refusals.ts";
import { YoungGarbage } from "./young-garbage.ts";

const SWEEP_INTERVAL_MS = 1_000;

/** Lets bodies in, as many and as fast as the limits say, and keeps what each costs. */
export class BodyGate {
  readonly limits: BodyLimits;
  readonly garbage = new YoungGarbage();
  readonly #clock: Clock;
  readonly #inside = new Set<BodyPass>();
  readonly #closed = new AbortController();
  #isSweeping = false;
  /** Unpacked bytes of all bodies inside. */
  heldBytes = 0;

  constructor(clock: Clock, limits: Partial<BodyLimits> = {}) {
    this.#clock = clock;
    this.limits = { ...BODY_LIMITS, ...limits };
  }

  /** Bodies inside. */
  get bodies(): number {
    return this.#inside.size;
  }

  /** Lets a body in; `leave` when its readings are stored or it is given up. @throws ServerBusy, BodyTooLarge by what it says of itself */
  enter(contentLength: string | undefined): BodyPass {
    if (this.#inside.size >= this.limits.bodiesMax) throw new ServerBusy();
    if (Number(contentLength ?? 0) > this.limits.wireBytesMax) throw tooLarge("is", this.limits.wireBytesMax);
    const pass = new BodyPass(this, this.#clock.monotonicMs(), () => this.#inside.delete(pass));
    this.#inside.add(pass);
    if (!this.#isSweeping) void this.#sweep();
    return pass;
  }

  close(): void {
    this.#closed.abort();
  }

  /** Looks once a second for bodies that are too slow: a timer for each would cost more than most bodies do. */
  async #sweep(): Promise<void> {
    this.#isSweeping = true;
    try {
      while (this.#inside.size > 0) {
        await this.#clock.sleepUntil(this.#clock.monotonicMs() + SWEEP_INTERVAL_MS, this.#closed.signal);
        const nowMs = this.#clock.monotonicMs();
        for (const pass of this.#inside) pass.judge(nowMs);
      }
    } catch {
      // The server closes: nobody waits for bodies any more.
    } finally {
      this.#isSweeping = false;
    }
  }
}

/** One body's way through the gate. */
export class BodyPass {
  readonly #gate: BodyGate;
  readonly #enteredMs: number;
  readonly #onLeave: () => void;
  #onTooSlow: ((error: BodyTooSlow) => void) | null = null;
  #wireBytes = 0;
  #unpackedBytes = 0;
  /** At the last judgement: bytes, and since when there were no more. */
  #judgedBytes = 0;
  #silentSinceMs: number;
  #hasLeft = false;

  constructor(gate: BodyGate, enteredMs: number, onLeave: () => void) {
    this.#gate = gate;
    this.#enteredMs = enteredMs;
    this.#silentSinceMs = enteredMs;
    this.#onLeave = onLeave;
  }

  get unpackedBytes(): number {
    return this.#unpackedBytes;
  }

  /** Counts bytes off the wire. @throws BodyTooLarge */
  came(bytes: number): void {
    this.#wireBytes += bytes;
    this.#gate.garbage.came(bytes);
    if (this.#wireBytes > this.#gate.limits.wireBytesMax) throw tooLarge("is", this.#gate.limits.wireBytesMax);
  }

  /** Counts bytes that go into the decoder. @throws BodyTooLarge, ServerBusy */
  unpacked(bytes: number): void {
    const { unpackedBytesMax, ratioMax, ratioFreeBytes, heldBytesMax } = this.#gate.limits;
    const others = this.#gate.heldBytes - this.#unpackedBytes;
    this.#unpackedBytes += bytes;
    this.#gate.heldBytes += bytes;
    if (this.#unpackedBytes > unpackedBytesMax) throw tooLarge("unpacks to", unpackedBytesMax);
    if (this.#unpackedBytes > ratioFreeBytes && this.#unpackedBytes > ratioMax * this.#wireBytes) {
      throw new BodyTooLarge(`The body unpacks to more than ${ratioMax} times its length.`);
    }
    if (others > 0 && others + this.#unpackedBytes > heldBytesMax) throw new ServerBusy();
  }

  /** Has the body watched until `arrived`. */
  whenTooSlow(refuse: (error: BodyTooSlow) => void): void {
    this.#onTooSlow = refuse;
  }

  arrived(): void {
    this.#onTooSlow = null;
  }

  /** Refuses the body if it is too slow. */
  judge(nowMs: number): void {
    const { silenceMsMax, paceAfterMs, bytesPerSecondMin } = this.#gate.limits;
    if (this.#wireBytes !== this.#judgedBytes) {
      this.#judgedBytes = this.#wireBytes;
      this.#silentSinceMs = nowMs;
    }
    const ageMs = nowMs - this.#enteredMs;
    if (nowMs - this.#silentSinceMs >= silenceMsMax) {
      this.#onTooSlow?.(new BodyTooSlow(`No byte of the body came for ${silenceMsMax / 1_000} seconds.`));
    } else if (ageMs >= paceAfterMs && this.#wireBytes < (bytesPerSecondMin * ageMs) / 1_000) {
      this.#onTooSlow?.(new BodyTooSlow(`The body comes at less than ${bytesPerSecondMin} bytes a second.`));
    }
  }

  /** Idempotent. */
  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#gate.heldBytes -= this.#unpackedBytes;
    this.#onLeave();
  }
}

function tooLarge(verb: string, bytesMax: number): BodyTooLarge {
  return new BodyTooLarge(`The body ${verb} more than ${bytesMax} bytes; send it in pieces.`);
}
