import type { Redact } from "../transport/redact.ts";
import { ORIGINAL_CHARS_MAX } from "./vendor.ts";

/**
 * What a vendor sent, for a `QualityIssue`: as JSON, cleaned of secrets before it is cut. Numbers that JSON does not have, such as what
 * `1e999` is read as, are written as text; what is nested too deeply to be written is not shown.
 */
export function originalOf(sent: unknown, redact: Redact): string {
  return redact(jsonOf(sent)).slice(0, ORIGINAL_CHARS_MAX);
}

function jsonOf(sent: unknown): string {
  try {
    return JSON.stringify(sent, (_key, value: unknown) =>
      typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
    );
  } catch {
    // JSON.parse reads any depth; JSON.stringify ends with the stack.
    return "(nested too deeply to be shown)";
  }
}
