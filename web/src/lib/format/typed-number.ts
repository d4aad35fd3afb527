/** A number that somebody typed: null for an empty field, undefined for what is no number. A comma counts as a point. */
export function typedNumber(text: string): number | null | undefined {
  const plain = text.trim().replace("−", "-").replace(",", ".");
  if (plain === "") return null;
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : undefined;
}

/** kW that somebody typed as W, without the noise of the multiplication: 0.29 · 1000 would be 290.00000000000006. */
export function wattsOfKilowatts(kilowatts: number): number {
  return Number(`${kilowatts}e3`);
}

/** W as the kW that a field shows; empty for null. */
export function kilowattsText(watts: number | null): string {
  return watts === null ? "" : String(Number(`${watts}e-3`));
}
