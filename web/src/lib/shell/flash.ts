import { isUndo, type Undo } from "./undo.ts";

/** A one-time message that survives a redirect: of what is shown only a code travels in the cookie, so that no foreign text can be. */
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
  /** How what was done is taken back, where that is possible. */
  readonly undo?: Undo;
}

export const FLASH_COOKIE = "kilowatch_flash";
export const FLASH_COOKIE_MAX_AGE_S = 60;
/** Browsers keep cookies of 4,096 bytes; a message that would take more goes without its undo. */
export const FLASH_LENGTH_MAX = 3_000;

/** As it stands in the cookie, before the cookie's own encoding. */
export function formatFlash({ code, id, undo }: Flash): string {
  const plain = `${code}.${id}`;
  if (!undo) return plain;
  const whole = `${plain}.${JSON.stringify(undo)}`;
  return encodeURIComponent(whole).length > FLASH_LENGTH_MAX ? plain : whole;
}

/** Null for what is no message; without its undo where that is none of ours. */
export function parseFlash(text: string | undefined): Flash | null {
  const [, name, id, undoText] = /^(\w+)\.([\w-]+)(?:\.(.+))?$/s.exec(text ?? "") ?? [];
  const code = FLASH_CODES.find((candidate) => candidate === name);
  if (!code || !id) return null;
  const undo = undoText === undefined ? null : parseUndo(undoText);
  return undo ? { code, id, undo } : { code, id };
}

function parseUndo(text: string): Undo | null {
  try {
    const undo: unknown = JSON.parse(text);
    return isUndo(undo) ? undo : null;
  } catch {
    return null;
  }
}
