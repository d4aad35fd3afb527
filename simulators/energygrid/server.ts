import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { rowsFor, spoiled } from "./answer.ts";
import { FaultDice, type Faults } from "./faults.ts";
import { createFleet, type Fleet } from "./fleet.ts";
import { RateRule } from "./rate.ts";
import { signatureFault } from "./signature.ts";
import { type Violation, ViolationLog } from "./violations.ts";

export const DEFAULT_TOKEN = "interview_token_123";
export const QUERY_PATH = "/device/real/query";
export const SERIALS_PER_REQUEST_MAX = 10;
const BODY_BYTES_MAX = 65_536;
const SERVER_ERRORS = [500, 502, 503, 504] as const;

/** Time as the simulator sees it; monotonic for the rate, wall for the fleet. */
export interface SimulatorTime {
  nowMs(): number;
  monotonicMs(): number;
  sleepUntil(untilMonotonicMs: number): Promise<void>;
}

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

/** What happened to the requests so far. Every request is in `seen` and in exactly one of the others. */
export interface SimulatorCounters {
  seen: number;
  /** 200, whole or spoiled. */
  answered: number;
  /** 429, since the request came early. */
  refused: number;
  /** 401. */
  unauthorised: number;
  /** 400, 404, 405 or 413. */
  malformed: number;
  /** Struck down by a fault: a 429 of a storm, a 5xx, a reset. */
  struck: number;
}

/** How the requests came, as the vendor saw it. Ms. */
export interface SimulatorTimings {
  /** From the first request to the last, as seen. */
  spanMs: number;
  /** Sum of the delays that the network faults put before requests and before answers. */
  requestDelayMs: number;
  answerDelayMs: number;
}

