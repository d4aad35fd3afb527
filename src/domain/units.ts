/** Units are UCUM codes (ucum.org), case-sensitive. The set is open: these are the ones Kilowatch itself writes. */
export const UNIT = {
  watt: "W",
  wattHour: "W.h",
  volt: "V",
  ampere: "A",
  percent: "%",
  celsius: "Cel",
  metrePerSecond: "m/s",
  hertz: "Hz",
  /** UCUM has no var: a volt ampere, with a note. */
  voltAmpereReactive: "V.A{reactive}",
  one: "1",
} as const;
