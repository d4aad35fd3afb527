const DAY_MS = 86_400_000;
/** As the API takes them. */
const SPAN_MS_MAX = 400 * DAY_MS;

/** A stretch of time, epoch ms, in the past. */
export interface HoleSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The stretch in the address, up to now; the last day where it names none that can be asked about. */
export function parseHoleSpan(params: { get(name: string): string | null }, nowMs: number): HoleSpan {
  const [fromMs, toMs] = [timeOf(params.get("from")), Math.min(timeOf(params.get("to")), nowMs)];
  // Not a number is in no order with anything.
  const isSpan = fromMs < toMs && toMs - fromMs <= SPAN_MS_MAX;
  return isSpan ? { fromMs, toMs } : { fromMs: nowMs - DAY_MS, toMs: nowMs };
}

/** Only ISO 8601 with a zone: anything else means another time on another machine. */
function timeOf(text: string | null): number {
  return text !== null && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z$/.test(text) ? Date.parse(text) : Number.NaN;
}

/** From the first to the last of what is missing, ISO 8601; null where nothing is. */
export function hullOf(
  gaps: readonly { readonly from: string; readonly to: string }[],
): { from: string; to: string } | null {
  if (gaps.length === 0) return null;
  const iso = (timeMs: number): string => new Date(timeMs).toISOString();
  return {
    from: iso(Math.min(...gaps.map(({ from }) => Date.parse(from)))),
    to: iso(Math.max(...gaps.map(({ to }) => Date.parse(to)))),
  };
}
