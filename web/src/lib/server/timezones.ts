/** The timezones that a form offers; any other IANA name may be typed. */
export const TIMEZONES: readonly string[] = ["UTC", ...Intl.supportedValuesOf("timeZone")];
