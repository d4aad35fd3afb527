/** The readings of one series on one UTC day, in ascending time, packed: devices read at an even pace and send a few decimals. */
export interface DayColumns {
  readonly length: number;
  /** Ms after the day's start. */
  readonly offsets: EvenOffsets | Uint32Array;
  readonly values: Decimals | Steps | Float64Array;
  /** What it takes in memory, roughly. */
  readonly bytes: number;
}

interface EvenOffsets {
  readonly firstMs: number;
  readonly everyMs: number;
}

/** Each value is `mantissas[row] / 10^scale`, to the bit. */
interface Decimals {
  readonly mantissas: Int32Array;
  readonly scale: number;
}

/** The same, where each mantissa differs little from the one before: the first, and what is added each time. */
interface Steps {
  readonly firstMantissa: number;
  readonly steps: Int16Array;
  readonly scale: number;
}

/** Decimals that are tried; more of them rarely fit into a mantissa of 32 bits. */
const SCALE_MAX = 6;
const POWERS = Array.from({ length: SCALE_MAX + 1 }, (_, scale) => 10 ** scale);
const MANTISSA_MAX = 2 ** 31 - 1;
const STEP_MIN = -(2 ** 15);
const STEP_MAX = 2 ** 15 - 1;
/** Objects and their place in the cache. */
const OVERHEAD_BYTES = 400;

/** Packs what was read. The arrays are kept where nothing smaller does. */
export function packDay(offsets: Uint32Array, values: Float64Array): DayColumns {
  const packedOffsets = evenOffsets(offsets) ?? offsets;
  const exact = decimals(values);
  const packedValues = (exact && steps(exact)) ?? exact ?? values;
  const bytes =
    OVERHEAD_BYTES + (packedOffsets === offsets ? offsets.byteLength : 0) + arrayOf(packedValues).byteLength;
  return { length: values.length, offsets: packedOffsets, values: packedValues, bytes };
}

/** Writes a day's times (epoch ms) and values from `at` on, and answers where it ended. */
export function unpackDay(
  day: DayColumns,
  dayStartMs: number,
  timesMs: Float64Array,
  values: Float64Array,
  at: number,
): number {
  const { length, offsets } = day;
  if ("everyMs" in offsets) {
    const firstMs = dayStartMs + offsets.firstMs;
    for (let row = 0; row < length; row++) timesMs[at + row] = firstMs + row * offsets.everyMs;
  } else {
    for (let row = 0; row < length; row++) timesMs[at + row] = dayStartMs + (offsets[row] ?? 0);
  }
  if ("steps" in day.values) {
    const { firstMantissa, steps, scale } = day.values;
    const power = POWERS[scale] ?? 1;
    let mantissa = firstMantissa;
    values[at] = mantissa / power;
    for (let row = 1; row < length; row++) {
      mantissa += steps[row - 1] ?? 0;
      values[at + row] = mantissa / power;
    }
  } else if ("mantissas" in day.values) {
    const { mantissas, scale } = day.values;
    const power = POWERS[scale] ?? 1;
    for (let row = 0; row < length; row++) values[at + row] = (mantissas[row] ?? 0) / power;
  } else {
    values.set(day.values, at);
  }
  return at + length;
}

function evenOffsets(offsets: Uint32Array): EvenOffsets | null {
  const firstMs = offsets[0] ?? 0;
  const everyMs = (offsets[1] ?? firstMs) - firstMs;
  for (let row = 2; row < offsets.length; row++) if (offsets[row] !== firstMs + row * everyMs) return null;
  return { firstMs, everyMs };
}

/** With the fewest decimals that give every value back to the bit; null when there are none such. */
function decimals(values: Float64Array): Decimals | null {
  const mantissas = new Int32Array(values.length);
  let scale = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? 0;
    const mantissa = mantissaAt(value, scale);
    if (mantissa !== null) {
      mantissas[row] = mantissa;
      continue;
    }
    // -0 is no decimal, and a value that needs more decimals makes all before it be written again.
    do scale++;
    while (scale <= SCALE_MAX && mantissaAt(value, scale) === null);
    if (scale > SCALE_MAX) return null;
    row = -1;
  }
  return { mantissas, scale };
}

/** Null when a step is too large for 16 bits. */
function steps({ mantissas, scale }: Decimals): Steps | null {
  if (mantissas.length === 0) return null;
  const packed = new Int16Array(mantissas.length - 1);
  for (let row = 0; row < packed.length; row++) {
    const step = (mantissas[row + 1] ?? 0) - (mantissas[row] ?? 0);
    if (step < STEP_MIN || step > STEP_MAX) return null;
    packed[row] = step;
  }
  return { firstMantissa: mantissas[0] ?? 0, steps: packed, scale };
}

function arrayOf(values: DayColumns["values"]): Int16Array | Int32Array | Float64Array {
  if ("steps" in values) return values.steps;
  return "mantissas" in values ? values.mantissas : values;
}

function mantissaAt(value: number, scale: number): number | null {
  const power = POWERS[scale] ?? 1;
  const mantissa = Math.round(value * power);
  if (!(Math.abs(mantissa) <= MANTISSA_MAX) || mantissa / power !== value) return null;
  return Object.is(value, -0) ? null : mantissa;
}