export interface EnergyGridSimulator {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly fleet: Fleet;
  readonly violations: ViolationLog;
  readonly counters: Readonly<SimulatorCounters>;
  readonly timings: Readonly<SimulatorTimings>;
  /** Replaces all faults. Resolves when they hold: an outage has closed the port, its end has opened it again. */
  setFaults(faults: Faults): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the vendor's server, as strict as its contract. Rejects with the system's error when the port cannot be had. */
export async function startEnergyGridSimulator(options: EnergyGridSimulatorOptions = {}): Promise<EnergyGridSimulator> {
  const { host = "127.0.0.1", token = DEFAULT_TOKEN, seed = 1, faults = {}, time = systemTime } = options;
  const dice = new FaultDice(seed);
  dice.set(faults);
  const vendor = new Vendor({
    token,
    time,
    dice,
    fleet: options.fleet ?? createFleet(seed),
    violations: new ViolationLog(options.onViolation),
  });
  const server = createServer((request, response) => {
    vendor.answer(request, response).catch(() => request.socket.destroy());
  });
  await listen(server, options.port ?? 0, host);
  const { port } = server.address() as AddressInfo;
  if (faults.outage) await stop(server);
  const close = (): Promise<void> => stop(server);
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    token,
    fleet: vendor.fleet,
    violations: vendor.violations,
    counters: vendor.counters,
    timings: vendor.timings,
    async setFaults(next) {
      dice.set(next);
      if (next.outage) await stop(server);
      else if (!server.listening) await listen(server, port, host);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface VendorParts {
  readonly token: string;
  readonly time: SimulatorTime;
  readonly dice: FaultDice;
  readonly fleet: Fleet;
  readonly violations: ViolationLog;
}

class Vendor {
  readonly fleet: Fleet;
  readonly violations: ViolationLog;
  readonly counters: SimulatorCounters = { seen: 0, answered: 0, refused: 0, unauthorised: 0, malformed: 0, struck: 0 };
  readonly timings: SimulatorTimings = { spanMs: 0, requestDelayMs: 0, answerDelayMs: 0 };
  readonly #token: string;
  readonly #time: SimulatorTime;
  readonly #dice: FaultDice;
  readonly #rate = new RateRule();
  #drawn = 0;
  #firstSeenMs: number | null = null;

  constructor({ token, time, dice, fleet, violations }: VendorParts) {
    this.#token = token;
    this.#time = time;
    this.#dice = dice;
    this.fleet = fleet;
    this.violations = violations;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.timings.requestDelayMs += await this.#delay(this.#dice.requestDelayMs(++this.#drawn));
    // A client that is gone before its request got here was never seen.
    if (request.socket.destroyed) return;

    const seenAtMs = this.#time.monotonicMs();
    const number = ++this.counters.seen;
    this.#firstSeenMs ??= seenAtMs;
    this.timings.spanMs = seenAtMs - this.#firstSeenMs;
    const refuse = (status: number, kind: Violation["kind"], detail: string): Promise<void> => {
      this.violations.add({ kind, request: number, atMs: this.#time.nowMs(), monotonicMs: seenAtMs, detail });
      return this.#send(response, number, status, JSON.stringify({ error: detail }));
    };

    if (this.#dice.strikes("storm", number)) {
      this.counters.struck++;
      return this.#send(response, number, 429, '{"error":"Too many requests"}');
    }
    const earlyMs = this.#rate.arrive(request.headers.authorization ?? "", seenAtMs);
    if (earlyMs !== null) {
      this.counters.refused++;
      return refuse(429, "rate", `Too many requests: ${earlyMs.toFixed(3)} ms too early`);
    }
    if (request.url !== QUERY_PATH) {
      this.counters.malformed++;
      return refuse(404, "path", "There is no such path");
    }
    if (request.method !== "POST") {
      this.counters.malformed++;
      return refuse(405, "method", "Only POST is answered here");
    }
    const fault = signatureFault(request.url, request.headers, this.#token);
    if (fault !== null) {
      this.counters.unauthorised++;
      return refuse(401, "signature", fault);
    }
    const body = await readBody(request);
    const asked = body === null ? "the body is too large" : readSerials(body, request.headers["content-type"]);
    if (typeof asked === "string") {
      this.counters.malformed++;
      return refuse(body === null ? 413 : 400, asked.includes("at most") ? "batch" : "body", asked);
    }
    return this.#fulfil(response, number, asked);
  }

  async #fulfil(response: ServerResponse, number: number, serials: readonly string[]): Promise<void> {
    const dice = this.#dice;
    if (dice.strikes("slow", number)) await this.#delay(dice.slowMs);
    if (dice.strikes("reset", number)) {
      this.counters.struck++;
      response.socket?.resetAndDestroy();
      return;
    }
    if (dice.strikes("server-error", number)) {
      this.counters.struck++;
      const status = SERVER_ERRORS[Math.floor(dice.pick("status", number) * SERVER_ERRORS.length)] ?? 500;
      return this.#send(response, number, status, '{"error":"Internal error"}');
    }
    this.counters.answered++;
    const rows = rowsFor(this.fleet, serials, this.#time.nowMs(), dice.skewMs);
    const text = JSON.stringify({ data: spoiled(rows, this.fleet, dice, number) });
    if (dice.strikes("cut", number)) {
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
      response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
      return;
    }
    return this.#send(
      response,
      number,
      200,
      dice.strikes("truncated", number) ? text.slice(0, text.length * 0.7) : text,
    );
  }

  async #send(response: ServerResponse, number: number, status: number, text: string): Promise<void> {
    this.timings.answerDelayMs += await this.#delay(this.#dice.answerDelayMs(number));
    response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    response.end(text);
  }

  /** Waits, and returns how long it was in truth. */
  async #delay(delayMs: number): Promise<number> {
    if (delayMs <= 0) return 0;
    const fromMs = this.#time.monotonicMs();
    await this.#time.sleepUntil(fromMs + delayMs);
    return this.#time.monotonicMs() - fromMs;
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

/** The whole body as text; null when it is larger than `BODY_BYTES_MAX`. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // A body that is too large is answered, so its connection must outlive this loop.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // Called back with an error when it was not listening: then it is stopped already.
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

const systemTime: SimulatorTime = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleepUntil(untilMonotonicMs) {
    await delay(Math.max(0, untilMonotonicMs - performance.now()));
  },
};
