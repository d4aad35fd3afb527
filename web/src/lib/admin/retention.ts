import type { Retention } from "#lib/api/types.gen.ts";
import { formatCount } from "#lib/format/amounts.ts";
import { text } from "#lib/text.ts";

export const METRIC_KINDS = ["gauge", "counter", "state"] as const satisfies readonly (keyof Retention["policy"])[];
export type MetricKind = (typeof METRIC_KINDS)[number];
export type Policy = Retention["policy"];

/** Most days that the API takes: a century. */
export const RETENTION_DAYS_MAX = 36_525;

const words = text.admin.retention;

/** What the form calls a field, here and in addresses. */
export function fieldName(kind: MetricKind, of: "raw" | "rollup"): string {
  return `${kind}-${of}`;
}

/** "90 days", or "for ever". */
export function keptWords(days: number | null): string {
  return days === null ? words.forEver : words.days(formatCount(days));
}

/** What a form or an address says of days: text as it was written, so that it can be shown again. */
export type PolicyText = Readonly<Record<string, string>>;

export function policyText(policy: Policy): PolicyText {
  return Object.fromEntries(
    METRIC_KINDS.flatMap((kind) => [
      [fieldName(kind, "raw"), String(policy[kind].rawDays ?? "")],
      [fieldName(kind, "rollup"), String(policy[kind].rollupDays ?? "")],
    ]),
  );
}

/** The policy that is meant, or what is wrong with which field. */
export function policyOf(read: (name: string) => string): {
  readonly policy: Policy;
  readonly faults: Readonly<Record<string, string>>;
} {
  const faults: Record<string, string> = {};
  const daysOf = (name: string): number | null => {
    const typed = read(name).trim();
    if (typed === "") return null;
    const days = /^\d{1,6}$/.test(typed) ? Number(typed) : 0;
    if (days < 1 || days > RETENTION_DAYS_MAX) faults[name] = words.wrongDays(formatCount(RETENTION_DAYS_MAX));
    return days;
  };
  const kept = METRIC_KINDS.map((kind) => {
    const [rawDays, rollupDays] = [daysOf(fieldName(kind, "raw")), daysOf(fieldName(kind, "rollup"))];
    if (rollupDays !== null && (rawDays === null || rollupDays < rawDays)) {
      faults[fieldName(kind, "rollup")] ??= words.sumsShorter;
    }
    return [kind, { rawDays, rollupDays }] as const;
  });
  return { policy: Object.fromEntries(kept) as Policy, faults };
}

/** One thing that a change of retention does. */
export interface RetentionChange {
  readonly kind: MetricKind;
  readonly of: "raw" | "rollup";
  readonly fromDays: number | null;
  readonly toDays: number | null;
}

/** What differs, in the order of the form. */
export function changesOf(before: Policy, after: Policy): RetentionChange[] {
  return METRIC_KINDS.flatMap((kind) =>
    (["raw", "rollup"] as const).flatMap((of) => {
      const [fromDays, toDays] =
        of === "raw" ? [before[kind].rawDays, after[kind].rawDays] : [before[kind].rollupDays, after[kind].rollupDays];
      return fromDays === toDays ? [] : [{ kind, of, fromDays, toDays }];
    }),
  );
}

/** Whether less is kept than before, so that something may be deleted by it. */
export function keepsLess({ fromDays, toDays }: RetentionChange): boolean {
  return toDays !== null && (fromDays === null || toDays < fromDays);
}
