import { chance } from "./chance.ts";

/** How often a fault strikes: in this share of requests (0 to 1), or in each of the next `next` requests. */
export type Occurrence = number | { readonly next: number };

/** Faults that strike a request now and then. */
export const STRIKES = {
  storm: "429 to a request that did not come early",
  "server-error": "500, 502, 503 or 504",
  reset: "the connection is reset after the request was seen",
  cut: "the connection ends in the middle of the answer",
  slow: "the answer comes slow-ms late",
  truncated: "the answer's JSON stops in the middle",
  missing: "one asked serial is not in the answer",
  extra: "a serial that was not asked for is in the answer",
  repeated: "one serial is in the answer twice, with another value",
  unreadable: "the power of one serial is no power",
} as const;
export type Strike = keyof typeof STRIKES;

/** Faults that hold all the time, in ms. */
export const SETTINGS_MS = {
  "slow-ms": "how late a slow answer comes (3000 unless said)",
  "skew-ms": "the vendor's clock is that far ahead in last_updated; behind when negative",
  "jitter-ms": "every request is delayed by 0 to that many ms before it is seen",
  "answer-jitter-ms": "every answer is delayed by 0 to that many ms",
} as const;
export type SettingMs = keyof typeof SETTINGS_MS;

export type Faults = { readonly [S in Strike]?: Occurrence } & { readonly [S in SettingMs]?: number } & {
  /** Nothing listens: connections are refused, and open ones are cut. */
  readonly outage?: boolean;
};

const SLOW_MS = 3_000;

/** Decides which fault strikes which request; the same seed and requests are struck in the same way. */
export class FaultDice {
  readonly #seed: number;
  #faults: Faults = {};
  readonly #left = new Map<Strike, number>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Replaces all faults. */
  set(faults: Faults): void {
    this.#faults = faults;
    this.#left.clear();
    for (const name of Object.keys(STRIKES) as Strike[]) {
      const occurrence = faults[name];
      if (typeof occurrence === "object") this.#left.set(name, occurrence.next);
    }
  }

  /** Whether the fault strikes this request; a burst is used up by asking. */
  strikes(name: Strike, request: number): boolean {
    const left = this.#left.get(name);
    if (left !== undefined) {
      this.#left.set(name, Math.max(0, left - 1));
      return left > 0;
    }
    const occurrence = this.#faults[name];
    return typeof occurrence === "number" && chance(this.#seed, "fault", name, request) < occurrence;
  }

  /** Uniform in [0, 1), for what a fault does to this request. */
  pick(name: string, request: number): number {
    return chance(this.#seed, "pick", name, request);
  }

  get slowMs(): number {
    return this.#faults["slow-ms"] ?? SLOW_MS;
  }

  get skewMs(): number {
    return this.#faults["skew-ms"] ?? 0;
  }

  /** Delay on the request's way to the vendor, ms. */
  requestDelayMs(request: number): number {
    return (this.#faults["jitter-ms"] ?? 0) * this.pick("request delay", request);
  }

  /** Delay on the answer's way back, ms. */
  answerDelayMs(request: number): number {
    return (this.#faults["answer-jitter-ms"] ?? 0) * this.pick("answer delay", request);
  }
}

/**
 * Reads faults as written on a command line: `storm=0.1,reset=3x,jitter-ms=30,outage`.
 * @throws Error with one line that names what cannot be read and what could stand there.
 */
export function parseFaults(text: string): Faults {
  const faults: Record<string, Occurrence | boolean> = {};
  for (const part of text.split(",").map((word) => word.trim())) {
    if (part === "") continue;
    const [name = "", value, ...rest] = part.split("=");
    if (rest.length > 0) throw new Error(`"${part}" is no fault: write name=value.`);
    if (Object.hasOwn(faults, name)) throw new Error(`The fault "${name}" is given twice.`);
    if (name === "outage" && value === undefined) faults[name] = true;
    else if (Object.hasOwn(STRIKES, name)) faults[name] = occurrence(name, value);
    else if (Object.hasOwn(SETTINGS_MS, name)) faults[name] = milliseconds(name, value);
    else {
      const known = [...Object.keys(STRIKES), ...Object.keys(SETTINGS_MS), "outage"].join(", ");
      throw new Error(`"${name}" is no fault; the faults are: ${known}.`);
    }
  }
  return faults;
}

function occurrence(name: string, value = ""): Occurrence {
  const burst = /^(\d{1,6})x$/.exec(value);
  if (burst) return { next: Number(burst[1]) };
  if (/^(\d*\.)?\d+$/.test(value) && Number(value) <= 1) return Number(value);
  throw new Error(`"${name}" takes a share of requests from 0 to 1, or a number of requests such as 5x.`);
}

function milliseconds(name: string, value = ""): number {
  if (/^\d{1,15}$/.test(value) || (name === "skew-ms" && /^-\d{1,15}$/.test(value))) return Number(value);
  throw new Error(`"${name}" takes a whole number of ms.`);
}
