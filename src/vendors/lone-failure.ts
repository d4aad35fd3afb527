import { VendorAddressRefused, VendorAuthRejected, VendorError } from "../transport/errors.ts";

/**
 * A call's failure that lets the others go on. A refused credential, or address, would meet every other call too.
 *
 * @param ownStatuses statuses of a refusal that are this call's matter alone
 * @throws the error, when it is none
 */
export function loneFailure(error: unknown, ownStatuses: readonly number[] = []): VendorError {
  if (!(error instanceof VendorError)) throw error;
  if (error instanceof VendorAddressRefused) throw error;
  if (error instanceof VendorAuthRejected && !ownStatuses.includes(error.status ?? 0)) throw error;
  return error;
}
