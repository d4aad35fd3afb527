import { isTimeZone } from "../../domain/calendar.ts";
import { InvalidInput } from "../../domain/errors.ts";
import { isLoopback } from "../../domain/loopback.ts";
import { PAGE_SIZE_MAX } from "./wire.ts";

/** What may be asked for. Each check throws `InvalidInput` with one sentence. */

export const SN_CHARS_MAX = 100;
const YEAR = { min: 1970, max: 9999 } as const;
/** Times that RFC 3339 can write. */
const TIME_MS = { min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59) } as const;

/**
 * Whether a serial number may stand in a path: not empty (the path would be the list's), no dots alone (a proxy would take them for
 * another path), nothing that UTF-8 cannot write.
 */
export function isSendable(sn: string): boolean {
  return sn !== "" && sn.length <= SN_CHARS_MAX && !/^\.+$/.test(sn) && sn.isWellFormed();
}

export function checkedSn(sn: string): string {
  if (!isSendable(sn)) throw wrong("sn", `a serial number has 1 to ${SN_CHARS_MAX} characters, and more than dots`);
  return sn;
}

export function checkedPageSize(pageSize: number): number {
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > PAGE_SIZE_MAX)
    throw wrong("pageSize", `must be a whole number from 1 to ${PAGE_SIZE_MAX}`);
  return pageSize;
}

/** Both ends as RFC 3339 in UTC. */
export function checkedRange({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): {
  readonly begin: string;
  readonly end: string;
} {
  if (!(fromMs >= TIME_MS.min && toMs <= TIME_MS.max && fromMs < toMs))
    throw wrong("range", "must begin before it ends, and lie between 1970 and 9999");
  return { begin: new Date(fromMs).toISOString(), end: new Date(toMs).toISOString() };
}

/** A month as `YYYY-MM`. */
export function checkedMonth(month: string): string {
  const [, year] = /^(\d{4})-(?:0[1-9]|1[0-2])$/.exec(month) ?? [];
  if (year === undefined || Number(year) < YEAR.min) throw wrong("month", "must be a month such as 2026-03");
  return month;
}

export function checkedYear(year: number): string {
  if (!Number.isInteger(year) || year < YEAR.min || year > YEAR.max)
    throw wrong("year", `must be a year from ${YEAR.min} to ${YEAR.max}`);
  return String(year);
}

/** The broker's address: over TLS, but on this machine, since the password travels with the greeting. It is never repeated. */
export function checkedMqttUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const open = url?.protocol === "mqtt:" && isLoopback(url.hostname.replace(/^\[|\]$/g, ""));
  if (!url || (url.protocol !== "mqtts:" && !open) || url.hostname === "")
    throw wrong("mqttUrl", "must be an address such as mqtts://broker.example.com:1884");
  if (url.username !== "" || url.password !== "") throw wrong("mqttUrl", "must hold no user name or password");
  return text;
}

export function checkedZone(timeZone: string): string {
  if (!isTimeZone(timeZone)) throw wrong("timeZone", "must be an IANA name such as Europe/Berlin");
  return timeZone;
}

function wrong(path: string, message: string): InvalidInput {
  return new InvalidInput([{ path, message }]);
}
