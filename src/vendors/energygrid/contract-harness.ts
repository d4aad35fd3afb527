import { createHash } from "node:crypto";
import { z } from "zod";
import { ACTIVE_POWER, ONLINE } from "../../domain/metric.ts";
import type { SeenRequest } from "../../transport/virtual-vendor.ts";
import type { PlayedVendor, VendorHarness } from "../contract-scene.ts";
import { EnergyGridClient, energyGrid } from "./index.ts";

const TOKEN = "a-token-of-the-contract-suite";
const WRONG_TOKEN = "another-token-that-is-wrong";
/** Stricter than the vendor, which does not look: so that the suite shows that the time is right. */
const TIMESTAMP_OFF_MS_MAX = 60_000;

const Query = z.strictObject({ sn_list: z.array(z.string()).min(1).max(10) });

/** EnergyGrid for the contract suite. */
export const energyGridHarness: VendorHarness = {
  definition: energyGrid,
  credential: { token: TOKEN },
  wrongCredential: { token: WRONG_TOKEN },
  secrets: ({ token = "" }) => [token],
  open: ({ credential, ...account }, dispatcher) =>
    new EnergyGridClient({ ...account, token: credential["token"] ?? "", dispatcher }),
  device: (number) => `SN-${String(number).padStart(3, "0")}`,
  metrics: [ACTIVE_POWER, ONLINE],
  tokenLifetimeMs: null,
  signsTime: true,
  play: () => PLAYED,
  unauthorised: { status: 401, body: '{"error":"invalid signature"}' },
  tooMany: { status: 429, body: '{"error":"one request a second"}' },
};

/** It keeps no state: one plays for every scene. */
const PLAYED: PlayedVendor = {
  purposeOf: () => "devices",
  isAuthentic: ({ method, target, headers }, vendorMs) =>
    method === "POST" &&
    target === "/base/device/real/query" &&
    headers["content-type"] === "application/json" &&
    headers["authorization"] === TOKEN &&
    Math.abs(Number(headers["timestamp"]) - vendorMs) <= TIMESTAMP_OFF_MS_MAX &&
    headers["signature"] === md5(`/base/device/real/query${TOKEN}${headers["timestamp"]}`),
  proof: ({ headers }) => headers["signature"],
  asked,
  answer: (request, vendorMs) => ({
    status: 200,
    body: JSON.stringify({
      data: asked(request).map((sn) => ({
        sn,
        power: "3.24 kW",
        status: "Online",
        last_updated: new Date(vendorMs - 2000).toISOString(),
      })),
    }),
  }),
  revokeTokens: () => {},
  tokens: () => [],
};

function asked(request: SeenRequest): readonly string[] {
  return Query.parse(JSON.parse(request.body)).sn_list;
}

function md5(text: string): string {
  return createHash("md5").update(text, "utf8").digest("hex");
}
