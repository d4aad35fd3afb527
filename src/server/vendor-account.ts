import { InvalidInput } from "../domain/errors.ts";
import type { VendorDefinition } from "../vendors/vendor.ts";
import type { RouteParts } from "./parts.ts";

export interface AskedAccount {
  readonly vendor: string;
  readonly baseUrl: string;
  readonly credential: Record<string, string>;
}

/**
 * The account that a request describes, checked without sending anything.
 * @throws InvalidInput when the vendor is not known, the credential is not of its shape, or nobody could be called at the address
 */
export async function vendorAccount(
  { vendors, clock }: Pick<RouteParts, "vendors" | "clock">,
  asked: AskedAccount,
): Promise<CheckedAccount> {
  const { baseUrl } = asked;
  const vendor = vendorOf(vendors, asked.vendor);
  const credential = checkedCredential(vendor, asked.credential);
  // Opening sends nothing, and refuses an address that polling could not use.
  await vendor.open({ baseUrl, credential, clock }).close();
  return { vendor, baseUrl, credential };
}

export interface CheckedAccount {
  readonly vendor: VendorDefinition;
  readonly baseUrl: string;
  readonly credential: Record<string, string>;
}

/** Names the field that is wrong, never repeats what it held. @throws InvalidInput */
export function checkedCredential(
  vendor: VendorDefinition,
  credential: Record<string, string>,
): Record<string, string> {
  const checked = vendor.credential.safeParse(credential);
  if (checked.success) return checked.data;
  throw new InvalidInput(
    checked.error.issues.map((issue) => ({ path: ["credential", ...issue.path].join("."), message: issue.message })),
  );
}

function vendorOf(vendors: readonly VendorDefinition[], id: string): VendorDefinition {
  const vendor = vendors.find((candidate) => candidate.id === id);
  if (vendor) return vendor;
  const known = vendors.map((candidate) => candidate.id).join(", ");
  throw new InvalidInput([{ path: "vendor", message: `must be one of: ${known}` }]);
}
