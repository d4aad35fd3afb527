import type { RequestCounts } from "../call-watch.ts";
import { durationText, type Row } from "../terminal.ts";
import type { DownloadSums } from "./download.ts";

/** What a download took. */
export interface Spent {
  readonly requests: RequestCounts;
  readonly durationMs: number;
  /** The least that the limits allow for the whole range; null where it was not learned how many calls it takes. */
  readonly limitMs: number | null;
}

/** The sums, for a person. */
export function summaryRows({
  pieces,
  points,
  empty,
  requests,
  durationMs,
  limitMs,
  complete,
}: DownloadSums & Spent): Row[] {
  const { planned, earlier, done, failed } = pieces;
  const all = planned === null ? "" : ` of ${planned}`;
  const before = earlier > 0 ? `, ${earlier} of them earlier` : "";
  const least = limitMs === null ? "" : `; the limit allows no less than ${durationText(limitMs)} for the whole range`;
  return [
    {
      label: "Calls",
      value: `${earlier + done}${all} answered${before}, ${failed} failed`,
      tone: complete ? "good" : "bad",
    },
    { label: "Points", value: `${points}${empty > 0 ? `, and ${empty} without a value` : ""}` },
    {
      label: "Requests",
      value: `${requests.sent} sent, ${requests.refused} refused, ${requests.retried} retried`,
      tone: requests.refused === 0 ? "good" : "bad",
    },
    { label: "Time", value: `${durationText(durationMs)}${least}` },
  ];
}

/** What did not come and what to do about it, in lines for stderr. @param path the output; null for stdout */
export function shortfallLines(sums: DownloadSums, path: string | null): string[] {
  const { pieces, failures, issues, doubtful } = sums;
  const lines = failures.map(({ piece, message }) => `failed: ${piece}: ${message}`);
  if (pieces.failed > failures.length) lines.push(`failed: ${pieces.failed - failures.length} more`);
  for (const { device, detail, original } of issues) lines.push(`doubtful: ${device}: ${detail} It sent ${original}`);
  if (doubtful > issues.length) lines.push(`doubtful: ${doubtful - issues.length} more`);
  if (sums.gaveUp) lines.push("Stopped: the vendor answered none of the last calls.");
  if (sums.interrupted) lines.push("Stopped.");
  if (path !== null && sums.complete) lines.push(`Written: ${path}`);
  else if (path !== null && pieces.earlier + pieces.done > 0) {
    lines.push(`Not complete: the same command with --resume goes on with ${path}.`);
  }
  return lines;
}
