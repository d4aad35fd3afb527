/** At most `requests` in any window of `perMs`, counted where the vendor counts: at its own clock of arrivals. */
export interface Budget {
  readonly requests: number;
  readonly perMs: number;
}

/** As much of a budget as a share of its pace makes, in whole calls. @param share above 0 and up to 1 */
export function shareOfBudget({ requests, perMs }: Budget, share: number): Budget {
  const whole = Math.ceil(requests * share);
  return { requests: whole, perMs: (perMs * whole) / (requests * share) };
}

/** The least time from the first send to the last for `requests` calls, when every budget is spent as early as it allows. Ms. */
export function leastSpanMs(requests: number, budgets: readonly Budget[]): number {
  // Each call is sent as soon as the one that is a whole budget before it has left that budget's window.
  const sentAtMs: number[] = [];
  for (let call = 0; call < requests; call++) {
    sentAtMs.push(
      Math.max(0, ...budgets.map((budget) => leftWindowAtMs(sentAtMs[call - budget.requests], budget.perMs))),
    );
  }
  return sentAtMs.at(-1) ?? 0;
}

function leftWindowAtMs(sentAtMs: number | undefined, perMs: number): number {
  return sentAtMs === undefined ? 0 : sentAtMs + perMs;
}
