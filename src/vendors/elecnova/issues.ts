import type { Redact } from "../../transport/redact.ts";
import { type IssueKind, ORIGINAL_CHARS_MAX, type QualityIssue } from "../vendor.ts";

/** An issue with the vendor's own words, cleaned before they are cut. */
export function issueOf(
  device: string,
  kind: IssueKind,
  detail: string,
  original: unknown,
  redact: Redact,
): QualityIssue {
  const cut = (text: string): string => redact(text).slice(0, ORIGINAL_CHARS_MAX);
  return { device: cut(device), kind, detail, original: cut(jsonOf(original)) };
}

/** What came, as JSON; it can be nested more deeply than JSON is written. */
export function jsonOf(original: unknown): string {
  try {
    return JSON.stringify(original);
  } catch (error) {
    if (error instanceof RangeError) return "(nested too deeply to be shown)";
    throw error;
  }
}
