import type { Delimiter } from "./delimited-rows.ts";
import type { TimeFormat } from "./time-format.ts";
import type { UnitChange } from "./units.ts";

/** A name that stands in every row, or one for all of them. */
export type NameSource = { readonly column: number } | { readonly text: string };

/** A column of numbers, or of words for on and off. */
export interface ValueColumn {
  readonly column: number;
  readonly header: string;
  /** The name of its metric, where rows do not name theirs. */
  readonly metric: string;
  readonly unit: UnitChange;
  /** `state`: words such as True and off, stored as 1 and 0. */
  readonly kind: "number" | "state";
}

export interface TimeColumn {
  readonly column: number;
  readonly header: string;
  readonly format: TimeFormat;
  /** Why it is read in this order of day and month, where the texts alone do not say. */
  readonly orderReason: string | null;
  /** Whether there are times without an offset, which need a timezone. */
  readonly isLocal: boolean;
  readonly isDescending: boolean;
  /** What the first row says. */
  readonly example: string;
}

/** How a file's rows become readings: what was guessed and told, shown before anything is written. */
export interface ImportPlan {
  readonly format: "csv" | "ndjson";
  /** Of CSV. */
  readonly delimiter: Delimiter;
  readonly hasHeader: boolean;
  /** Every column's name; of NDJSON, the members that are read. */
  readonly headers: readonly string[];
  readonly decimalComma: boolean;
  readonly time: TimeColumn;
  readonly site: NameSource;
  readonly device: NameSource;
  /** Where rows name their metric; null where columns do. */
  readonly metricColumn: number | null;
  /** Where rows name their unit; null where columns do. */
  readonly unitColumn: number | null;
  /** One where rows name their metric. */
  readonly values: readonly ValueColumn[];
  readonly leftOut: readonly { readonly header: string; readonly why: string }[];
}

/** UTF-8 bytes of a site's, device's or metric's name. */
export const NAME_BYTES_MAX = 128;

/** What keeps a text from being a name; null when nothing does. */
export function nameFault(text: string): string | null {
  if (text.trim() === "") return "is empty";
  if (Buffer.byteLength(text) > NAME_BYTES_MAX) return `is longer than ${NAME_BYTES_MAX} bytes`;
  if (/\p{Cc}/u.test(text)) return "holds a control character";
  // Line protocol has no way to write one at a name's end.
  return text.includes("\\") ? "holds a backslash" : null;
}
