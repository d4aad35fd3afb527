import type { FaultDice } from "./faults.ts";

/** Text is handed on in pieces of about this many characters. */
export const PIECE_CHARS = 65_536;

/** Walks over points in order of time. */
export interface PointCursor {
  /** Epoch ms. */
  readonly timeMs: number;
  next(): boolean;
  /** The value as JSON writes it. */
  text(): string;
}

/** A series on its way into an answer. */
export interface Series {
  readonly cursor: PointCursor;
  /** Of each point, up to its timestamp's opening quote. */
  readonly opening: string;
  /** Of each point, from behind its value. */
  readonly ending: (valueText: string) => string;
  /** About how many points there are. */
  readonly pointsExpected: number;
  /** Ordinal of a point, from 0, that comes twice. */
  readonly repeated?: number;
}

/** The points of each series after the other as a JSON array between two texts, in pieces. */
export function* pointPieces(before: string, series: readonly Series[], after: string): Generator<string> {
  const stamps = new Stamps();
  let text = `${before}[`;
  let comma = "";
  for (const { cursor, opening, ending, repeated = -1 } of series) {
    for (let ordinal = 0; cursor.next(); ordinal++) {
      const value = cursor.text();
      const point = opening + stamps.at(cursor.timeMs) + value + ending(value);
      text += comma + point;
      comma = ",";
      if (ordinal === repeated) text += comma + point;
      if (text.length < PIECE_CHARS) continue;
      yield text;
      text = "";
    }
  }
  yield `${text}]${after}`;
}

/** The series as a vendor with a bad day sends them. */
export function spoiled(series: readonly Series[], dice: FaultDice, request: number): Series[] {
  const spoilt = [...series];
  if (dice.strikes("missing-series", request))
    spoilt.splice(Math.floor(dice.pick("series", request) * spoilt.length), 1);
  if (dice.strikes("repeated-point", request)) {
    const at = Math.floor(dice.pick("repeated series", request) * spoilt.length);
    const whole = spoilt[at];
    if (whole) {
      spoilt[at] = { ...whole, repeated: Math.floor(dice.pick("repeated point", request) * whole.pointsExpected) };
    }
  }
  return spoilt;
}

/** Seconds whose text is kept; the series of an answer share them. */
const SECONDS_KEPT = 2_048;
const MS_ENDINGS = Array.from({ length: 1_000 }, (_, ms) => `.${String(ms).padStart(3, "0")}Z","value":`);
const TWO_DIGITS = Array.from({ length: 60 }, (_, second) => String(second).padStart(2, "0"));

/** Writes timestamps, a Date for each minute instead of each point. */
class Stamps {
  readonly #seconds = new Float64Array(SECONDS_KEPT).fill(Number.NaN);
  readonly #texts = new Array<string>(SECONDS_KEPT).fill("");
  #minute = Number.NaN;
  #minuteText = "";

  /** `2026-11-21T08:48:35.200Z","value":` */
  at(timeMs: number): string {
    const second = Math.floor(timeMs / 1_000);
    const slot = second & (SECONDS_KEPT - 1);
    if (this.#seconds[slot] !== second) {
      this.#seconds[slot] = second;
      this.#texts[slot] = this.#secondText(second);
    }
    return (this.#texts[slot] ?? "") + (MS_ENDINGS[timeMs - second * 1_000] ?? "");
  }

  #secondText(second: number): string {
    const minute = Math.floor(second / 60);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#minuteText = new Date(minute * 60_000).toISOString().slice(0, 17);
    }
    return this.#minuteText + (TWO_DIGITS[second - minute * 60] ?? "");
  }
}
