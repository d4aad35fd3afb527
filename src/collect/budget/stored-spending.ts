import { z } from "zod";
import type { BudgetSpent } from "../../transport/limiter.ts";

/** What a holder writes of a budget with each sign of life; times are ages at that moment, since no two clocks need agree. */
export interface StoredSpending {
  readonly spent: readonly BudgetSpent[];
  /** For how long nothing may be sent, ms. */
  readonly pausedForMs: number;
}

const Stored = z.object({
  v: z.literal(1),
  /** [requests, perMs, [[calls, ageMs], …]]; an age below 0 is that of a call that may still be sent. */
  spent: z.array(z.tuple([z.int().min(1), z.number().positive(), z.array(z.tuple([z.int().min(0), z.number()]))])),
  pausedForMs: z.number().min(0),
});

export const NOTHING_SPENT: StoredSpending = { spent: [], pausedForMs: 0 };

export function writeSpending({ spent, pausedForMs }: StoredSpending): string {
  return JSON.stringify({
    v: 1,
    spent: spent.map(({ budget, portions }) => [
      budget.requests,
      budget.perMs,
      portions.map(({ calls, ageMs }) => [calls, Math.floor(ageMs)]),
    ]),
    pausedForMs: Math.ceil(pausedForMs),
  } satisfies z.input<typeof Stored>);
}

/** What was written, `agedMs` later. Text that cannot be read tells nothing. */
export function readSpending(text: string, agedMs: number): StoredSpending {
  const stored = text === "" ? null : (Stored.safeParse(JSON.parse(text)).data ?? null);
  if (!stored) return NOTHING_SPENT;
  return {
    spent: stored.spent.map(([requests, perMs, portions]) => ({
      budget: { requests, perMs },
      portions: portions.map(([calls, ageMs]) => ({ calls, ageMs: ageMs + agedMs })),
    })),
    pausedForMs: Math.max(0, stored.pausedForMs - agedMs),
  };
}
