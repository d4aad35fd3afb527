import { channel } from "node:diagnostics_channel";

/** The places of a reading's way at which a crash leaves a different state behind. */
export type TracePoint =
  | "journal.append"
  | "journal.commit"
  | "journal.committed"
  | "projection.sent"
  | "projection.inserted"
  | "latest.saved"
  | "checkpoint.done"
  | "rollup.begin"
  | "rollup.written"
  | "delete.begin"
  | "delete.done"
  | "retention.begin"
  | "retention.done";

/** Name of the diagnostics channel; each message is `{ point }`. Listeners run before the work goes on. */
export const TRACE_CHANNEL = "kilowatch.telemetry";

const trace = channel(TRACE_CHANNEL);

/**
 * Says that the work has reached a point. Free while nobody listens. A channel belongs to its thread: the points `journal.commit` and
 * `latest.saved` are published in the journal's worker, all others on the main thread.
 */
export function tracePoint(point: TracePoint): void {
  if (trace.hasSubscribers) trace.publish({ point });
}
