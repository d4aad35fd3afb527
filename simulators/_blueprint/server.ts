import { FaultDice, type Faults } from "../faults.ts";
import {
  type Reply,
  type SeenRequest,
  type SimulatorCounters,
  type StrictVendor,
  startStrictServer,
  type TooEarly,
} from "../strict-server.ts";
import { type SimulatorTime, systemTime } from "../time.ts";
import { ViolationLog } from "../violations.ts";
import { WindowRate } from "../window-rate.ts";

export const CLIENT_ID = "kilowatch";
export const CLIENT_SECRET = "blueprint_secret_123";
export const TOKEN_LIFETIME_S = 3_600;
export const DEVICES_PER_REQUEST_MAX = 20;
/** The longest range of a request for the past. */
export const PAST_RANGE_MS_MAX = 86_400_000;
/** Values of the past lie on multiples of this. */
export const PAST_EVERY_MS = 300_000;
/** Logins count too, and so do requests that are refused. */
export const RATE = { requests: 10, perMs: 1_000 } as const;

export type ViolationKind = "rate" | "authorisation" | "body" | "path";

export interface BlueprintSimulator {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  readonly violations: ViolationLog<ViolationKind>;
  readonly counters: Readonly<SimulatorCounters>;
  /** No token that was given holds any longer. */
  revokeTokens(): void;
  /** Replaces all faults. */
  setFaults(faults: Faults): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the vendor of docs/adding-a-vendor.md on a free port of this machine. It knows the devices M-000 to M-999. */
export async function startBlueprintSimulator(
  options: { readonly time?: SimulatorTime } = {},
): Promise<BlueprintSimulator> {
  const { time = systemTime } = options;
  const violations = new ViolationLog<ViolationKind>();
  const vendor = new Vendor();
  const server = await startStrictServer({ vendor, dice: new FaultDice(1), violations, time });
  return { ...server, violations, revokeTokens: () => vendor.revokeTokens(), [Symbol.asyncDispose]: server.close };
}

class Vendor implements StrictVendor<ViolationKind> {
  readonly #rate = new WindowRate(RATE);
  readonly #endsAtMs = new Map<string, number>();
  #logins = 0;

  revokeTokens(): void {
    this.#endsAtMs.clear();
  }

  /** It has one account, so all requests are that account's. */
  rate({ seenAtMonotonicMs }: SeenRequest): TooEarly | null {
    const byMs = this.#rate.arrive("", seenAtMonotonicMs);
    return byMs === null ? null : { byMs };
  }

  errorBody(_status: number, detail: string): string {
    return JSON.stringify({ error: detail });
  }

  async respond(seen: SeenRequest): Promise<Reply<ViolationKind>> {
    const route = `${seen.method} ${seen.target}`;
    if (route === "POST /v1/login") return this.#login(seen, await readJson(seen));
    if (route === "POST /v1/latest") return this.#latest(seen, await readJson(seen));
    if (route === "POST /v1/history") return this.#history(seen, await readJson(seen));
    return this.#refuse(404, "path", "There is no such path");
  }

  #login({ seenAtMs }: SeenRequest, query: Json): Reply<ViolationKind> {
    if (query["client_id"] !== CLIENT_ID || query["client_secret"] !== CLIENT_SECRET) {
      return this.#refuse(401, "authorisation", "The client is not known");
    }
    const token = `blueprint-token-${++this.#logins}`;
    this.#endsAtMs.set(token, seenAtMs + TOKEN_LIFETIME_S * 1_000);
    return { status: 200, body: JSON.stringify({ access_token: token, expires_in: TOKEN_LIFETIME_S }) };
  }

  #latest(seen: SeenRequest, query: Json): Reply<ViolationKind> {
    const known = this.#knownDevices(seen, query);
    if (!Array.isArray(known)) return known;
    const time = new Date(seen.seenAtMs).toISOString();
    const devices = known.map((id) => ({ id, time, values: { power_w: Number(id.slice(2)), connected: true } }));
    return { status: 200, body: JSON.stringify({ devices }) };
  }

  /** A device's power, in W, at each multiple of `PAST_EVERY_MS` that is over: its number. Those from M-900 on may not be shown. */
  #history(seen: SeenRequest, query: Json): Reply<ViolationKind> {
    const known = this.#knownDevices(seen, query);
    if (!Array.isArray(known)) return known;
    const [fromMs, toMs] = [query["from"], query["to"]].map((text) => Date.parse(String(text)));
    if (!(fromMs !== undefined && toMs !== undefined && fromMs < toMs && toMs - fromMs <= PAST_RANGE_MS_MAX)) {
      return this.#refuse(400, "body", "from and to must be times, at most a day apart");
    }
    const times: string[] = [];
    const endMs = Math.min(toMs, seen.seenAtMs);
    for (let timeMs = Math.ceil(fromMs / PAST_EVERY_MS) * PAST_EVERY_MS; timeMs < endMs; timeMs += PAST_EVERY_MS) {
      times.push(new Date(timeMs).toISOString());
    }
    const refused = known.filter((id) => id >= "M-900");
    const devices = known
      .filter((id) => id < "M-900")
      .map((id) => ({ id, rows: times.map((time) => ({ time, values: { power_w: Number(id.slice(2)) } })) }));
    return { status: 200, body: JSON.stringify({ devices, refused }) };
  }

  /** The devices of a request that shows a token, those that it knows. */
  #knownDevices({ headers, seenAtMs }: SeenRequest, query: Json): string[] | Reply<ViolationKind> {
    const [, token = ""] = /^Bearer (\S+)$/.exec(headers.authorization ?? "") ?? [];
    if (seenAtMs >= (this.#endsAtMs.get(token) ?? 0)) {
      return this.#refuse(401, "authorisation", "The token does not hold");
    }
    const ids: unknown = query["ids"];
    if (!Array.isArray(ids) || ids.length > DEVICES_PER_REQUEST_MAX) {
      return this.#refuse(400, "body", `ids must be a list of at most ${DEVICES_PER_REQUEST_MAX}`);
    }
    return ids.filter((id): id is string => typeof id === "string" && /^M-\d{3}$/.test(id));
  }

  #refuse(status: number, kind: ViolationKind, detail: string): Reply<ViolationKind> {
    return { status, body: this.errorBody(status, detail), violation: { kind, detail } };
  }
}

type Json = Readonly<Record<string, unknown>>;

/** The body as an object; an empty one when it is none. */
async function readJson({ body }: SeenRequest): Promise<Json> {
  try {
    const parsed: unknown = JSON.parse((await body()) ?? "");
    return typeof parsed === "object" && parsed !== null ? (parsed as Json) : {};
  } catch {
    return {};
  }
}
