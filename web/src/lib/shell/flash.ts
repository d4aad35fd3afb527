/** A one-time message that survives a redirect: only its code travels in the cookie, so that no foreign text can be shown. */
export const FLASH_CODES = [
  "signedIn",
  "signedOut",
  "adminCreated",
  "alreadySignedIn",
  "personAdded",
  "personAddedWithoutSite",
  "personChanged",
  "personDeleted",
  "passwordReset",
  "siteGiven",
  "roleChanged",
  "siteTaken",
  "keyRevoked",
  "retentionChanged",
  "readingsDeleted",
  "accountChanged",
  "passwordChanged",
  "siteAdded",
  "siteSaved",
  "siteDeleted",
  "deviceAdded",
  "deviceSaved",
  "deviceDeleted",
  "deviceReplaced",
  "metricAdded",
  "metricSaved",
  "metricDeleted",
  "setSaved",
  "setRenamed",
  "setChanged",
  "setDeleted",
  "connectionSaved",
  "connectionStarted",
  "connectionRemoved",
  "devicesAdded",
  "connectionPaused",
  "connectionResumed",
  "connectionChanged",
  "credentialReplaced",
  "listRead",
  "importStarted",
  "importPaused",
  "importResumed",
  "importCancelled",
] as const;
export type FlashCode = (typeof FLASH_CODES)[number];

export interface Flash {
  readonly code: FlashCode;
  /** Tells one showing from the next. */
  readonly id: string;
}

export const FLASH_COOKIE = "kilowatch_flash";
export const FLASH_COOKIE_MAX_AGE_S = 60;

export function formatFlash(code: FlashCode, id: string): string {
  return `${code}.${id}`;
}

export function parseFlash(text: string | undefined): Flash | null {
  const [code, id] = text?.split(".", 2) ?? [];
  const known = FLASH_CODES.find((candidate) => candidate === code);
  return known && id ? { code: known, id } : null;
}
