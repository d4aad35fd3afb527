import { createHmac } from "node:crypto";
import { ONLINE, PV_ACTIVE_POWER } from "../../domain/metric.ts";
import type { SeenRequest, VendorAnswer } from "../../transport/virtual-vendor.ts";
import { type PlayedVendor, type Purpose, pastTimes, type VendorHarness } from "../contract-scene.ts";
import type { VendorAccount } from "../vendor.ts";
import { type ApiProfile, ElecnovaClient, elecnova } from "./index.ts";

const CLIENT_ID = "client-of-the-contract-suite";
const SECRET = "a-secret-of-the-contract-suite";
const WRONG_SECRET = "another-secret-that-is-wrong";
/** Stricter than the vendor's document, which names no figure. */
const TIMESTAMP_OFF_MS_MAX = 60_000;
const TOKEN_LIFETIME_MS = 86_400_000;
const PREFIX = "/base";
/** More than a page. */
const CABINETS = 150;

/** Elecnova for the contract suite. */
export function elecnovaHarness(profile: ApiProfile): VendorHarness {
  const credentialWith = (clientSecret: string): Record<string, string> => {
    return { clientId: CLIENT_ID, clientSecret, apiProfile: profile };
  };
  return {
    definition: elecnova,
    credential: credentialWith(SECRET),
    wrongCredential: credentialWith(WRONG_SECRET),
    secrets: ({ clientSecret = "" }) => [clientSecret],
    open: ({ credential, ...account }: VendorAccount, dispatcher) =>
      new ElecnovaClient({
        ...account,
        clientId: credential["clientId"] ?? "",
        clientSecret: credential["clientSecret"] ?? "",
        apiProfile: profile,
        dispatcher,
      }),
    device: cabinetSn,
    metrics: [ONLINE, PV_ACTIVE_POWER],
    listed: CABINETS,
    tokenLifetimeMs: TOKEN_LIFETIME_MS,
    signsTime: true,
    play: () => new PlayedElecnova(profile),
    unauthorised: { status: 401, body: '{"code":401,"message":"unauthorized"}' },
    tooMany: { status: 429, body: '{"code":429,"message":"too many requests"}' },
    history: {
      metric: PV_ACTIVE_POWER,
      refusal: () => ({ status: 200, body: '{"code":403,"message":"not yours"}' }),
    },
  };
}

class PlayedElecnova implements PlayedVendor {
  readonly #profile: ApiProfile;
  readonly #given: { readonly token: string; readonly endsMs: number }[] = [];
  #valid: { readonly token: string; readonly endsMs: number }[] = [];

  constructor(profile: ApiProfile) {
    this.#profile = profile;
  }

  purposeOf({ target }: SeenRequest): Purpose {
    if (pathOf(target) === `${PREFIX}/comm/client`) return "login";
    return pathOf(target) === `${PREFIX}/api/v1/dev` ? "lookup" : "devices";
  }

  isAuthentic(request: SeenRequest, vendorMs: number): boolean {
    const { method, headers } = request;
    if (method !== "GET") return false;
    const signed = isSigned(request, vendorMs);
    if (this.purposeOf(request) === "login") return signed;
    const shown = headers["authorization"] ?? "";
    if (this.#profile === "live") {
      return signed && headers["x-language-type"] === "en" && this.#holds(shown, vendorMs);
    }
    const bare = Object.keys(headers).every((name) => !name.startsWith("x-"));
    return bare && shown.startsWith("Bearer ") && this.#holds(shown.slice("Bearer ".length), vendorMs);
  }

  proof({ headers }: SeenRequest): string | undefined {
    return headers["x-signature"];
  }

  asked({ target }: SeenRequest): readonly string[] {
    return [decodeURIComponent(pathOf(target).split("/").at(-1) ?? "")];
  }

  answer(request: SeenRequest, vendorMs: number): VendorAnswer {
    return { status: 200, body: JSON.stringify(this.#answer(request, vendorMs)) };
  }

  revokeTokens(): void {
    this.#valid = [];
  }

  tokens(): readonly string[] {
    return this.#given.flatMap(({ token }) => [token, `user ${token}`, `password ${token}`]);
  }

  #holds(shown: string, vendorMs: number): boolean {
    return this.#valid.some(({ token, endsMs }) => token === shown && vendorMs < endsMs);
  }

  #answer(request: SeenRequest, vendorMs: number): unknown {
    const [sn = ""] = this.asked(request);
    const state = this.#profile === "live" ? true : "online";
    if (this.purposeOf(request) === "login") {
      const login = { token: `token/${this.#given.length}=`, endsMs: vendorMs + TOKEN_LIFETIME_MS };
      this.#given.push(login);
      this.#valid.push(login);
      return { id: "mqtt-1", username: `user ${login.token}`, password: `password ${login.token}`, token: login.token };
    }
    if (this.purposeOf(request) === "lookup") return pageOf(request.target);
    if (pathOf(request.target) === `${PREFIX}/api/v1/dev/${encodeURIComponent(sn)}`) {
      return {
        id: 7,
        sn,
        name: "Cabinet",
        model: "ECO-E",
        timeZone: "Europe/Berlin",
        state,
        parts: [{ sn: `${sn} EMS`, component: "ess.ems" }],
      };
    }
    const query = new URLSearchParams(request.target.split("?")[1]);
    const endMs = Date.parse(query.get("end") ?? "");
    const beginMs = Date.parse(query.get("begin") ?? "");
    if (!(endMs > beginMs)) return { code: 400, message: "begin and end are wanted" };
    // As of a cabinet that has told nothing since the last whole 5 minutes but one.
    const rows = pastTimes(beginMs, Math.min(endMs, vendorMs - 300_000), 300_000).map((timeMs) => ({
      time: new Date(timeMs).toISOString(),
      value: 1200.5,
    }));
    return { code: 200, message: "success", data: rows };
  }
}

function cabinetSn(number: number): string {
  return `ESS ${String(number).padStart(3, "0")}/ä`;
}

function pageOf(target: string): unknown {
  const query = new URLSearchParams(target.split("?")[1]);
  const size = Number(query.get("pageSize"));
  const all = Array.from({ length: CABINETS }, (_, number) => ({ sn: cabinetSn(number), name: `Cabinet ${number}` }));
  return all.slice((Number(query.get("page")) - 1) * size).slice(0, size);
}

function isSigned({ target, headers }: SeenRequest, vendorMs: number): boolean {
  const { "x-access-id": id, "x-timestamp": timestamp = "", "x-signature": signature } = headers;
  const digest = createHmac("sha256", SECRET)
    .update(`${pathOf(target)}${timestamp}`)
    .digest("hex");
  return (
    id === CLIENT_ID && Math.abs(Number(timestamp) - vendorMs) <= TIMESTAMP_OFF_MS_MAX && signature === btoa(digest)
  );
}

function pathOf(target: string): string {
  return target.split("?")[0] ?? target;
}
