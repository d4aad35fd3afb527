import {
  type Faults as AnyFaults,
  FaultDice as Dice,
  parseFaults as parse,
  TRANSPORT_SETTINGS_MS,
  TRANSPORT_STRIKES,
} from "../faults.ts";

const OWN_STRIKES = {
  "token-revoked": "the vendor revokes the token just before it looks at the request",
  "null-body": "HTTP 200 with null",
  "repeated-point": "one point is in the answer twice",
  "missing-series": "one asked series is not in the answer",
} as const;
const OWN_SETTINGS_MS = {
  "token-lifetime-ms": "how long a token lives that is given out from now on (3600000 unless said)",
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
