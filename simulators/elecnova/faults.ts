import {
  type Faults as AnyFaults,
  FaultDice as Dice,
  parseFaults as parse,
  TRANSPORT_SETTINGS_MS,
  TRANSPORT_STRIKES,
} from "../faults.ts";

const OWN_STRIKES = {
  "token-revoked": "the vendor revokes the token just before it looks at the request",
  "code-500": 'HTTP 200 with {"code":500, …,"data":null}',
  "null-body": "HTTP 200 with null",
  "mqtt-duplicate": "a message is published twice",
  "mqtt-out-of-order": "a message comes after the next one of its topic",
  "broker-restart": "the broker restarts before a round of messages; sessions are kept",
} as const;

/** Faults that strike a request, a message or a round of messages now and then. */
export const STRIKES = { ...TRANSPORT_STRIKES, ...OWN_STRIKES };
/** Faults that hold all the time, in ms. */
export const SETTINGS_MS = TRANSPORT_SETTINGS_MS;

type OwnStrike = keyof typeof OWN_STRIKES;

export type Faults = AnyFaults<OwnStrike>;
export const FaultDice = Dice<OwnStrike>;
export type FaultDice = Dice<OwnStrike>;

/** As `parseFaults` of every simulator, with this vendor's own faults. */
export function parseFaults(text: string): Faults {
  return parse<OwnStrike, never>(text, { strikes: STRIKES, settingsMs: SETTINGS_MS });
}
