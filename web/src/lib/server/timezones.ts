/** Every timezone that a site may have, UTC first: it is none of a place, and so not in the list of those. */
export function timezones(): readonly string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}
