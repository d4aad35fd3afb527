import { MANTISSA_MAX, SCALE_MAX, SCALE_OF_NUMBER } from "./sql/readings-table.ts";

/** 10^scale, exact as doubles. */
export const POWERS_OF_TEN: readonly number[] = Array.from({ length: SCALE_MAX + 1 }, (_, scale) => 10 ** scale);

/** A run this long finds its scale by itself; a shorter one begins with that of the series' last run. */
const LONG_RUN_ROWS = 64;
/** Series above this share no memory of their scale: 4 MiB. */
const REMEMBERED_SERIES_MAX = 2 ** 22;

/** Whether `value` is exactly `round(value · 10^scale) / 10^scale`, with a mantissa within the bounds. -0 is no decimal. */
export function isExactAt(value: number, scale: number): boolean {
  const power = POWERS_OF_TEN[scale] ?? Number.NaN;
  const mantissa = Math.round(value * power);
  if (mantissa === 0) return Object.is(value, 0);
  return mantissa <= MANTISSA_MAX && mantissa >= -MANTISSA_MAX && mantissa / power === value;
}

/** The least scale from `from` on at which the value is exact; `SCALE_OF_NUMBER` when there is none. */
export function exactScale(value: number, from = 0): number {
  for (let scale = from; scale <= SCALE_MAX; scale++) if (isExactAt(value, scale)) return scale;
  return SCALE_OF_NUMBER;
}

/**
 * The scale at which each series was last written, so that small inserts of one series share one: mantissas of one scale compress best.
 * It is a hint; without it every value is just as exact.
 */
export class ScaleHints {
  #scales = new Uint8Array(1024);

  /** The scale to begin a run of so many rows with. */
  first(series: number, rows: number): number {
    return rows < LONG_RUN_ROWS ? (this.#scales[series] ?? 0) : 0;
  }

  remember(series: number, scale: number): void {
    if (series >= REMEMBERED_SERIES_MAX) return;
    if (series >= this.#scales.length) this.#grow(series);
    this.#scales[series] = scale;
  }

  #grow(series: number): void {
    const grown = new Uint8Array(Math.min(REMEMBERED_SERIES_MAX, 2 ** Math.ceil(Math.log2(series + 1))));
    grown.set(this.#scales);
    this.#scales = grown;
  }
}
