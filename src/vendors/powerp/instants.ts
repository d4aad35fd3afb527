/** A moment as the vendor reads it: RFC 3339 in UTC, to the ms. */
export function instantText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** The last moment before `timeMs` that the vendor can tell apart: 100 ns earlier, in seven decimals. */
export function justBeforeText(timeMs: number): string {
  return `${instantText(timeMs - 1).slice(0, -1)}9999Z`;
}

const WITH_ZONE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;
const MINUTE_CHARS = "YYYY-MM-DDTHH:MM".length;
const ZERO = 0x30;
const COLON = 0x3a;
const POINT = 0x2e;
const CAPITAL_Z = 0x5a;

/**
 * Reads many RFC 3339 timestamps to epoch ms, rounded down; most follow one another closely, so that the minute is read once.
 * NaN for what is none: no zone, a day that no calendar has, a leap second.
 */
export class InstantReader {
  #minute = "";
  #minuteMs = Number.NaN;

  read(text: string): number {
    if (this.#minute === "" || !text.startsWith(this.#minute)) {
      const minute = text.slice(0, MINUTE_CHARS);
      const minuteMs = slowInstantMs(`${minute}:00Z`);
      if (Number.isNaN(minuteMs)) return Number.NaN;
      this.#minute = minute;
      this.#minuteMs = minuteMs;
    }
    const withinMs = withinMinuteMs(text);
    return withinMs === -1 ? slowInstantMs(text) : this.#minuteMs + withinMs;
  }
}

/** The ms of ":SS.fff…Z" at the end of a timestamp; −1 when it is written in any other way. */
function withinMinuteMs(text: string): number {
  const last = text.length - 1;
  if (last < MINUTE_CHARS + 3 || text.charCodeAt(last) !== CAPITAL_Z || text.charCodeAt(MINUTE_CHARS) !== COLON)
    return -1;
  const tens = text.charCodeAt(MINUTE_CHARS + 1) - ZERO;
  const ones = text.charCodeAt(MINUTE_CHARS + 2) - ZERO;
  if (tens < 0 || tens > 5 || ones < 0 || ones > 9) return -1;
  const wholeMs = (tens * 10 + ones) * 1000;
  const point = MINUTE_CHARS + 3;
  if (point === last) return wholeMs;
  if (text.charCodeAt(point) !== POINT || point + 1 === last) return -1;
  let ms = 0;
  let placeMs = 100;
  for (let at = point + 1; at < last; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    if (placeMs >= 1) ms += digit * placeMs;
    placeMs /= 10;
  }
  return wholeMs + ms;
}

function slowInstantMs(text: string): number {
  if (!WITH_ZONE.test(text)) return Number.NaN;
  const day = text.slice(0, 10);
  const dayMs = Date.parse(`${day}T00:00:00Z`);
  // JavaScript reads 30 February as 1 March.
  if (Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== day) return Number.NaN;
  return Math.floor(Date.parse(text));
}
