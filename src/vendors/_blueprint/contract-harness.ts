import { z } from "zod";
import { ACTIVE_POWER, ONLINE } from "../../domain/metric.ts";
import type { SeenRequest, VendorAnswer } from "../../transport/virtual-vendor.ts";
import { type PlayedVendor, pastTimes, type VendorHarness } from "../contract-scene.ts";
import { BlueprintClient, blueprint } from "./index.ts";

const CREDENTIAL = { clientId: "kilowatch", clientSecret: "a-secret-of-the-contract-suite" };
const WRONG_CREDENTIAL = { clientId: "kilowatch", clientSecret: "another-secret-that-is-wrong" };
const TOKEN_LIFETIME_MS = 3_600_000;

const Query = z.strictObject({ ids: z.array(z.string()).min(1).max(20) });
const HistoryQuery = Query.extend({ from: z.iso.datetime(), to: z.iso.datetime() });

/** The blueprint's vendor for the contract suite. */
export const blueprintHarness: VendorHarness = {
  definition: blueprint,
  credential: CREDENTIAL,
  wrongCredential: WRONG_CREDENTIAL,
  secrets: ({ clientSecret = "" }) => [clientSecret],
  open: ({ credential, ...account }, dispatcher) =>
    new BlueprintClient({
      ...account,
      clientId: credential["clientId"] ?? "",
      clientSecret: credential["clientSecret"] ?? "",
      dispatcher,
    }),
  device: (number) => `M-${String(number).padStart(3, "0")}`,
  metrics: [ACTIVE_POWER, ONLINE],
  tokenLifetimeMs: TOKEN_LIFETIME_MS,
  signsTime: false,
  play: () => new Played(),
  unauthorised: { status: 401, body: '{"error":"not authorised"}' },
  tooMany: { status: 429, body: '{"error":"too many requests"}' },
  history: {
    metric: ACTIVE_POWER,
    refusal: (devices) => ({ status: 200, body: JSON.stringify({ devices: [], refused: devices }) }),
  },
};

class Played implements PlayedVendor {
  readonly #endsAtMs = new Map<string, number>();

  purposeOf({ target }: SeenRequest): "login" | "devices" {
    return target === "/base/v1/login" ? "login" : "devices";
  }

  isAuthentic(request: SeenRequest, vendorMs: number): boolean {
    const { method, target, headers, body } = request;
    if (method !== "POST" || headers["content-type"] !== "application/json") return false;
    if (this.purposeOf(request) === "login") {
      const wanted = { client_id: CREDENTIAL.clientId, client_secret: CREDENTIAL.clientSecret };
      return body === JSON.stringify(wanted);
    }
    const token = headers["authorization"]?.replace(/^Bearer /, "") ?? "";
    return /^\/base\/v1\/(latest|history)$/.test(target) && vendorMs < (this.#endsAtMs.get(token) ?? 0);
  }

  /** A token is shown again in every attempt. */
  proof(): undefined {
    return undefined;
  }

  asked({ body }: SeenRequest): readonly string[] {
    return z.looseObject(Query.shape).parse(JSON.parse(body)).ids;
  }

  answer(request: SeenRequest, vendorMs: number): VendorAnswer {
    if (this.purposeOf(request) === "login") {
      const token = `token-${this.#endsAtMs.size}-of-the-contract-suite`;
      this.#endsAtMs.set(token, vendorMs + TOKEN_LIFETIME_MS);
      return { status: 200, body: JSON.stringify({ access_token: token, expires_in: TOKEN_LIFETIME_MS / 1000 }) };
    }
    if (request.target === "/base/v1/history") return this.#past(request);
    const time = new Date(vendorMs - 2000).toISOString();
    const devices = this.asked(request).map((id) => ({ id, time, values: { power_w: 3240, connected: true } }));
    return { status: 200, body: JSON.stringify({ devices }) };
  }

  #past({ body }: SeenRequest): VendorAnswer {
    const { ids, from, to } = HistoryQuery.parse(JSON.parse(body));
    const rows = pastTimes(Date.parse(from), Date.parse(to), blueprint.history.valuesEveryMs).map((timeMs) => ({
      time: new Date(timeMs).toISOString(),
      values: { power_w: 3240 },
    }));
    return { status: 200, body: JSON.stringify({ devices: ids.map((id) => ({ id, rows })), refused: [] }) };
  }

  revokeTokens(): void {
    for (const token of this.#endsAtMs.keys()) this.#endsAtMs.set(token, 0);
  }

  tokens(): readonly string[] {
    return [...this.#endsAtMs.keys()];
  }
}
