import { type LatestBatch, type VendorReading, VendorRefused } from "../vendors/vendor.ts";
import type { Account } from "./account.ts";
import type { AccountVisits, Visited } from "./account-visits.ts";
import { clockWords, diagnose, type FailureReason, isAbsent } from "./diagnosis.ts";

/** A test of an account ends after so long, ms. */
export const PROBE_MS_MAX = 30_000;
/** Asked for where nobody has named a device: no vendor has it, and each says so only to an account that it takes. */
const NOBODYS_SERIAL = "0/0";

/** What a test of an account has found. */
export interface ProbeResult {
  readonly ok: boolean;
  /** Null when it is ok. */
  readonly reason: FailureReason | null;
  /** For a person; without secrets. */
  readonly message: string;
  /** What the test sent. */
  readonly requests: number;
  /** As `Visited.clockAheadMs`. */
  readonly clockAheadMs: number | null;
  /** The device that was asked for; null for one that nobody has. */
  readonly serialNumber: string | null;
  /** What it says now. */
  readonly sample: readonly VendorReading[];
}

/**
 * Asks a vendor for one device, once: as many requests as that takes, and none again but for a signature with the vendor's own time.
 * @param serialNumber null asks for a device that nobody has
 * @param countedAs as `VisitOptions.countedAs`
 */
export async function probe(
  visits: AccountVisits,
  account: Account,
  serialNumber: string | null,
  countedAs: Account = account,
): Promise<ProbeResult> {
  const options = { msMax: PROBE_MS_MAX, isPatient: false, countedAs };
  const visited = await visits.visit(account, options, async (client, signal): Promise<LatestBatch | null> => {
    for await (const batch of client.readLatest([serialNumber ?? NOBODYS_SERIAL], signal)) return batch;
    return null;
  });
  const { requests, clockAheadMs } = visited;
  const failure = visited.failure ?? visited.value?.failure ?? null;
  if (failure && !isNobodys(failure, serialNumber, visited)) {
    return { ok: false, ...diagnose(failure, visited.answered > 0), requests, clockAheadMs, serialNumber, sample: [] };
  }
  const clock = clockAheadMs === null ? "" : ` ${clockWords(clockAheadMs)} Requests are signed by the vendor's.`;
  return {
    ok: true,
    reason: null,
    message: `${wordsOf(account, visited, serialNumber)}${clock}`,
    requests,
    clockAheadMs,
    serialNumber,
    sample: (visited.value?.readings ?? []).filter(({ device }) => device === serialNumber),
  };
}

/** The device that nobody has is refused by a vendor that has taken the account before. */
function isNobodys(failure: Error, serialNumber: string | null, { answered }: Visited<unknown>): boolean {
  return serialNumber === null && answered > 0 && failure instanceof VendorRefused && isAbsent(failure);
}

function wordsOf({ vendor }: Account, { value }: Visited<LatestBatch | null>, serialNumber: string | null): string {
  if (serialNumber === null) return `${vendor.title} takes the credential.`;
  const isMissing = value?.missing.includes(serialNumber) ?? false;
  return isMissing
    ? `${vendor.title} takes the credential, and has no device ${serialNumber}.`
    : `${vendor.title} takes the credential, and answers for ${serialNumber}.`;
}
