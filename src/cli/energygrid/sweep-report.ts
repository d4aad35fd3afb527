import { ACTIVE_POWER, ONLINE } from "../../domain/metric.ts";
import type { LatestBatch, QualityIssue } from "../../vendors/vendor.ts";
import type { RequestCounts } from "../call-watch.ts";

/** What one sweep over a vendor's devices brought; its field names are the JSON report's. */
export interface SweepReport {
  /** The vendor's id. */
  readonly vendor: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly durationMs: number;
  /** The least that the vendor's limit allows, from the first request to the last. */
  readonly limitMs: number;
  /** True when every device brought its status and its power. */
  readonly complete: boolean;
  /** True when the sweep was stopped before its end. */
  readonly interrupted: boolean;
  readonly devices: {
    readonly asked: number;
    readonly answered: number;
    readonly online: number;
    readonly offline: number;
    /** Asked for, and not in the answer. */
    readonly missing: number;
    /** In a request that failed for good. */
    readonly failed: number;
    /** Not asked for, or not answered yet, when the sweep was stopped. */
    readonly unfinished: number;
  };
  /** Sum over the devices that are online, W. */
  readonly activePowerW: number;
  readonly requests: RequestCounts;
  readonly devicesDetail: readonly DeviceLine[];
  readonly failures: readonly {
    readonly serials: readonly string[];
    readonly error: string;
    readonly message: string;
  }[];
  readonly issues: readonly QualityIssue[];
}

export interface DeviceLine {
  readonly sn: string;
  /** `unknown`: answered, but with a status that cannot be read. */
  readonly status: "online" | "offline" | "unknown" | "missing" | "failed" | "unfinished";
  readonly activePowerW: number | null;
  /** When the power held, ISO 8601, UTC; for a device without power, when its status was said. */
  readonly time: string | null;
}

export interface SweepFrame {
  readonly vendor: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly durationMs: number;
  readonly limitMs: number;
  readonly interrupted: boolean;
  readonly requests: RequestCounts;
}

/** Sums up a sweep from its batches, in the order in which the devices were given. */
export function sweepReport(
  serials: readonly string[],
  batches: readonly LatestBatch[],
  frame: SweepFrame,
): SweepReport {
  const lines = new Map<string, DeviceLine>();
  for (const batch of batches) {
    for (const sn of batch.asked) lines.set(sn, deviceLine(sn, batch));
  }
  const devicesDetail = serials.map(
    (sn) => lines.get(sn) ?? ({ sn, status: "unfinished", activePowerW: null, time: null } satisfies DeviceLine),
  );
  const count = (...statuses: readonly DeviceLine["status"][]): number =>
    devicesDetail.filter((line) => statuses.includes(line.status)).length;
  return {
    vendor: frame.vendor,
    startedAt: new Date(frame.startedAtMs).toISOString(),
    finishedAt: new Date(frame.finishedAtMs).toISOString(),
    durationMs: Math.round(frame.durationMs),
    limitMs: frame.limitMs,
    interrupted: frame.interrupted,
    complete: devicesDetail.every((line) => isWhole(line)),
    devices: {
      asked: serials.length - count("unfinished"),
      answered: count("online", "offline", "unknown"),
      online: count("online"),
      offline: count("offline"),
      missing: count("missing"),
      failed: count("failed"),
      unfinished: count("unfinished"),
    },
    activePowerW: sumOf(devicesDetail.map((line) => (line.status === "online" ? (line.activePowerW ?? 0) : 0))),
    requests: frame.requests,
    devicesDetail,
    failures: batches.flatMap(({ asked, failure }) =>
      failure ? { serials: asked, error: failure.name, message: failure.message } : [],
    ),
    issues: batches.flatMap((batch) => batch.issues),
  };
}

/** Whether a device brought all that it should. */
export function isWhole({ status, activePowerW }: DeviceLine): boolean {
  return (status === "online" || status === "offline") && activePowerW !== null;
}

function deviceLine(sn: string, batch: LatestBatch): DeviceLine {
  if (batch.failure) return { sn, status: "failed", activePowerW: null, time: null };
  const readings = batch.readings.filter((reading) => reading.device === sn);
  const power = readings.find((reading) => reading.metric.name === ACTIVE_POWER.name);
  const online = readings.find((reading) => reading.metric.name === ONLINE.name);
  if (batch.missing.includes(sn)) return { sn, status: "missing", activePowerW: null, time: null };
  const timeMs = (power ?? online)?.timeMs;
  return {
    sn,
    status: online === undefined ? "unknown" : online.value === 1 ? "online" : "offline",
    activePowerW: power?.value ?? null,
    time: timeMs === undefined ? null : new Date(timeMs).toISOString(),
  };
}

/** Adds in thousandths, so that the last digits of a sum of kW with two decimals are no noise. */
function sumOf(valuesW: readonly number[]): number {
  return Math.round(valuesW.reduce((sum, value) => sum + value, 0) * 1_000) / 1_000;
}
