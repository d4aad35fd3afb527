import { z } from "zod";
import { ACTIVE_POWER, ONLINE } from "../../domain/metric.ts";
import type { VendorAccount, VendorDefinition } from "../vendor.ts";
import { BlueprintClient } from "./client.ts";

export type { LatestBatch, QualityIssue, VendorReading } from "../vendor.ts";
export { BlueprintClient, type BlueprintOptions } from "./client.ts";

const CREDENTIAL_CHARS_MAX = 200;

const Credential = z.strictObject({
  clientId: z.string().trim().min(1, "The client id is missing.").max(CREDENTIAL_CHARS_MAX),
  clientSecret: z.string().min(1, "The client secret is missing.").max(CREDENTIAL_CHARS_MAX),
});

/** Nobody's vendor: a folder to copy. docs/adding-a-vendor.md walks through it. */
export const blueprint = {
  id: "blueprint",
  title: "Blueprint",
  limits: BlueprintClient.limits,
  device: { kind: "meter", metrics: [ACTIVE_POWER, ONLINE], valuesEveryMs: 0 },
  history: BlueprintClient.history,
  discovers: false,
  credential: Credential,
  open: ({ credential, ...account }: VendorAccount) =>
    new BlueprintClient({ ...account, ...Credential.parse(credential) }),
} satisfies VendorDefinition;
