import type { Device } from "../api/types.gen.ts";

const STATUS_RANK: Readonly<Record<Device["status"], number>> = { offline: 0, unknown: 1, online: 2 };

/** What is looked at to say how a device does. */
export interface Condition {
  readonly name: string;
  readonly status: Device["status"];
  /** Findings about its readings that go on. */
  readonly openEvents: number;
  /** Power as a share of the rated power; null where either is unknown or the power is not of now. */
  readonly share: number | null;
}

/** Numbers in names count as numbers, and no locale takes part. */
const nameOrder = new Intl.Collator("en", { numeric: true });

/** Worst first: not online, then with findings, then what gives the least of what it could; equals by name. */
export function byCondition(a: Condition, b: Condition): number {
  return (
    STATUS_RANK[a.status] - STATUS_RANK[b.status] ||
    b.openEvents - a.openEvents ||
    compareShares(a.share, b.share) ||
    nameOrder.compare(a.name, b.name)
  );
}

/** An unknown share tells nothing bad: it comes last. */
function compareShares(a: number | null, b: number | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a - b;
}
