import type { Redact } from "../../transport/redact.ts";
import { originalOf } from "../original.ts";
import { type IssueKind, ORIGINAL_CHARS_MAX, type QualityIssue } from "../vendor.ts";

/** An issue with the vendor's own words, cleaned before they are cut. */
export function issueOf(
  device: string,
  kind: IssueKind,
  detail: string,
  original: unknown,
  redact: Redact,
): QualityIssue {
  return {
    device: redact(device).slice(0, ORIGINAL_CHARS_MAX),
    kind,
    detail,
    original: originalOf(original, redact),
  };
}
