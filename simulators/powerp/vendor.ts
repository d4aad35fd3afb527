import type { Body } from "../reply-body.ts";
import type { Reply, SeenRequest, StrictVendor, TooEarly } from "../strict-server.ts";
import { WindowRate } from "../window-rate.ts";
import { LatestBody, QueryBody, readJson, SelectBody, SelectLatestBody } from "./bodies.ts";
import type { FaultDice } from "./faults.ts";
import type { Plant } from "./plant.ts";
import { spoiled } from "./points.ts";
import { type PowerPViolation, problem, Refusal } from "./refusal.ts";
import { RetryAfter } from "./retry-after.ts";
import { bearerOf, type SignIn } from "./sign-in.ts";
import { databases, latest, measurements, query, type Spoil } from "./v1.ts";
import { select, selectLatest, vocabulary } from "./v2.ts";

/** Everything lies below this path. */
export const BASE_PATH = "/api/";
const TOKEN_PATH = "v1/auth/token";
// There is one client id, so one count serves all requests, those for a token too.
const ONE_CLIENT = "";
const CODES: Readonly<Record<number, string>> = { 429: "too_many_requests" };

/** A call of the API; `part` is what stands in the braces of its path. */
interface Call {
  readonly method: "GET" | "POST";
  readonly path: RegExp;
  readonly answer: (asked: { part: string; body: string; nowMs: number; spoil: Spoil }) => Body;
}

export interface VendorParts {
  readonly plant: Plant;
  readonly signIn: SignIn;
  readonly dice: FaultDice;
  readonly v2: boolean;
  readonly requestsPerSecond: number;
}

/** The vendor behind the strict server: who may ask, what, and what it is answered. */
export class PowerPVendor implements StrictVendor<PowerPViolation> {
  readonly #signIn: SignIn;
  readonly #dice: FaultDice;
  readonly #calls: readonly Call[];
  readonly #v2: boolean;
  readonly #rate: WindowRate;
  readonly #retryAfter = new RetryAfter();

  constructor({ plant, signIn, dice, v2, requestsPerSecond }: VendorParts) {
    this.#signIn = signIn;
    this.#dice = dice;
    this.#v2 = v2;
    this.#rate = new WindowRate({ requests: requestsPerSecond, perMs: 1_000 });
    this.#calls = callsOf(plant);
  }

  rate(request: SeenRequest): TooEarly | null {
    const byMs = this.#rate.arrive(ONE_CLIENT, request.seenAtMonotonicMs);
    return byMs === null ? null : { byMs, retryAfter: this.#retryAfter.text(byMs, request.seenAtMs) };
  }

  stormRetryAfter(request: SeenRequest): string {
    return this.#retryAfter.text(1_000, request.seenAtMs);
  }

  errorBody(status: number, detail: string): string {
    return problem(status, CODES[status] ?? "server_error", detail);
  }

  async respond(request: SeenRequest): Promise<Reply<PowerPViolation>> {
    try {
      return await this.#answer(request);
    } catch (error) {
      if (error instanceof Refusal) return error.reply();
      throw error;
    }
  }

  async #answer(request: SeenRequest): Promise<Reply<PowerPViolation>> {
    const dice = this.#dice;
    const path = request.target.startsWith(BASE_PATH) ? request.target.slice(BASE_PATH.length) : "";
    if (path === TOKEN_PATH) {
      if (request.method !== "POST") throw wrongMethod(request.method);
      return this.#signIn.token(request, await bodyOf(request), dice.settingMs("token-lifetime-ms"));
    }
    if (path.startsWith("v2/") && !this.#v2) throw notFound(null);
    const there = this.#calls.filter((call) => call.path.test(path));
    const call = there.find(({ method }) => method === request.method);
    if (!call) throw there.length > 0 ? wrongMethod(request.method) : notFound("path");
    if (dice.strikes("token-revoked", request.number)) this.#signIn.tokens.revoke(bearerOf(request) ?? "");
    this.#signIn.check(request);
    const body = await bodyOf(request);
    if (call.method === "POST" && !/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
      throw new Refusal(415, "unsupported_content", "body", "The body must be application/json.");
    }
    const answered = call.answer({
      part: call.path.exec(path)?.[1] ?? "",
      body,
      nowMs: request.seenAtMs,
      spoil: (series) => spoiled(series, dice, request.number),
    });
    return { status: 200, body: dice.strikes("null-body", request.number) ? "null" : answered };
  }
}

function callsOf(plant: Plant): readonly Call[] {
  return [
    { method: "GET", path: /^v1\/databases$/, answer: () => databases(plant) },
    { method: "GET", path: /^v1\/measurements$/, answer: () => measurements(plant) },
    {
      method: "POST",
      path: /^v1\/query$/,
      answer: ({ body, nowMs, spoil }) => query(plant, readJson(QueryBody, body), nowMs, spoil),
    },
    {
      method: "POST",
      path: /^v1\/query\/latest$/,
      answer: ({ body, nowMs, spoil }) => latest(plant, readJson(LatestBody, body), nowMs, spoil),
    },
    {
      method: "POST",
      path: /^v2\/query$/,
      answer: ({ body, nowMs, spoil }) => select(plant, readJson(SelectBody, body), nowMs, spoil),
    },
    {
      method: "POST",
      path: /^v2\/query\/latest$/,
      answer: ({ body, nowMs, spoil }) => selectLatest(plant, readJson(SelectLatestBody, body), nowMs, spoil),
    },
    {
      method: "GET",
      path: /^v2\/databases\/(\d{1,9})\/vocabulary$/,
      answer: ({ part }) => vocabulary(plant, Number(part)),
    },
  ];
}

async function bodyOf(request: SeenRequest): Promise<string> {
  const body = await request.body();
  if (body === null) throw new Refusal(413, "body_too_large", "body", "The body is too large.");
  return body;
}

function wrongMethod(method: string): Refusal {
  return new Refusal(405, "method_not_allowed", "method", `${method} is not answered here.`);
}

function notFound(kind: "path" | null): Refusal {
  return new Refusal(404, "not_found", kind, "There is no such path.");
}
