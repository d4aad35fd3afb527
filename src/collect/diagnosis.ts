import {
  VendorAddressRefused,
  VendorAuthRejected,
  type VendorError,
  VendorRateLimited,
  VendorRefused,
  VendorTimeout,
  VendorUnavailable,
} from "../vendors/vendor.ts";

/** Why a vendor does not do what it is asked for. */
export const FAILURE_REASONS = [
  /** This machine's time, or the vendor's, is wrong: the signature is refused for it. */
  "clock",
  /** The credential was taken, and the signature or the token of the next call was not. */
  "signature",
  /** Token, client id or secret are not accepted. */
  "credential",
  /** The account is known and may not have this. */
  "permission",
  /** The vendor's limit is met. */
  "quota",
  /** Nobody answers there, or not in time, or only with 5xx. */
  "network",
  /** Nothing like the vendor is there, or the address may not be called. */
  "address",
  /** It answers otherwise than its contract says. */
  "protocol",
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

export interface Diagnosis {
  readonly reason: FailureReason;
  /** What happened and what to do, for a person; without secrets. */
  readonly message: string;
}

const FORBIDDEN = 403;
/** There is no such call, or no such object. */
const ABSENT: readonly (number | null)[] = [404, 405, 410];
/** Vendors that state a status inside HTTP 200 state it as their code. */
const ABSENT_CODES: readonly (string | null)[] = ["404", "405", "410"];
const UNKNOWN_HOST = "ENOTFOUND";

const REMEDIES: Readonly<Record<Exclude<FailureReason, "clock">, string>> = {
  signature:
    "The login was accepted and the call after it was not: check that the account is of the kind that is asked for (Elecnova: apiProfile), and that nothing between here and the vendor rewrites the address.",
  credential: "Check the credential, and that it is one for this address.",
  permission:
    "The credential is accepted, but not for this: ask the vendor for the right to it, or check the serial number.",
  quota: "Wait, or see who else uses this account: polling needs the limit for itself.",
  network: "Check that the vendor is up and that this machine reaches it.",
  address: "Check the address.",
  protocol: "Check the address and the vendor's version.",
};

/**
 * Why a call failed, told from its typed error.
 * @param answeredBefore whether the account was answered well just before: then the address is right, and the credential was taken
 */
export function diagnose(error: VendorError, answeredBefore: boolean): Diagnosis {
  const reason = reasonOf(error, answeredBefore);
  const remedy = reason === "clock" ? clockRemedy(error) : REMEDIES[reason];
  return { reason, message: `${error.message} ${remedy}` };
}

function reasonOf(error: VendorError, answeredBefore: boolean): FailureReason {
  if (error instanceof VendorAddressRefused) return "address";
  if (error instanceof VendorRateLimited) return "quota";
  if (error instanceof VendorTimeout) return "network";
  if (error instanceof VendorUnavailable) return error.code === UNKNOWN_HOST ? "address" : "network";
  if (error instanceof VendorAuthRejected) {
    if (error.clockAheadMs !== null) return "clock";
    if (error.status === FORBIDDEN || error.code === String(FORBIDDEN)) return "permission";
    return answeredBefore ? "signature" : "credential";
  }
  if (error instanceof VendorRefused) return reasonOfRefusal(error, answeredBefore);
  return "protocol";
}

function reasonOfRefusal({ status, code }: VendorRefused, answeredBefore: boolean): FailureReason {
  if (code === String(FORBIDDEN)) return "permission";
  if (isAbsent({ status, code })) return answeredBefore ? "permission" : "address";
  const isRedirect = status !== null && status >= 300 && status < 400;
  return isRedirect ? "address" : "protocol";
}

/** Whether a vendor says that there is no such thing. */
export function isAbsent({ status, code }: Pick<VendorRefused, "status" | "code">): boolean {
  return ABSENT.includes(status) || ABSENT_CODES.includes(code);
}

function clockRemedy(error: VendorError): string {
  const aheadMs = error instanceof VendorAuthRejected ? (error.clockAheadMs ?? 0) : 0;
  return `${clockWords(aheadMs)} Set this machine's clock, by NTP at best.`;
}

/** @param aheadMs how far the vendor's clock is ahead of this machine's */
export function clockWords(aheadMs: number): string {
  const direction = aheadMs > 0 ? "behind" : "ahead of";
  return `This machine's clock is ${Math.round(Math.abs(aheadMs) / 1_000)} s ${direction} the vendor's.`;
}
