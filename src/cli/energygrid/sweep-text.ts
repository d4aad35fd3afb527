import { csvLine } from "../csv.ts";
import { durationText, powerText, type Row } from "../terminal.ts";
import type { DeviceLine, SweepReport } from "./sweep-report.ts";
import { isWhole } from "./sweep-report.ts";

/** Serials that one line of words names before it only counts. */
const SERIALS_NAMED_MAX = 20;
/** Quality issues that are told one by one. */
const ISSUES_TOLD_MAX = 20;

/** The report as a JSON document. */
export function jsonText(report: SweepReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

const CSV_COLUMNS = ["sn", "status", "activePowerW", "time"] as const satisfies readonly (keyof DeviceLine)[];

/** One row for every device that was to be asked, with a header (RFC 4180). */
export function csvText(report: SweepReport): string {
  const rows = report.devicesDetail.map((line) => csvLine(CSV_COLUMNS.map((column) => line[column])));
  return [csvLine(CSV_COLUMNS), ...rows].join("");
}

/** The sums, for a person. */
export function summaryRows({ devices, activePowerW, requests, durationMs, limitMs }: SweepReport): Row[] {
  const whole = devices.answered === devices.asked;
  return [
    { label: "Devices", value: `${devices.asked} asked, ${devices.answered} answered`, tone: whole ? "good" : "bad" },
    { label: "Online", value: String(devices.online) },
    { label: "Offline", value: String(devices.offline) },
    { label: "Power of those online", value: powerText(activePowerW) },
    {
      label: "Requests",
      value: `${requests.sent} sent, ${requests.refused} refused, ${requests.retried} retried`,
      tone: requests.refused === 0 ? "good" : "bad",
    },
    { label: "Time", value: `${durationText(durationMs)}; the limit allows no less than ${durationText(limitMs)}` },
  ];
}

/** What did not come, in lines for stderr; empty when all came. */
export function shortfallLines(report: SweepReport): string[] {
  const lines: string[] = [];
  for (const { serials, message } of report.failures) lines.push(`failed: ${named(serials)}: ${message}`);
  const missing = report.devicesDetail.filter((line) => line.status === "missing").map((line) => line.sn);
  if (missing.length > 0) lines.push(`missing from the answers: ${named(missing)}`);
  for (const { device, detail, original } of report.issues.slice(0, ISSUES_TOLD_MAX)) {
    lines.push(`doubtful: ${device}: ${detail} It sent ${original}`);
  }
  const untold = report.issues.length - ISSUES_TOLD_MAX;
  if (untold > 0) lines.push(`doubtful: ${untold} more, all in the JSON report`);
  const lacking = report.devicesDetail.filter((line) => !isWhole(line) && isAnswered(line)).map((line) => line.sn);
  if (lacking.length > 0) lines.push(`without a usable power or status: ${named(lacking)}`);
  return lines;
}

function isAnswered({ status }: DeviceLine): boolean {
  return status === "online" || status === "offline" || status === "unknown";
}

function named(serials: readonly string[]): string {
  const shown = serials.slice(0, SERIALS_NAMED_MAX).join(", ");
  const more = serials.length - SERIALS_NAMED_MAX;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
