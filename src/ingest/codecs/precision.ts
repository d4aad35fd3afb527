/** Units of line protocol's timestamps. */
export const INFLUX_PRECISIONS = ["ns", "us", "ms", "s", "m", "h"] as const;
export type InfluxPrecision = (typeof INFLUX_PRECISIONS)[number];

/** A unit as milliseconds: so many digits are cut off the end, then the rest is multiplied. */
export interface TimeUnit {
  readonly digitsDropped: number;
  readonly factorMs: number;
}

export const TIME_UNITS: Readonly<Record<InfluxPrecision, TimeUnit>> = {
  ns: { digitsDropped: 6, factorMs: 1 },
  us: { digitsDropped: 3, factorMs: 1 },
  ms: { digitsDropped: 0, factorMs: 1 },
  s: { digitsDropped: 0, factorMs: 1_000 },
  m: { digitsDropped: 0, factorMs: 60_000 },
  h: { digitsDropped: 0, factorMs: 3_600_000 },
};

/** Reads `precision=` of the write call: the v2 words (ns, us, ms, s) and those of v1 (n, u, ms, s, m, h). Null for any other text. */
export function parseInfluxPrecision(text: string): InfluxPrecision | null {
  if (text === "n") return "ns";
  if (text === "u" || text === "µ") return "us";
  return INFLUX_PRECISIONS.find((precision) => precision === text) ?? null;
}
