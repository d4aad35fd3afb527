const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** How often values may be wanted, s. */
export const EVERY_S = [1, 5, 10, 30, 60, 300, 900, 3_600] as const;
/** How far back the past may be wanted, days; 0 for none of it. */
export const PAST_DAYS = [0, 7, 30, 90, 365] as const;

/** What somebody considers before collecting starts. */
export interface Wish {
  readonly everyMs: number;
  readonly pastDays: number;
}

/** Reads a wish from the address or a form; what is not offered is as if it were not said. */
export function readWish(read: (name: string) => string | null, presentMs: number): Wish {
  const everyS = Number(read("every"));
  const pastDays = Number(read("past"));
  return {
    everyMs: EVERY_S.some((offered) => offered === everyS) ? everyS * 1_000 : presentMs,
    pastDays: PAST_DAYS.find((offered) => offered === pastDays) ?? 0,
  };
}

/** The intervals to choose from, with the present one among them, s. */
export function intervalsS(presentMs: number): readonly number[] {
  return [...new Set([...EVERY_S, presentMs / 1_000])].toSorted((a, b) => a - b);
}

/** The span of a wished past, in whole minutes: what is asked for twice then is asked alike. */
export function pastSpan(pastDays: number, nowMs: number): { readonly from: string; readonly to: string } {
  const toMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  return { from: new Date(toMs - pastDays * DAY_MS).toISOString(), to: new Date(toMs).toISOString() };
}
