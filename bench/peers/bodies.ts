import { type DataSet, deviceName, METRIC, siteName } from "./data-set.ts";

/** How readings are written down. Line protocol is what every peer speaks; the others are Kilowatch's own. */
export type Form = "line" | "plaintext" | "json";

export interface Body {
  readonly bytes: Uint8Array;
  readonly lines: number;
}

const CODE_0 = 48;
const CODE_DOT = 46;
const CODE_SPACE = 32;
const CODE_NEWLINE = 10;
/** Longest value, time and punctuation behind a line's prefix, with room to spare. */
const TAIL_BYTES_MAX = 64;

/**
 * Builds the bodies of a data set in the order in which devices push: all series at one tick, then the next tick.
 * A body is made once and may be sent any number of times.
 */
export class BodyMaker {
  readonly #set: DataSet;
  readonly #linesPerBody: number;
  readonly #layout: Layout;

  constructor(set: DataSet, form: Form, linesPerBody: number, metricIds: readonly string[] = []) {
    this.#set = set;
    this.#linesPerBody = linesPerBody;
    this.#layout = LAYOUTS[form](set, metricIds);
  }

  /** The nth body; the last of a set may be short. */
  body(n: number): Body {
    const { seriesCount } = this.#set.plan;
    const first = n * this.#linesPerBody;
    const lines = Math.min(this.#linesPerBody, this.#set.readings - first);
    const { prefixBytesMax, head, foot, write } = this.#layout;
    const bytes = Buffer.allocUnsafeSlow(head.length + foot.length + lines * (prefixBytesMax + TAIL_BYTES_MAX));
    bytes.set(head);
    let at = head.length;
    for (let row = first; row < first + lines; row++) {
      at = write(bytes, at, row % seriesCount, Math.floor(row / seriesCount), row === first);
    }
    bytes.set(foot, at);
    // A copy of the exact length, so that the room to spare is not kept for every body.
    return { bytes: Uint8Array.prototype.slice.call(bytes, 0, at + foot.length), lines };
  }

  /** The bodies that hold these lines of the set, counted from `firstLine`. */
  bodies(firstLine: number, lines: number): Body[] {
    const from = Math.floor(firstLine / this.#linesPerBody);
    const to = Math.ceil(Math.min(firstLine + lines, this.#set.readings) / this.#linesPerBody);
    return Array.from({ length: Math.max(0, to - from) }, (_, index) => this.body(from + index));
  }
}

interface Layout {
  readonly prefixBytesMax: number;
  readonly head: Uint8Array;
  readonly foot: Uint8Array;
  /** Writes one reading; answers where the next begins. */
  readonly write: (bytes: Uint8Array, at: number, series: number, tick: number, isFirst: boolean) => number;
}

const NOTHING = new Uint8Array();

const LAYOUTS: Readonly<Record<Form, (set: DataSet, metricIds: readonly string[]) => Layout>> = {
  /** `active_power,site=s01,device=d0001 value=230.12 1780272000000` */
  line(set) {
    const prefixes = prefixesOf(set, (n) => `${METRIC},site=${siteName(n)},device=${deviceName(n)} value=`);
    return {
      ...prefixes,
      head: NOTHING,
      foot: NOTHING,
      write(bytes, at, series, tick) {
        at = writeAll(bytes, at, prefixes.of[series] ?? NOTHING);
        at = writeHundredths(bytes, at, set.hundredths(series, tick));
        bytes[at++] = CODE_SPACE;
        at = writeWhole(bytes, at, set.timeMs(series, tick));
        bytes[at++] = CODE_NEWLINE;
        return at;
      },
    };
  },
  /** `1780272000 s01.d0001.active_power 230.12` */
  plaintext(set) {
    const prefixes = prefixesOf(set, (n) => ` ${siteName(n)}.${deviceName(n)}.${METRIC} `);
    return {
      ...prefixes,
      head: NOTHING,
      foot: NOTHING,
      write(bytes, at, series, tick) {
        at = writeWhole(bytes, at, Math.floor(set.timeMs(series, tick) / 1_000));
        at = writeAll(bytes, at, prefixes.of[series] ?? NOTHING);
        at = writeHundredths(bytes, at, set.hundredths(series, tick));
        bytes[at++] = CODE_NEWLINE;
        return at;
      },
    };
  },
  /** `{"readings":[{"metricId":"…","time":"2026-06-01T00:00:00.000Z","value":230.12},…]}` */
  json(set, metricIds) {
    const prefixes = prefixesOf(set, (n) => `{"metricId":"${metricIds[n] ?? ""}","time":"`);
    // One time is written many times: a reading of every series has it.
    let writtenMs = Number.NaN;
    let written: Uint8Array = NOTHING;
    return {
      ...prefixes,
      head: ascii('{"readings":['),
      foot: ascii("]}"),
      write(bytes, at, series, tick, isFirst) {
        if (!isFirst) bytes[at++] = 44;
        at = writeAll(bytes, at, prefixes.of[series] ?? NOTHING);
        const timeMs = set.timeMs(series, tick);
        if (timeMs !== writtenMs) {
          writtenMs = timeMs;
          written = ascii(`${new Date(timeMs).toISOString()}","value":`);
        }
        at = writeAll(bytes, at, written);
        at = writeHundredths(bytes, at, set.hundredths(series, tick));
        bytes[at++] = 125;
        return at;
      },
    };
  },
};

function prefixesOf(set: DataSet, text: (series: number) => string): { of: Uint8Array[]; prefixBytesMax: number } {
  const of = Array.from({ length: set.plan.seriesCount }, (_, series) => ascii(text(series)));
  return { of, prefixBytesMax: of.reduce((longest, { length }) => Math.max(longest, length), 0) };
}

function ascii(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

function writeAll(bytes: Uint8Array, at: number, from: Uint8Array): number {
  for (let index = 0; index < from.length; index++) bytes[at + index] = from[index]!; // below its length
  return at + from.length;
}

/** 23012 as `230.12`. */
function writeHundredths(bytes: Uint8Array, at: number, hundredths: number): number {
  const whole = Math.floor(hundredths / 100);
  const rest = hundredths - whole * 100;
  at = writeWhole(bytes, at, whole);
  bytes[at++] = CODE_DOT;
  bytes[at++] = CODE_0 + Math.floor(rest / 10);
  bytes[at++] = CODE_0 + (rest % 10);
  return at;
}

function writeWhole(bytes: Uint8Array, at: number, value: number): number {
  let digits = 1;
  for (let bound = 10; bound <= value; bound *= 10) digits++;
  const end = at + digits;
  // Above 2^31 a remainder is slow: the upper half is split off once.
  let upper = Math.floor(value / 1e7);
  let lower = value - upper * 1e7;
  let place = end - 1;
  for (let count = 0; count < 7 && place >= at; count++, place--) {
    const next = (lower / 10) | 0;
    bytes[place] = CODE_0 + (lower - next * 10);
    lower = next;
  }
  for (; place >= at; place--) {
    const next = (upper / 10) | 0;
    bytes[place] = CODE_0 + (upper - next * 10);
    upper = next;
  }
  return end;
}
