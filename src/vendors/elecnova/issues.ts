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
  return { device: cut(device), kind, detail, original: cut(JSON.stringify(original)) };
}
