import { createHash } from "node:crypto";
import { z } from "zod";
import type { SeenRequest } from "../../transport/virtual-vendor.ts";
import { vendorContract } from "../contract.ts";
import { EnergyGridClient, energyGrid } from "./index.ts";

const TOKEN = "a-token-of-the-contract-suite";
const WRONG_TOKEN = "another-token-that-is-wrong";

const Query = z.strictObject({ sn_list: z.array(z.string()).min(1).max(10) });

vendorContract("EnergyGrid", {
  definition: energyGrid,
  credential: { token: TOKEN },
  wrongCredential: { token: WRONG_TOKEN },
  secrets: ({ token = "" }) => [token],
  open: ({ credential, ...account }, dispatcher) =>
    new EnergyGridClient({ ...account, token: credential["token"] ?? "", dispatcher }),
  device: (number) => `SN-${String(number).padStart(3, "0")}`,
  isAuthentic: ({ method, target, headers }) =>
    method === "POST" &&
    target === "/base/device/real/query" &&
    headers["content-type"] === "application/json" &&
    headers["authorization"] === TOKEN &&
    headers["signature"] === md5(`/base/device/real/query${TOKEN}${headers["timestamp"]}`),
  proof: ({ headers }) => headers["signature"],
  asked,
  answer: (devices, wallMs) => ({
    status: 200,
    body: JSON.stringify({
      data: devices.map((sn) => ({
        sn,
        power: "3.24 kW",
        status: "Online",
        last_updated: new Date(wallMs - 2000).toISOString(),
      })),
    }),
  }),
  unauthorised: { status: 401, body: '{"error":"invalid signature"}' },
  tooMany: { status: 429, body: '{"error":"one request a second"}' },
});

function asked(request: SeenRequest): readonly string[] {
  return Query.parse(JSON.parse(request.body)).sn_list;
}

function md5(text: string): string {
  return createHash("md5").update(text, "utf8").digest("hex");
}
