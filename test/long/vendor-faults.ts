import type { VendorAnswer } from "../../src/transport/virtual-vendor.ts";

const HOUR_MS = 3_600_000;
const DOWN_MS = 24 * HOUR_MS;
/** Shares of requests. */
const SERVER_ERROR = 0.01;
const CUT = 0.005;
const TOO_MANY = 0.003;
const NONSENSE = 0.003;
const SILENCE = 0.001;
const REVOCATION = 0.001;
/** Share of hours after which our clock is set. */
const CLOCK_SET = 0.05;
const CLOCK_OFF_MS_MAX = 900_000;
const SHORT_OUTAGES = 4;
/** Requests take up to so long to the vendor, and answers as long back. */
export const DELAY_MS_MAX = 200;

/** What goes wrong between us and a vendor; the same seed does the same. */
export class VendorFaults {
  #state: number;
  #clockOffMs = 0;
  /** Begin and end of outages, monotonic ms: short ones, and one of a whole day. */
  readonly #outages: readonly (readonly [number, number])[];
  readonly #dayOutage: readonly [number, number];

  constructor(seed: number, spanMs: number) {
    this.#state = seed;
    const startMs = HOUR_MS + this.random() * (spanMs - DOWN_MS - 4 * HOUR_MS);
    this.#dayOutage = [startMs, startMs + DOWN_MS];
    const short = Array.from({ length: SHORT_OUTAGES }, () => {
      const fromMs = this.random() * (spanMs - 4 * HOUR_MS);
      return [fromMs, fromMs + this.random() * HOUR_MS] as const;
    });
    this.#outages = [...short, this.#dayOutage];
  }

  /** Uniform in [0, 1): mulberry32 (Tommy Ettinger, public domain). */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let hash = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    hash = (hash + Math.imul(hash ^ (hash >>> 7), 61 | hash)) ^ hash;
    return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32;
  }

  /** What the request at that time gets instead of its answer. */
  strike(atMs: number): VendorAnswer | "cut" | "never" | undefined {
    if (this.#outages.some(([fromMs, toMs]) => atMs >= fromMs && atMs < toMs)) return "cut";
    let dice = this.random();
    const strikes = (share: number): boolean => {
      dice -= share;
      return dice < 0 && dice >= -share;
    };
    if (strikes(SERVER_ERROR))
      return { status: 503, headers: this.random() < 0.3 ? this.#patience() : {}, body: "down" };
    if (strikes(CUT)) return "cut";
    if (strikes(TOO_MANY)) return { status: 429, headers: this.#patience(), body: "" };
    if (strikes(NONSENSE)) return { status: 200, body: '{"half' };
    return strikes(SILENCE) ? "never" : undefined;
  }

  /** Whether the day-long outage holds. */
  isDown(atMs: number): boolean {
    return atMs >= this.#dayOutage[0] && atMs < this.#dayOutage[1];
  }

  readonly downMs = DOWN_MS;

  revokes(): boolean {
    return this.random() < REVOCATION;
  }

  delays(): { requestMs: number; answerMs: number } {
    return { requestMs: Math.floor(this.random() * DELAY_MS_MAX), answerMs: Math.floor(this.random() * DELAY_MS_MAX) };
  }

  /** By how much our clock is set now, ms: it stays within 15 minutes of the truth. */
  clockJumpMs(): number {
    if (this.random() >= CLOCK_SET) return 0;
    const offMs = Math.round((2 * this.random() - 1) * CLOCK_OFF_MS_MAX);
    const jumpMs = offMs - this.#clockOffMs;
    this.#clockOffMs = offMs;
    return jumpMs;
  }

  #patience(): Record<string, string> {
    return { "retry-after": String(1 + Math.floor(this.random() * 90)) };
  }
}
