import {
  type Reply,
  type SeenRequest,
  type SimulatorCounters,
  type SimulatorTimings,
  type StrictVendor,
  startStrictServer,
  type TooEarly,
} from "../strict-server.ts";
import { type SimulatorTime, systemTime } from "../time.ts";
import { type Violation as AnyViolation, ViolationLog } from "../violations.ts";
import { rowsFor, spoiled } from "./answer.ts";
import { FaultDice, type Faults } from "./faults.ts";
import { createFleet, type Fleet } from "./fleet.ts";
import { RateRule } from "./rate.ts";
import { signatureFault } from "./signature.ts";

export const DEFAULT_TOKEN = "interview_token_123";
export const QUERY_PATH = "/device/real/query";
export const SERIALS_PER_REQUEST_MAX = 10;

export type ViolationKind = "rate" | "signature" | "batch" | "body" | "method" | "path";
export type Violation = AnyViolation<ViolationKind>;

export interface EnergyGridSimulatorOptions {
  /** 0 (unless said) lets the system choose. */
  readonly port?: number;
  readonly host?: string;
  readonly token?: string;
  /** Another seed is another fleet, another sky and other faults. */
  readonly seed?: number;
  readonly faults?: Faults;
  readonly time?: SimulatorTime;
  readonly fleet?: Fleet;
  /** Told of every violation as it happens; must not throw. */
  readonly onViolation?: (violation: Violation) => void;
}

export interface EnergyGridSimulator {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly fleet: Fleet;
  readonly violations: ViolationLog<ViolationKind>;
  readonly counters: Readonly<SimulatorCounters>;
  readonly timings: Readonly<SimulatorTimings>;
  /** Replaces all faults. Resolves when they hold: an outage has closed the port, its end has opened it again. */
  setFaults(faults: Faults): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the vendor's server, as strict as its contract. Rejects with the system's error when the port cannot be had. */
export async function startEnergyGridSimulator(options: EnergyGridSimulatorOptions = {}): Promise<EnergyGridSimulator> {
  const { host = "127.0.0.1", port = 0, token = DEFAULT_TOKEN, seed = 1, faults = {}, time = systemTime } = options;
  const fleet = options.fleet ?? createFleet(seed);
  const violations = new ViolationLog<ViolationKind>(options.onViolation);
  const dice = new FaultDice(seed);
  const vendor = new Vendor(token, fleet, dice, time);
  const server = await startStrictServer({ vendor, dice, violations, faults, time, port, host });
  return { ...server, token, fleet, violations, [Symbol.asyncDispose]: server.close };
}

class Vendor implements StrictVendor<ViolationKind> {
  readonly #token: string;
  readonly #fleet: Fleet;
  readonly #dice: FaultDice;
  readonly #time: SimulatorTime;
  readonly #rate = new RateRule();

  constructor(token: string, fleet: Fleet, dice: FaultDice, time: SimulatorTime) {
    this.#token = token;
    this.#fleet = fleet;
    this.#dice = dice;
    this.#time = time;
  }

  rate({ headers, seenAtMonotonicMs }: SeenRequest): TooEarly | null {
    const byMs = this.#rate.arrive(headers.authorization ?? "", seenAtMonotonicMs);
    return byMs === null ? null : { byMs };
  }

  errorBody(_status: number, detail: string): string {
    return JSON.stringify({ error: detail });
  }

  async respond({ target, method, headers, number, body }: SeenRequest): Promise<Reply<ViolationKind>> {
    if (target !== QUERY_PATH) return this.#refuse(404, "path", "There is no such path");
    if (method !== "POST") return this.#refuse(405, "method", "Only POST is answered here");
    const fault = signatureFault(target, headers, this.#token);
    if (fault !== null) return this.#refuse(401, "signature", fault);
    const text = await body();
    if (text === null) return this.#refuse(413, "body", "the body is too large");
    const serials = readSerials(text, headers["content-type"]);
    if (typeof serials === "string") {
      return this.#refuse(400, serials.includes("at most") ? "batch" : "body", serials);
    }
    return { status: 200, body: () => this.#rows(serials, number) };
  }

  /** The state at the moment of sending: a slow answer is no older for it. */
  #rows(serials: readonly string[], number: number): string {
    const rows = rowsFor(this.#fleet, serials, this.#time.nowMs(), this.#dice.settingMs("skew-ms"));
    return JSON.stringify({ data: spoiled(rows, this.#fleet, this.#dice, number) });
  }

  #refuse(status: number, kind: ViolationKind, detail: string): Reply<ViolationKind> {
    return { status, body: this.errorBody(status, detail), violation: { kind, detail } };
  }
}

/** The serials of a body, or what is wrong with it. */
function readSerials(body: string, contentType: string | undefined): readonly string[] | string {
  if (!/^application\/json\b/i.test(contentType ?? "")) return "Content-Type must be application/json";
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return "the body is not JSON";
  }
  const list: unknown =
    typeof parsed === "object" && parsed !== null && "sn_list" in parsed ? parsed.sn_list : undefined;
  if (!Array.isArray(list)) return "sn_list must be an array";
  if (list.length > SERIALS_PER_REQUEST_MAX)
    return `sn_list holds ${list.length} serials, at most ${SERIALS_PER_REQUEST_MAX} are allowed`;
  return list.every((sn): sn is string => typeof sn === "string") ? list : "sn_list must hold text";
}
