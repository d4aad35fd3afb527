/** What a vendor's credential is made of, by the names that the API gives them. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  energygrid: ["token"],
  elecnova: ["clientId", "clientSecret"],
  powerp: ["clientId", "clientSecret"],
};

/** A vendor that these pages do not know yet is asked for a token; the API says what is wrong with it. */
export function credentialFields(vendor: string): readonly string[] {
  return (Object.hasOwn(FIELDS, vendor) ? FIELDS[vendor] : undefined) ?? ["token"];
}
