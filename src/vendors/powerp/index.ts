import { z } from "zod";
import type { VendorAccount, VendorDefinition } from "../vendor.ts";
import { PowerPClient } from "./client.ts";
import { HISTORY_LIMITS } from "./history.ts";

export type { CallHow } from "./account.ts";
export { PowerPClient, type PowerPOptions } from "./client.ts";
export {
  BLOCK_SIZE_DEFAULT,
  type CutOptions,
  type CutPoints,
  cutPoints,
  type Piece,
  type PointPlan,
  type PointQuery,
  planPoints,
  SIGNALS_PER_CALL_MAX,
} from "./cut.ts";
export type { LatestCallHow } from "./latest-calls.ts";
export { PERIOD_MS_MAX, parsePeriodMs, periodText } from "./periods.ts";
export type { PointHow } from "./point-calls.ts";
export type {
  LatestPoints,
  PointBatch,
  PointColumns,
  PointOutcome,
  SelectBatch,
  SelectPiece,
  Stream,
  StreamOutcome,
} from "./points.ts";
export type { ApiChoice, LatestSelection, Streams } from "./select-calls.ts";
export { planSelection, SELECT_SIGNALS_MAX, type SelectPlan, type SelectQuery } from "./selection.ts";
export type { SelectHow } from "./selections.ts";
export { parseSignalId, signalId } from "./signals.ts";
export type { Database, DatabaseId, Measurement, QueryFacts, Selector, Vocabulary } from "./wire.ts";

const WORD_CHARS_MAX = 500;

function word(name: string): z.ZodString {
  return z
    .string()
    .trim()
    .min(1, `The ${name} is missing.`)
    .max(WORD_CHARS_MAX, `A ${name} has at most ${WORD_CHARS_MAX} characters.`);
}

const Credential = z.strictObject({ clientId: word("client id"), clientSecret: word("client secret") });

export const powerP = {
  id: "powerp",
  title: "PowerP",
  limits: PowerPClient.limits,
  device: null,
  history: HISTORY_LIMITS,
  discovers: true,
  credential: Credential,
  open: ({ credential, ...account }: VendorAccount) =>
    new PowerPClient({ ...account, ...Credential.parse(credential) }),
} satisfies VendorDefinition;
