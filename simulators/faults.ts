import { chance } from "./chance.ts";

/** How often a fault strikes: in this share of requests (0 to 1), or in each of the next `next` requests. */
export type Occurrence = number | { readonly next: number };

/** Faults of the way to a vendor, which every vendor's server can have; they strike a request now and then. */
export const TRANSPORT_STRIKES = {
  storm: "429 to a request that did not come early",
  "server-error": "500, 502, 503 or 504",
  reset: "the connection is reset after the request was seen",
  cut: "the connection ends in the middle of the answer",
  slow: "the answer comes slow-ms late",
  truncated: "the answer's JSON stops in the middle",
} as const;
export type TransportStrike = keyof typeof TRANSPORT_STRIKES;

/** Faults of the way to a vendor that hold all the time, in ms. Those that end in `skew-ms` may be negative. */
export const TRANSPORT_SETTINGS_MS = {
  "slow-ms": "how late a slow answer comes (3000 unless said)",
  "jitter-ms": "every request is delayed by 0 to that many ms before it is seen",
  "answer-jitter-ms": "every answer is delayed by 0 to that many ms",
  "clock-skew-ms": "the vendor's whole clock is that far ahead, its Date header too; behind when negative",
} as const;
export type TransportSettingMs = keyof typeof TRANSPORT_SETTINGS_MS;

/** Words of each fault that one vendor's simulator knows, for a list that people read. */
export interface FaultCatalogue<Strike extends string = string, SettingMs extends string = string> {
  readonly strikes: Readonly<Record<TransportStrike | Strike, string>>;
  readonly settingsMs: Readonly<Record<TransportSettingMs | SettingMs, string>>;
}

/** Faults to switch on: those of the transport, and `Strike` and `SettingMs` that one vendor adds. */
export type Faults<Strike extends string = never, SettingMs extends string = never> = {
  readonly [S in TransportStrike | Strike]?: Occurrence;
} & { readonly [S in TransportSettingMs | SettingMs]?: number } & {
  /** Nothing listens: connections are refused, and open ones are cut. */
  readonly outage?: boolean;
};

const SLOW_MS = 3_000;

/** Decides which fault strikes which request; the same seed and requests are struck in the same way. */
export class FaultDice<Strike extends string = never, SettingMs extends string = never> {
  readonly #seed: number;
  #faults: Readonly<Record<string, Occurrence | boolean | undefined>> = {};
  readonly #left = new Map<string, number>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Replaces all faults. */
  set(faults: Faults<Strike, SettingMs>): void {
    this.#faults = faults;
    this.#left.clear();
    for (const [name, occurrence] of Object.entries(this.#faults)) {
      if (typeof occurrence === "object") this.#left.set(name, occurrence.next);
    }
  }

  /** Whether the fault strikes this request; a burst is used up by asking. */
  strikes(name: TransportStrike | Strike, request: number): boolean {
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

  /** Ms of a setting; 0 when it is not switched on, but a slow answer always has its time. */
  settingMs(name: TransportSettingMs | SettingMs): number {
    const value = this.#faults[name];
    if (typeof value === "number") return value;
    return name === "slow-ms" ? SLOW_MS : 0;
  }

  /** Delay on the request's way to the vendor, ms. */
  requestDelayMs(request: number): number {
    return this.settingMs("jitter-ms") * this.pick("request delay", request);
  }

  /** Delay on the answer's way back, ms. */
  answerDelayMs(request: number): number {
    return this.settingMs("answer-jitter-ms") * this.pick("answer delay", request);
  }
}

/**
 * Reads faults as written on a command line: `storm=0.1,reset=3x,jitter-ms=30,outage`.
 * @throws Error with one line that names what cannot be read and what could stand there.
 */
export function parseFaults<Strike extends string, SettingMs extends string>(
  text: string,
  { strikes, settingsMs }: FaultCatalogue<Strike, SettingMs>,
): Faults<Strike, SettingMs> {
  const faults: Record<string, Occurrence | boolean> = {};
  for (const part of text.split(",").map((word) => word.trim())) {
    if (part === "") continue;
    const [name = "", value, ...rest] = part.split("=");
    if (rest.length > 0) throw new Error(`"${part}" is no fault: write name=value.`);
    if (Object.hasOwn(faults, name)) throw new Error(`The fault "${name}" is given twice.`);
    if (name === "outage" && value === undefined) faults[name] = true;
    else if (Object.hasOwn(strikes, name)) faults[name] = occurrence(name, value);
    else if (Object.hasOwn(settingsMs, name)) faults[name] = milliseconds(name, value);
    else {
      const known = [...Object.keys(strikes), ...Object.keys(settingsMs), "outage"].join(", ");
      throw new Error(`"${name}" is no fault; the faults are: ${known}.`);
    }
  }
  // Each name was found in the catalogue, each value read as its kind wants it.
  return faults as Faults<Strike, SettingMs>;
}

function occurrence(name: string, value = ""): Occurrence {
  const burst = /^(\d{1,6})x$/.exec(value);
  if (burst) return { next: Number(burst[1]) };
  if (/^(\d*\.)?\d+$/.test(value) && Number(value) <= 1) return Number(value);
  throw new Error(`"${name}" takes a share of requests from 0 to 1, or a number of requests such as 5x.`);
}

function milliseconds(name: string, value = ""): number {
  if (/^\d{1,15}$/.test(value) || (name.endsWith("skew-ms") && /^-\d{1,15}$/.test(value))) return Number(value);
  throw new Error(`"${name}" takes a whole number of ms.`);
}
