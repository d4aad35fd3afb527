import {
  type Faults as AnyFaults,
  FaultDice as Dice,
  parseFaults as parse,
  TRANSPORT_SETTINGS_MS,
  TRANSPORT_STRIKES,
} from "../faults.ts";

const OWN_STRIKES = {
  missing: "one asked serial is not in the answer",
  extra: "a serial that was not asked for is in the answer",
  repeated: "one serial is in the answer twice, with another value",
  unreadable: "the power of one serial is no power",
} as const;
const OWN_SETTINGS_MS = {
  "skew-ms": "the vendor's clock is that far ahead in last_updated; behind when negative",
} as const;

/** Faults that strike a request now and then. */
export const STRIKES = { ...TRANSPORT_STRIKES, ...OWN_STRIKES };
/** Faults that hold all the time, in ms. */
export const SETTINGS_MS = { ...TRANSPORT_SETTINGS_MS, ...OWN_SETTINGS_MS };

type OwnStrike = keyof typeof OWN_STRIKES;
type OwnSettingMs = keyof typeof OWN_SETTINGS_MS;

export type Faults = AnyFaults<OwnStrike, OwnSettingMs>;
export const FaultDice = Dice<OwnStrike, OwnSettingMs>;
export type FaultDice = Dice<OwnStrike, OwnSettingMs>;

/** As `parseFaults` of every simulator, with this vendor's own faults. */
export function parseFaults(text: string): Faults {
  return parse(text, { strikes: STRIKES, settingsMs: SETTINGS_MS });
}
