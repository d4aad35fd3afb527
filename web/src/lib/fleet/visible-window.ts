/** Rows above and below what is seen, so that a quick scroll meets rows and not a blank. */
export const ROWS_BESIDE = 20;

/** The part of a long list that is worth having in the document. */
export interface VisibleRows {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/**
 * The rows that a window sees, and some beside them.
 * @param topPx where the list begins, relative to the window's top edge; negative once it is scrolled past
 * @param rowPx height of each row, above 0
 */
export function visibleRows(total: number, topPx: number, windowPx: number, rowPx: number): VisibleRows {
  const first = Math.floor(-topPx / rowPx) - ROWS_BESIDE;
  const after = Math.ceil((windowPx - topPx) / rowPx) + ROWS_BESIDE;
  const from = Math.min(Math.max(0, first), total);
  return { from, to: Math.min(Math.max(from, after), total) };
}
