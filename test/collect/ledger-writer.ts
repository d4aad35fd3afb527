/** What the writer of the ledger's crash test does, for whoever looks at what it left. */
export const SERIES = [1, 2, 300] as const;
/** So long that a few hundred numbers are many months. */
export const STEP_MS = 6 * 3_600_000;

/** Whether the vendor is asked for this number and gives nothing that could be used. */
export function isInVain(number: number): boolean {
  return number % 7 === 6;
}
