import type { Redact } from "../transport/redact.ts";
import { originalOf } from "./original.ts";
import {
  type IssueKind,
  type LatestBatch,
  ORIGINAL_CHARS_MAX,
  type QualityIssue,
  type VendorReading,
} from "./vendor.ts";

/** Notes an issue of the row at hand. */
export type Refuse = (kind: IssueKind, detail: string) => void;

export interface RowsOptions {
  readonly asked: readonly string[];
  /** What the vendor sent, one device a row. */
  readonly rows: readonly unknown[];
  /** Whose row it is; null for a row that does not say. */
  readonly ownerOf: (row: unknown) => string | null;
  /** The readings of one device's row; what it cannot use it refuses. */
  readonly read: (device: string, row: unknown, refuse: Refuse) => readonly VendorReading[];
  /** Cleans what issues keep. */
  readonly redact: Redact;
}

/** Reads an answer of a row a device, whatever it holds: devices that nobody asked for, twice or not at all cost the others nothing. */
export function readRows({ asked, rows, ownerOf, read, redact }: RowsOptions): Omit<LatestBatch, "failure"> {
  const awaited = new Set(asked);
  const seen = new Set<string>();
  const readings: VendorReading[] = [];
  const issues: QualityIssue[] = [];
  for (const row of rows) {
    const device = ownerOf(row);
    const refuse: Refuse = (kind, detail) => {
      const named = redact(device ?? "").slice(0, ORIGINAL_CHARS_MAX);
      issues.push({ device: named, kind, detail, original: originalOf(row, redact) });
    };
    if (device === null) refuse("unreadable_value", "A row names no device.");
    else if (!awaited.has(device)) refuse("unasked_device", "The answer holds a device that was not asked for.");
    else if (seen.has(device)) {
      refuse("repeated_device", "The answer holds the device more than once; the first counts.");
    } else {
      seen.add(device);
      readings.push(...read(device, row, refuse));
    }
  }
  return { asked, readings, missing: asked.filter((device) => !seen.has(device)), issues };
}
