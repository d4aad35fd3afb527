import type { Reply, SeenRequest, StrictVendor, TooEarly } from "../strict-server.ts";
import type { SimulatorTime } from "../time.ts";
import { WindowRate } from "../window-rate.ts";
import { type Access, type Denied, type Dialect, dialectOf, tokenOf, type ViolationKind } from "./access.ts";
import { cabinetRow, cabinetWithParts, pvMonth, pvPastDays, pvPower, pvYear } from "./answers.ts";
import type { FaultDice } from "./faults.ts";
import type { Cabinet } from "./plant.ts";
import { instant, month, pageOf, year } from "./query.ts";
import type { MqttUser, Token, Tokens } from "./tokens.ts";
import { topicsOf } from "./topics.ts";

/** Requests of one client id in any window of `RATE_PER_MS`. */
export const REQUESTS_PER_WINDOW_MAX = 100;
export const RATE_PER_MS = 1_000;
const RETRY_AFTER_S = "1";
const LOGIN_PATH = "/comm/client";

/** A business call that is admitted. */
interface Asked {
  readonly dialect: Dialect;
  readonly token: Token;
  /** What stood in the path's places, decoded. */
  readonly places: readonly string[];
  readonly query: URLSearchParams;
  /** The plant's time, epoch ms. */
  readonly nowMs: number;
}

interface Route {
  readonly path: RegExp;
  readonly method: Readonly<Record<Dialect, "GET" | "POST">>;
  readonly answer: (vendor: ElecnovaVendor, asked: Asked) => Answer;
}

type Answer = { readonly unwrapped: unknown } | { readonly wrapped: unknown } | Refusal | typeof UNKNOWN_CABINET;
interface Refusal {
  readonly kind: ViolationKind;
  readonly detail: string;
}
const UNKNOWN_CABINET = "unknown cabinet";

const GET = { live: "GET", documented: "GET" } as const;

const ROUTES: readonly Route[] = [
  { path: /^\/api\/v1\/dev$/, method: GET, answer: (vendor, asked) => vendor.list(asked) },
  {
    path: /^\/api\/v1\/dev\/([^/]+)$/,
    method: GET,
    answer: (vendor, { places: [sn = ""], dialect, nowMs }) =>
      vendor.of(sn, (cabinet) => ({ unwrapped: cabinetWithParts(cabinet, dialect, nowMs) })),
  },
  {
    path: /^\/api\/v1\/dev\/topic\/([^/]+)\/([^/]+)$/,
    method: { live: "GET", documented: "POST" },
    answer: (vendor, asked) => vendor.topics(asked),
  },
  {
    path: /^\/api\/v1\/dev\/pv\/power-cap\/([^/]+)$/,
    method: GET,
    answer: (vendor, { places: [sn = ""], query, nowMs }) => {
      const fromMs = instant(query, "begin");
      const toMs = instant(query, "end");
      if (fromMs === null || toMs === null) return refusal("begin and end must be RFC 3339 times");
      if (toMs <= fromMs) return refusal("end must lie after begin");
      return vendor.of(sn, (cabinet) => ({ wrapped: pvPower(cabinet, fromMs, toMs, nowMs) }));
    },
  },
  {
    path: /^\/api\/v1\/dev\/pv\/power-gen\/daily\/([^/]+)$/,
    method: GET,
    answer: (vendor, { places: [sn = ""], nowMs }) =>
      vendor.of(sn, (cabinet) => ({ wrapped: pvPastDays(cabinet, nowMs) })),
  },
  {
    path: /^\/api\/v1\/dev\/pv\/power-gen\/monthly\/([^/]+)$/,
    method: GET,
    answer: (vendor, { places: [sn = ""], query, nowMs }) => {
      const asked = month(query);
      if (!asked) return refusal("month must be YYYY-MM");
      return vendor.of(sn, (cabinet) => ({ wrapped: pvMonth(cabinet, asked.year, asked.month, nowMs) }));
    },
  },
  {
    path: /^\/api\/v1\/dev\/pv\/power-gen\/yearly\/([^/]+)$/,
    method: GET,
    answer: (vendor, { places: [sn = ""], query, nowMs }) => {
      const asked = year(query);
      if (asked === null) return refusal("year must be YYYY");
      return vendor.of(sn, (cabinet) => ({ wrapped: pvYear(cabinet, asked, nowMs) }));
    },
  },
];

export interface ElecnovaVendorOptions {
  readonly mqttUser: MqttUser;
  readonly plant: ReadonlyMap<string, Cabinet>;
  readonly access: Access;
  readonly tokens: Tokens;
  readonly dice: FaultDice;
  readonly time: SimulatorTime;
}

export class ElecnovaVendor implements StrictVendor<ViolationKind> {
  readonly #options: ElecnovaVendorOptions;
  readonly #rate = new WindowRate({ requests: REQUESTS_PER_WINDOW_MAX, perMs: RATE_PER_MS });

  constructor(options: ElecnovaVendorOptions) {
    this.#options = options;
  }

