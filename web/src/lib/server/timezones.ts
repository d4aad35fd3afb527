/** The timezones that a form offers, UTC first: it is none of a place, and so not in the list of those. Any other IANA name may be typed. */
export const TIMEZONES: readonly string[] = [
  "UTC",
  ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC"),
];
