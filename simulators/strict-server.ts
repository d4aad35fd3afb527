import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { FaultDice, Faults } from "./faults.ts";
import { Port } from "./port.ts";
import { type Body, cutShort, send } from "./reply-body.ts";
import { readBody } from "./request-body.ts";
import { type SimulatorTime, systemTime } from "./time.ts";
import type { ViolationLog } from "./violations.ts";

const SERVER_ERRORS = [500, 502, 503, 504] as const;

/** A request as a vendor sees it, after the network's delay. */
export interface SeenRequest {
  /** From 1, in order of being seen. */
  readonly number: number;
  readonly method: string;
  /** Path and query exactly as they were sent, which is what a signature covers. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly seenAtMonotonicMs: number;
  /** What the vendor's own clock showed, epoch ms: skewed when that fault is on. */
  readonly seenAtMs: number;
  /** The whole body as text; null when it is larger than `REQUEST_BODY_BYTES_MAX`. To be read once. */
  body(): Promise<string | null>;
}

/** What a vendor answers. A status of 2xx may still be struck by a fault on its way. */
export interface Reply<Kind extends string = string> {
  readonly status: number;
  /** `content-type` is `application/json` unless given. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A function is called only when its text is needed; an iterable is streamed, no faster than the client reads. */
  readonly body: Body;
  /** What the client did against the contract; it is noted. */
  readonly violation?: { readonly kind: Kind; readonly detail: string };
}

/** A request that came before its time. */
export interface TooEarly {
  readonly byMs: number;
  /** Sent as `Retry-After` when given: seconds, or an HTTP date. */
  readonly retryAfter?: string;
}

/** What one vendor is, in the hands of a server that does for it what is the same for all. */
export interface StrictVendor<Kind extends string = string> {
  /** Takes an arrival into the vendor's count. Null when it is allowed. */
  rate(request: SeenRequest): TooEarly | null;
  /** Answers a request that the rate allows. */
  respond(request: SeenRequest): Reply<Kind> | Promise<Reply<Kind>>;
  /** How this vendor words a 429 or a 5xx. */
  errorBody(status: number, detail: string): string;
  /** `Retry-After` of a storm's 429; none when left out. */
  stormRetryAfter?(request: SeenRequest): string | undefined;
}

/** What happened to the requests so far. Every request is in `seen` and in exactly one of the others. */
export interface SimulatorCounters {
  seen: number;
  /** 2xx, whole or spoiled. */
  answered: number;
  /** 429, since the request came early. */
  refused: number;
  /** 401 or 403. */
  unauthorised: number;
  /** Any other 4xx. */
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

export interface StrictServerOptions<Kind extends string, Strike extends string, SettingMs extends string> {
  readonly vendor: StrictVendor<Kind>;
  readonly dice: FaultDice<Strike, SettingMs>;
  readonly violations: ViolationLog<Kind | "rate">;
  readonly faults?: Faults<Strike, SettingMs>;
  readonly time?: SimulatorTime;
  /** 0 (unless said) lets the system choose. */
  readonly port?: number;
  readonly host?: string;
}

export interface StrictServer<Strike extends string, SettingMs extends string> {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly counters: Readonly<SimulatorCounters>;
  readonly timings: Readonly<SimulatorTimings>;
  /** Replaces all faults. Resolves when they hold: an outage has closed the port, its end has opened it again. */
  setFaults(faults: Faults<Strike, SettingMs>): Promise<void>;
  /** Cuts every connection; the same again does nothing. */
  close(): Promise<void>;
}

/** Listens for a vendor. Rejects with the system's error when the port cannot be had. */
export async function startStrictServer<Kind extends string, Strike extends string, SettingMs extends string>(
  options: StrictServerOptions<Kind, Strike, SettingMs>,
): Promise<StrictServer<Strike, SettingMs>> {
  const { dice, host = "127.0.0.1", time = systemTime } = options;
  dice.set(options.faults ?? {});
  const desk = new Desk(options.vendor, dice, options.violations, time);
  const server = createServer((request, response) => {
    desk.answer(request, response).catch(() => request.socket.destroy());
  });
  const port = await Port.open(server, options.port ?? 0, host, () => server.closeAllConnections());
  if (options.faults?.outage) await port.close();
  return {
    url: `http://${port.address}`,
    port: port.number,
    counters: desk.counters,
    timings: desk.timings,
    async setFaults(next) {
      dice.set(next);
      await (next.outage ? port.close() : port.reopen());
    },
    close: () => port.close(),
  };
}

class Desk<Kind extends string> {
  readonly counters: SimulatorCounters = { seen: 0, answered: 0, refused: 0, unauthorised: 0, malformed: 0, struck: 0 };
  readonly timings: SimulatorTimings = { spanMs: 0, requestDelayMs: 0, answerDelayMs: 0 };
  readonly #vendor: StrictVendor<Kind>;
  readonly #dice: FaultDice;
  readonly #violations: ViolationLog<Kind | "rate">;
  readonly #time: SimulatorTime;
  #drawn = 0;
  #firstSeenMs: number | null = null;

