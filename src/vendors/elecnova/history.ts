import { VendorAuthRejected, VendorRefused } from "../../transport/errors.ts";
import type { HistoryAnswer, HistoryLimits, HistoryWindow, QualityIssue, VendorReading } from "../vendor.ts";
import { isSendable } from "./asked.ts";
import { SERIES } from "./mapping.ts";
import type { PvPower } from "./pv.ts";

/** Of the 5-minute PV power. The vendor's document bounds neither the range of a call nor how long values are kept. */
export const HISTORY_LIMITS: HistoryLimits = {
  /**
   * A day has 288 values: an answer that is as large as the vendor's own pages ask for, and a failure costs one day and not more. A longer
   * one would save requests that 100 a second leave over anyway.
   */
  windowMsMax: 86_400_000,
  devicesPerWindow: 1,
  requestsPerWindow: 1,
  valuesEveryMs: 300_000,
  /** Ours: cabinets send late what they measured while they were cut off, and the vendor says nothing of when a figure is final. */
  settlesAfterMs: 172_800_000,
  keepsMs: null,
  metrics: [SERIES.pvPower.metric],
};

/** Known, but may not do this. */
const FORBIDDEN = 403;

/** As `HistoryReader.readHistory`, a cabinet a call. */
export async function readPvHistory(
  { devices, fromMs, toMs }: HistoryWindow,
  pvPower: (sn: string) => Promise<PvPower>,
): Promise<HistoryAnswer> {
  const readings: VendorReading[] = [];
  const issues: QualityIssue[] = [];
  const refused: string[] = [];
  for (const sn of devices) {
    const power = isSendable(sn) ? await unlessRefused(() => pvPower(sn)) : null;
    if (!power) {
      refused.push(sn);
      continue;
    }
    // The document does not say whether `end` is inclusive.
    readings.push(...power.readings.filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs));
    issues.push(...power.issues);
  }
  return { readings, issues, refused };
}

/** Null for a cabinet that has no PV, or is somebody else's: neither says anything of the others. */
async function unlessRefused(read: () => Promise<PvPower>): Promise<PvPower | null> {
  try {
    return await read();
  } catch (error) {
    const isAlone = error instanceof VendorAuthRejected && error.status === FORBIDDEN;
    if (error instanceof VendorRefused || isAlone) return null;
    throw error;
  }
}
