const DAY_MS = 86_400_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?$/;

/** A moment, or a whole UTC day. */
export interface TimeText {
  /** Epoch ms of the moment, or of the day's start. */
  readonly fromMs: number;
  /** Epoch ms just past it: the moment plus one ms, or the next day's start. */
  readonly toMs: number;
}

/** Reads an ISO 8601 date or date-time; without a zone it is UTC. Null for any other text and for days that no calendar has. */
export function parseTimeText(text: string): TimeText | null {
  if (DATE.test(text)) {
    const fromMs = Date.parse(`${text}T00:00:00Z`);
    return isRealDay(text, fromMs) ? { fromMs, toMs: fromMs + DAY_MS } : null;
  }
  const match = DATE_TIME.exec(text);
  if (!match) return null;
  const day = text.slice(0, 10);
  if (!isRealDay(day, Date.parse(`${day}T00:00:00Z`))) return null;
  const fromMs = Date.parse(match[1] === undefined ? `${text}Z` : text);
  return Number.isNaN(fromMs) ? null : { fromMs, toMs: fromMs + 1 };
}

/** JavaScript reads 30 February as 1 March. */
function isRealDay(day: string, startMs: number): boolean {
  return !Number.isNaN(startMs) && new Date(startMs).toISOString().slice(0, 10) === day;
}
