/** Devices that one page offers: more make a form that nobody reads. */
export const OFFERED_MAX = 500;
