import { type SimulatorCounters, type SimulatorTimings, startStrictServer } from "../strict-server.ts";
import type { SimulatorTime } from "../time.ts";
import { type Violation, ViolationLog } from "../violations.ts";
import { FaultDice, type Faults } from "./faults.ts";
import { createPlant, type Plant } from "./plant.ts";
import type { PowerPViolation } from "./refusal.ts";
import { SignIn, TOKEN_LIFETIME_S, type TokenForm } from "./sign-in.ts";
import { BASE_PATH, PowerPVendor } from "./vendor.ts";

export const CLIENT_ID = "demo-client";
export const CLIENT_SECRET = "demo-secret";
/** The vendor publishes no rate; this is the simulator's own, in any stretch of a second. */
export const REQUESTS_PER_SECOND = 10;

export interface PowerPSimulatorOptions {
  /** 0 (unless said) lets the system choose. */
  readonly port?: number;
  readonly host?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Another seed is another past of the plants, and other faults. */
  readonly seed?: number;
  readonly faults?: Faults;
  readonly time?: SimulatorTime;
  /** Whether this tenant has v2 (true unless said); without it, its paths answer 404. */
  readonly v2?: boolean;
  /** Which form of asking for a token is answered; "both" unless said. */
  readonly tokenForm?: TokenForm | "both";
  /** Whole seconds that a token lives. One of which 0 or nothing is told lives for `UNTOLD_LIFETIME_MS`. */
  readonly tokenLifetimeS?: number | "missing";
  readonly requestsPerSecond?: number;
  /** Told of every violation as it happens; must not throw. */
  readonly onViolation?: (violation: Violation<PowerPViolation>) => void;
}

export interface PowerPSimulator {
  /** `http://host:port/api/`. */
  readonly url: string;
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly plant: Plant;
  readonly violations: ViolationLog<PowerPViolation>;
  readonly counters: Readonly<SimulatorCounters>;
  readonly timings: Readonly<SimulatorTimings>;
  /** How many tokens were given out. */
  readonly logins: number;
  /** Replaces all faults. Resolves when they hold: an outage has closed the port, its end has opened it again. */
  setFaults(faults: Faults): Promise<void>;
  /** Every token given out so far is answered 401 from now on. */
  revokeTokens(): void;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the vendor's server, as strict as its contract. Rejects with the system's error when the port cannot be had. */
export async function startPowerPSimulator(options: PowerPSimulatorOptions = {}): Promise<PowerPSimulator> {
  const { clientId = CLIENT_ID, clientSecret = CLIENT_SECRET, seed = 1, port, host, faults, time } = options;
  const { v2 = true, tokenForm = "both", tokenLifetimeS = TOKEN_LIFETIME_S } = options;
  const { requestsPerSecond = REQUESTS_PER_SECOND } = options;
  const plant = createPlant(seed);
  const dice = new FaultDice(seed);
  const violations = new ViolationLog<PowerPViolation>(options.onViolation);
  const signIn = new SignIn({ clientId, clientSecret, tokenForm, tokenLifetimeS });
  const server = await startStrictServer({
    vendor: new PowerPVendor({ plant, signIn, dice, v2, requestsPerSecond }),
    dice,
    violations,
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
    ...(faults === undefined ? {} : { faults }),
    ...(time === undefined ? {} : { time }),
  });
  const { counters, timings } = server;
  return {
    url: `${server.url}${BASE_PATH}`,
    port: server.port,
    clientId,
    clientSecret,
    plant,
    violations,
    counters,
    timings,
    get logins() {
      return signIn.tokens.issued;
    },
    setFaults: (next) => server.setFaults(next),
    revokeTokens: () => signIn.tokens.revokeAll(),
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}
