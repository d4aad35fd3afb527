import { z } from "zod";
import type { VendorAccount, VendorDefinition } from "../vendor.ts";
import { API_PROFILES } from "./auth.ts";
import { ElecnovaClient } from "./client.ts";
import { CABINET_METRICS } from "./discovery.ts";
import { HISTORY_LIMITS } from "./history.ts";
import { BASE_URL } from "./options.ts";

export type { LatestBatch, QualityIssue, VendorReading } from "../vendor.ts";
export { API_PROFILES, type ApiProfile } from "./auth.ts";
export type { Cabinet, CabinetWithComponents, Component } from "./cabinet.ts";
export { ElecnovaClient } from "./client.ts";
export type { LiveBatch, LiveEvents } from "./live-batch.ts";
export { decodePoints, decodeWith, type LiveDecoder, type LiveMessage } from "./live-decoder.ts";
export { COMPONENT_KINDS, type ComponentCode, POINTS, type PointMapping } from "./mapping.ts";
export {
  BASE_URL,
  type CabinetsOptions,
  type ElecnovaOptions,
  type LiveOptions,
  type PvEnergyOptions,
  type ReadOptions,
} from "./options.ts";
export type { PvEnergy, PvEnergyPeriod, PvPower } from "./pv.ts";
export type { TopicMode } from "./wire.ts";

const CREDENTIAL_CHARS_MAX = 500;

/** Visible ASCII only: the id travels in a header. */
function words(what: string): z.ZodString {
  return z
    .string()
    .trim()
    .min(1, `The ${what} is missing.`)
    .max(CREDENTIAL_CHARS_MAX, `A ${what} has at most ${CREDENTIAL_CHARS_MAX} characters.`)
    .regex(/^[\x21-\x7e]*$/, `A ${what} holds letters, digits and signs, and no blanks.`);
}

const Credential = z.strictObject({
  clientId: words("client id"),
  clientSecret: words("client secret"),
  apiProfile: z.enum(API_PROFILES).default("live"),
});

export const elecnova = {
  id: "elecnova",
  title: "Elecnova",
  baseUrl: BASE_URL,
  limits: ElecnovaClient.limits,
  /** A cabinet; its components push their values live. */
  device: { kind: "battery", metrics: CABINET_METRICS, valuesEveryMs: 300_000 },
  history: HISTORY_LIMITS,
  discovers: true,
  credential: Credential,
  open: ({ credential, ...account }: VendorAccount) =>
    new ElecnovaClient({ ...account, ...Credential.parse(credential) }),
} satisfies VendorDefinition;