  rate({ headers, seenAtMonotonicMs }: SeenRequest): TooEarly | null {
    const byMs = this.#rate.arrive(this.#options.access.rateKey(headers), seenAtMonotonicMs);
    return byMs === null ? null : { byMs, retryAfter: RETRY_AFTER_S };
  }

  /** Every other one says when to come back. */
  stormRetryAfter({ number }: SeenRequest): string | undefined {
    return number % 2 === 0 ? RETRY_AFTER_S : undefined;
  }

  errorBody(status: number, detail: string): string {
    return JSON.stringify({ code: status, message: detail, data: null });
  }

  respond(request: SeenRequest): Reply<ViolationKind> {
    const { target, method, headers, number } = request;
    const [path = "", ...search] = target.split("?");
    if (path === LOGIN_PATH) return this.#login(path, request);
    const route = ROUTES.find((one) => one.path.test(path));
    const places = route && decoded(route.path.exec(path)?.slice(1) ?? []);
    if (!route || !places) return this.#refuse(404, "path", "There is no such path");
    const dialect = dialectOf(headers);
    if (method !== route.method[dialect]) {
      return this.#refuse(405, "method", `Only ${route.method[dialect]} is answered here`);
    }
    const { access, tokens, dice, time } = this.#options;
    const borne = tokens.find(tokenOf(headers));
    if (borne && !borne.revoked && dice.strikes("token-revoked", number)) borne.revoked = true;
    const token = access.admit(path, headers, request.seenAtMs);
    if ("status" in token) return this.#deny(token);
    const asked = { dialect, token, places, query: new URLSearchParams(search.join("?")), nowMs: time.nowMs() };
    const reply = this.#reply(route.answer(this, asked));
    return (reply.status === 200 ? this.#spoiled(number) : null) ?? reply;
  }

  list({ query, dialect, nowMs }: Asked): Answer {
    const page = pageOf(query);
    if (typeof page === "string") return { kind: "page", detail: page };
    const cabinets = [...this.#options.plant.values()].slice(
      (page.page - 1) * page.pageSize,
      page.page * page.pageSize,
    );
    return { unwrapped: cabinets.map((cabinet) => cabinetRow(cabinet, dialect, nowMs)) };
  }

  topics({ places: [mqttId = "", sn = ""], query, token }: Asked): Answer {
    const mode = query.get("mode");
    if (mode !== "1" && mode !== "2") return refusal("mode must be 1 or 2");
    if (mqttId !== this.#options.mqttUser.id) return { kind: "mqtt", detail: "unknown MQTT client id" };
    return this.of(sn, (cabinet) => {
      const topics = topicsOf(cabinet, mode === "1" ? "cabinet" : "component");
      this.#options.tokens.askTopics(token, topics);
      return { unwrapped: topics.map((topic) => ({ topic })) };
    });
  }

  /** Answers for a cabinet, if the vendor knows it. */
  of(sn: string, answer: (cabinet: Cabinet) => Answer): Answer {
    const cabinet = this.#options.plant.get(sn);
    return cabinet ? answer(cabinet) : UNKNOWN_CABINET;
  }

  #login(path: string, { method, headers, seenAtMs, number }: SeenRequest): Reply<ViolationKind> {
    if (method !== "GET") return this.#refuse(405, "method", "Only GET is answered here");
    const { access, tokens, mqttUser } = this.#options;
    const denial = access.deniesLogin(path, headers, seenAtMs);
    if (denial) return this.#deny(denial);
    const spoiled = this.#spoiled(number);
    if (spoiled) return spoiled;
    const { token, password } = tokens.issue(seenAtMs);
    return { status: 200, body: JSON.stringify({ ...mqttUser, password, token }) };
  }

  /** HTTP 200 that holds no answer, when such a fault strikes. */
  #spoiled(number: number): Reply<ViolationKind> | null {
    const { dice } = this.#options;
    if (dice.strikes("code-500", number)) return { status: 200, body: this.errorBody(500, "internal error") };
    return dice.strikes("null-body", number) ? { status: 200, body: "null" } : null;
  }

  #reply(answer: Answer): Reply<ViolationKind> {
    if (answer === UNKNOWN_CABINET) return { status: 404, body: this.errorBody(404, UNKNOWN_CABINET) };
    if ("kind" in answer) return this.#refuse(400, answer.kind, answer.detail);
    if ("unwrapped" in answer) return { status: 200, body: JSON.stringify(answer.unwrapped) };
    return { status: 200, body: JSON.stringify({ code: 200, message: "success", data: answer.wrapped }) };
  }

  #deny({ status, kind, detail }: Denied): Reply<ViolationKind> {
    return kind === null ? { status, body: this.errorBody(status, detail) } : this.#refuse(status, kind, detail);
  }

  #refuse(status: number, kind: ViolationKind, detail: string): Reply<ViolationKind> {
    return { status, body: this.errorBody(status, detail), violation: { kind, detail } };
  }
}

function refusal(detail: string): Refusal {
  return { kind: "query", detail };
}

/** Null when a place is not rightly percent-encoded. */
function decoded(places: readonly string[]): readonly string[] | null {
  try {
    return places.map(decodeURIComponent);
  } catch {
    return null;
  }
}
