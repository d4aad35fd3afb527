import { VendorRefused } from "../../transport/errors.ts";
import type { Redact } from "../../transport/redact.ts";
import { loneFailure } from "../lone-failure.ts";
import type { LatestBatch } from "../vendor.ts";
import { isSendable } from "./asked.ts";
import { type Cabinet, onlineReadings } from "./cabinet.ts";
import { latestOf, type PvPower } from "./pv.ts";

/** The vendor's figures come every 5 minutes; what is older than this is not the latest any more. */
export const LATEST_WITHIN_MS = 1_800_000;
/** Known, but may not do this. */
const FORBIDDEN = 403;

/** The calls that the latest values take. */
export interface LatestCalls {
  readonly token: () => Promise<unknown>;
  readonly cabinet: (sn: string) => Promise<{ readonly cabinet: Cabinet; readonly receivedAtMs: number }>;
  readonly pvPower: (sn: string, range: { readonly fromMs: number; readonly toMs: number }) => Promise<PvPower>;
  readonly nowMs: () => number;
  readonly redact: Redact;
}

/** One cabinet's state and its latest PV power. One after the other: a token that is refused is then found out by one call. */
export async function latestBatch(asked: readonly string[], calls: LatestCalls): Promise<LatestBatch> {
  const [sn = ""] = asked;
  if (!isSendable(sn)) return { asked, readings: [], missing: asked, issues: [], failure: null };
  try {
    await calls.token();
  } catch (error) {
    return failed(asked, error);
  }
  try {
    const { cabinet, receivedAtMs } = await calls.cabinet(sn);
    const state = onlineReadings(sn, cabinet, receivedAtMs, calls.redact);
    const power = await latestPower(sn, calls);
    return {
      asked,
      readings: [...state.readings, ...latestOf(power)],
      missing: [],
      issues: [...state.issues, ...power.issues],
      failure: null,
    };
  } catch (error) {
    // A cabinet of somebody else's says nothing of the others.
    return failed(asked, error, [FORBIDDEN]);
  }
}

/** None for a cabinet that the vendor refuses it for: it has no PV. */
async function latestPower(sn: string, { pvPower, nowMs }: LatestCalls): Promise<PvPower> {
  const toMs = nowMs();
  try {
    return await pvPower(sn, { fromMs: toMs - LATEST_WITHIN_MS, toMs });
  } catch (error) {
    if (error instanceof VendorRefused) return { readings: [], issues: [] };
    throw error;
  }
}

function failed(asked: readonly string[], error: unknown, ownStatuses: readonly number[] = []): LatestBatch {
  return { asked, readings: [], missing: [], issues: [], failure: loneFailure(error, ownStatuses) };
}
