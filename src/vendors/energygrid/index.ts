import { z } from "zod";
import { ACTIVE_POWER, ONLINE } from "../../domain/metric.ts";
import type { VendorAccount, VendorDefinition } from "../vendor.ts";
import { EnergyGridClient } from "./client.ts";

export type { LatestBatch, QualityIssue, VendorReading } from "../vendor.ts";
export { EnergyGridClient, type EnergyGridOptions } from "./client.ts";

const TOKEN_CHARS_MAX = 500;

/** Visible ASCII only: the token travels in a header. */
const Credential = z.strictObject({
  token: z
    .string()
    .trim()
    .min(1, "The token is missing.")
    .max(TOKEN_CHARS_MAX, `A token has at most ${TOKEN_CHARS_MAX} characters.`)
    .regex(/^[\x21-\x7e]*$/, "A token holds letters, digits and signs, and no blanks."),
});

export const energyGrid = {
  id: "energygrid",
  title: "EnergyGrid",
  limits: EnergyGridClient.limits,
  device: { kind: "inverter", metrics: [ACTIVE_POWER, ONLINE], valuesEveryMs: 0 },
  history: null,
  discovers: false,
  credential: Credential,
  open: ({ credential, ...account }: VendorAccount) =>
    new EnergyGridClient({ ...account, token: Credential.parse(credential).token }),
} satisfies VendorDefinition;