  constructor(
    vendor: StrictVendor<Kind>,
    dice: FaultDice,
    violations: ViolationLog<Kind | "rate">,
    time: SimulatorTime,
  ) {
    this.#vendor = vendor;
    this.#dice = dice;
    this.#violations = violations;
    this.#time = time;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.timings.requestDelayMs += await this.#delay(this.#dice.requestDelayMs(++this.#drawn));
    // A client that is gone before its request got here was never seen.
    if (request.socket.destroyed) return;
    const seen = this.#see(request);
    if (this.#dice.strikes("storm", seen.number)) {
      this.counters.struck++;
      return this.#send(
        response,
        seen.number,
        this.#tooMany("Too many requests", this.#vendor.stormRetryAfter?.(seen)),
      );
    }
    const reply = this.#tooEarly(seen) ?? (await this.#vendor.respond(seen));
    if (reply.violation) this.#note(seen, reply.violation.kind, reply.violation.detail);
    if (reply.status < 300) return this.#deliver(response, seen.number, reply);
    if (reply.status === 401 || reply.status === 403) this.counters.unauthorised++;
    else if (reply.status >= 500) this.counters.struck++;
    else if (reply.status === 429) this.counters.refused++;
    else this.counters.malformed++;
    return this.#send(response, seen.number, reply);
  }

  #see(request: IncomingMessage): SeenRequest {
    const seenAtMonotonicMs = this.#time.monotonicMs();
    this.#firstSeenMs ??= seenAtMonotonicMs;
    this.timings.spanMs = seenAtMonotonicMs - this.#firstSeenMs;
    return {
      number: ++this.counters.seen,
      method: request.method ?? "",
      target: request.url ?? "",
      headers: request.headers,
      seenAtMonotonicMs,
      seenAtMs: this.#nowMs(),
      body: () => readBody(request),
    };
  }

  #tooEarly(seen: SeenRequest): Reply<Kind | "rate"> | null {
    const early = this.#vendor.rate(seen);
    if (early === null) return null;
    const detail = `Too many requests: ${early.byMs.toFixed(3)} ms too early`;
    return { ...this.#tooMany(detail, early.retryAfter), violation: { kind: "rate", detail } };
  }

  #tooMany(detail: string, retryAfter: string | undefined): Reply<Kind> {
    return {
      status: 429,
      headers: retryAfter === undefined ? {} : { "retry-after": retryAfter },
      body: this.#vendor.errorBody(429, detail),
    };
  }

  async #deliver(response: ServerResponse, number: number, reply: Reply): Promise<void> {
    const dice = this.#dice;
    if (dice.strikes("slow", number)) await this.#delay(dice.settingMs("slow-ms"));
    if (dice.strikes("reset", number)) {
      this.counters.struck++;
      response.socket?.resetAndDestroy();
      return;
    }
    if (dice.strikes("server-error", number)) {
      this.counters.struck++;
      const status = SERVER_ERRORS[Math.floor(dice.pick("status", number) * SERVER_ERRORS.length)] ?? 500;
      return this.#send(response, number, { status, body: this.#vendor.errorBody(status, "Internal error") });
    }
    this.counters.answered++;
    const body = typeof reply.body === "function" ? reply.body() : reply.body;
    if (dice.strikes("cut", number)) return cutShort(response, this.#head(reply), body);
    return this.#send(response, number, { ...reply, body }, dice.strikes("truncated", number));
  }

  async #send(response: ServerResponse, number: number, reply: Reply, truncated = false): Promise<void> {
    const head = this.#head(reply);
    this.timings.answerDelayMs += await this.#delay(this.#dice.answerDelayMs(number));
    const body = typeof reply.body === "function" ? reply.body() : reply.body;
    return send(response, head, body, truncated);
  }

  #head({ status, headers = {} }: Reply): { status: number; headers: Record<string, string> } {
    return {
      status,
      headers: { "content-type": "application/json", date: new Date(this.#nowMs()).toUTCString(), ...headers },
    };
  }

  #note(seen: SeenRequest, kind: Kind | "rate", detail: string): void {
    const { number: request, seenAtMonotonicMs: monotonicMs } = seen;
    this.#violations.add({ kind, request, atMs: this.#time.nowMs(), monotonicMs, detail });
  }

  #nowMs(): number {
    return this.#time.nowMs() + this.#dice.settingMs("clock-skew-ms");
  }

  /** Waits, and returns how long it was in truth. */
  async #delay(delayMs: number): Promise<number> {
    if (delayMs <= 0) return 0;
    const fromMs = this.#time.monotonicMs();
    await this.#time.sleepUntil(fromMs + delayMs);
    return this.#time.monotonicMs() - fromMs;
  }
}
