import { chance } from "../chance.ts";
import { type SimulatorCounters, type SimulatorTimings, startStrictServer } from "../strict-server.ts";
import { type SimulatorTime, systemTime } from "../time.ts";
import { type Violation as AnyViolation, ViolationLog } from "../violations.ts";
import { Access, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, type Profile, type ViolationKind } from "./access.ts";
import type { MqttCounters } from "./broker.ts";
import { FaultDice, type Faults } from "./faults.ts";
import { Live } from "./live.ts";
import { type Cabinet, createPlant } from "./plant.ts";
import { type MqttUser, Tokens } from "./tokens.ts";
import { ElecnovaVendor } from "./vendor.ts";

export type Violation = AnyViolation<ViolationKind>;

/** How often live messages go out, in real use. */
export const PUBLISH_INTERVAL_MS = 5_000;

export interface ElecnovaSimulatorOptions {
  /** HTTP; 0 (unless said) lets the system choose. */
  readonly port?: number;
  /** MQTT over TLS; 0 (unless said) lets the system choose. */
  readonly mqttPort?: number;
  readonly host?: string;
  /** Another seed is another plant, another sky and other faults. */
  readonly seed?: number;
  readonly faults?: Faults;
  /** Time of requests, tokens and readings. */
  readonly time?: SimulatorTime;
  /** How many, 0 to `CABINETS_MAX`. */
  readonly cabinets?: number;
  /** The form of business calls that is accepted; `both` (unless said) takes each call by its own form. */
  readonly profile?: Profile;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Ms of real time between rounds of live messages; null for none but those of `tick()`, as when `time` is given. */
  readonly publishIntervalMs?: number | null;
  /** Told of every violation as it happens; must not throw. */
  readonly onViolation?: (violation: Violation) => void;
}

export interface ElecnovaSimulator {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** `mqtts://host:port`. */
  readonly mqttUrl: string;
  readonly mqttPort: number;
  /** PEM, self-signed, made at start: what an MQTT client must trust. */
  readonly certificate: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Cabinets by serial number. */
  readonly plant: ReadonlyMap<string, Cabinet>;
  readonly violations: ViolationLog<ViolationKind>;
  readonly counters: Readonly<SimulatorCounters>;
  readonly timings: Readonly<SimulatorTimings>;
  readonly mqtt: Readonly<MqttCounters>;
  /** How many tokens were given out. */
  readonly logins: number;
  /** Replaces all faults. Resolves when they hold; an outage is one of HTTP and MQTT. */
  setFaults(faults: Faults): Promise<void>;
  /** From now on no token of before is accepted, by HTTP or by MQTT; open MQTT connections stay. */
  revokeTokens(): void;
  /** Cuts all MQTT connections and takes new ones; sessions are kept. */
  restartBroker(): Promise<void>;
  /** Publishes a round of live messages, of the simulator's time; resolves when the broker has them all. */
  tick(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the vendor's server and broker, as strict as its contract. Rejects with the system's error when a port cannot be had. */
export async function startElecnovaSimulator(options: ElecnovaSimulatorOptions = {}): Promise<ElecnovaSimulator> {
  const { host = "127.0.0.1", seed = 1, faults = {}, time = systemTime, profile = "both" } = options;
  const { clientId = DEFAULT_CLIENT_ID, clientSecret = DEFAULT_CLIENT_SECRET } = options;
  // Real time drives the messages of a simulator that lives in real time; one that was given its time is told when.
  const { publishIntervalMs = options.time ? null : PUBLISH_INTERVAL_MS } = options;
  const plant = createPlant(seed, options.cabinets);
  const violations = new ViolationLog<ViolationKind>(options.onViolation);
  const dice = new FaultDice(seed);
  const tokens = new Tokens();
  const access = new Access({ clientId, clientSecret, profile, tokens });
  const mqttUser = mqttUserOf(seed, clientId);
  const vendor = new ElecnovaVendor({ mqttUser, plant, access, tokens, dice, time });
  const live = await Live.start({
    seed,
    plant,
    tokens,
    dice,
    violations,
    mqttUser,
    time,
    host,
    port: options.mqttPort ?? 0,
  });
  const server = await startStrictServer({
    vendor,
    dice,
    violations,
    faults,
    time,
    port: options.port ?? 0,
    host,
  }).catch(async (error: unknown) => {
    await live.close();
    throw error;
  });
  if (faults.outage) await live.setOutage(true);
  if (publishIntervalMs !== null) live.tickEvery(publishIntervalMs);
  const close = async (): Promise<void> => {
    await Promise.all([server.close(), live.close()]);
  };
  return {
    url: server.url,
    port: server.port,
    mqttUrl: live.url,
    mqttPort: live.port,
    certificate: live.certificate,
    clientId,
    clientSecret,
    plant,
    violations,
    counters: server.counters,
    timings: server.timings,
    mqtt: live.counters,
    get logins() {
      return tokens.issued;
    },
    async setFaults(next) {
      await Promise.all([server.setFaults(next), live.setOutage(next.outage ?? false)]);
    },
    revokeTokens: () => tokens.revokeAll(),
    restartBroker: () => live.restart(),
    tick: () => live.tick(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Both last as long as the client id: a client that logs in anew keeps its MQTT session. */
function mqttUserOf(seed: number, clientId: string): MqttUser {
  const number = Math.floor(chance(seed, clientId, "mqtt id") * 2 ** 32);
  return { id: `ems-${number.toString(16).padStart(8, "0")}`, username: `u-${clientId}` };
}
