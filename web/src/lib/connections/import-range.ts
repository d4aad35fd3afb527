const DAY_MS = 86_400_000;
/** How far back the form suggests to go. */
const SUGGESTED_DAYS = 30;

/** Days that somebody wants to import, UTC; both belong to it. */
export interface ImportDays {
  /** "2026-06-01" */
  readonly from: string;
  readonly to: string;
  /** Whether they are days, and the last is not before the first. */
  readonly isRange: boolean;
}

/** The days in an address or a form; the last `SUGGESTED_DAYS` where it names none. */
export function parseImportDays(params: { get(name: string): unknown }, nowMs: number): ImportDays {
  const read = (name: string, otherwiseMs: number): string => {
    const text = params.get(name);
    return typeof text === "string" && text !== "" ? text.slice(0, 10) : dayOf(otherwiseMs);
  };
  const from = read("from", nowMs - SUGGESTED_DAYS * DAY_MS);
  const to = read("to", nowMs);
  return { from, to, isRange: isDay(from) && isDay(to) && from <= to };
}

/** ISO 8601, from the first day's beginning to the last one's end. Only for a range. */
export function importSpan({ from, to }: ImportDays): { readonly from: string; readonly to: string } {
  return { from: `${from}T00:00:00.000Z`, to: new Date(Date.parse(to) + DAY_MS).toISOString() };
}

export function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const timeMs = Date.parse(text);
  // 31 April is read as 1 May by some.
  return !Number.isNaN(timeMs) && dayOf(timeMs) === text;
}
