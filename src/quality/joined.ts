import type { Finding } from "../domain/quality.ts";
import { JOINED_MS_MAX } from "./thresholds.ts";

/** Joins what one rule found of one series where it overlaps or nearly touches; the evidence is that of the longest. In order of time. */
export function joined(findings: readonly Finding[]): Finding[] {
  const inOrder = findings.toSorted((a, b) => a.fromMs - b.fromMs);
  const whole: Finding[] = [];
  const longestMs: number[] = [];
  for (const finding of inOrder) {
    const place = whole.length - 1;
    const last = whole[place];
    if (!last || (last.toMs !== null && finding.fromMs - last.toMs > JOINED_MS_MAX)) {
      whole.push(finding);
      longestMs.push(lengthMs(finding));
      continue;
    }
    const isLonger = lengthMs(finding) > (longestMs[place] ?? 0);
    longestMs[place] = Math.max(longestMs[place] ?? 0, lengthMs(finding));
    const toMs = last.toMs === null || finding.toMs === null ? null : Math.max(last.toMs, finding.toMs);
    whole[place] = { ...last, toMs, evidence: isLonger ? finding.evidence : last.evidence };
  }
  return whole;
}

function lengthMs({ fromMs, toMs }: Finding): number {
  return (toMs ?? Number.POSITIVE_INFINITY) - fromMs;
}
