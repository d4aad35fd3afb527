import { VendorAuthRejected } from "../../transport/errors.ts";
import { planSweep } from "../../vendors/plan.ts";
import type { LatestBatch, VendorAccount, VendorDefinition } from "../../vendors/vendor.ts";
import { CallWatch } from "../call-watch.ts";
import type { Progress } from "../progress.ts";
import { type SweepReport, sweepReport } from "./sweep-report.ts";

export interface SweepOptions {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Asks a vendor once for all devices and sums it up; an interrupted sweep is summed up as far as it came.
 *
 * @throws CommandFailed when no request can succeed: the credential is refused, the vendor cannot be reached at all, or
 *   something else lives at the address
 */
export async function sweep(
  vendor: VendorDefinition,
  account: VendorAccount,
  serials: readonly string[],
  { progress, signal }: SweepOptions,
): Promise<SweepReport> {
  const plan = planSweep({ devices: serials.length, limits: vendor.limits });
  const watch = new CallWatch({
    baseUrl: account.baseUrl,
    credential: "the token",
    note: (words) => progress.note(words),
  });
  const client = vendor.open({ ...account, events: watch.events });
  const startedAtMs = account.clock.nowMs();
  const fromMs = account.clock.monotonicMs();
  const batches: LatestBatch[] = [];
  let asked = 0;
  try {
    for await (const batch of client.readLatest(serials, AbortSignal.any([signal, watch.hopeless]))) {
      batches.push(batch);
      asked += batch.asked.length;
      progress.advance(asked, (plan.spanMs * (serials.length - asked)) / serials.length);
      if (batches.length === 1 && watch.isWrongAddress(batch.failure)) throw watch.unreachable(batch.failure);
    }
  } catch (error) {
    if (error instanceof VendorAuthRejected || !signal.aborted) throw watch.endOf(error);
  } finally {
    await client.close();
  }
  return sweepReport(serials, batches, {
    vendor: vendor.id,
    startedAtMs,
    finishedAtMs: account.clock.nowMs(),
    durationMs: account.clock.monotonicMs() - fromMs,
    limitMs: plan.spanMs,
    interrupted: signal.aborted && asked < serials.length,
    requests: watch.requests,
  });
}
