import { VendorAuthRejected, type VendorError, VendorRefused } from "../transport/errors.ts";
import { planSweep } from "../vendors/plan.ts";
import type { LatestBatch, VendorAccount, VendorDefinition } from "../vendors/vendor.ts";
import { CommandFailed } from "./exit-codes.ts";
import type { Progress } from "./progress.ts";
import { type SweepReport, sweepReport } from "./sweep-report.ts";

/** Attempts, over all requests, after which a vendor that none has reached counts as unreachable. */
const FRUITLESS_ATTEMPTS_MAX = 4;
/** Statuses that say that the address is wrong, and so would be for every other request. */
const WRONG_ADDRESS_STATUSES = new Set([301, 302, 307, 308, 404, 405]);

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
  const requests = { sent: 0, refused: 0, retried: 0 };
  const hopeless = new AbortController();
  const client = vendor.open({
    ...account,
    events: {
      onAttempt() {
        requests.sent++;
      },
      onAnswer(status) {
        if (status === 429) requests.refused++;
      },
      onRetry(error, delayMs) {
        requests.retried++;
        if (requests.sent === 0 && requests.retried === FRUITLESS_ATTEMPTS_MAX) {
          hopeless.abort(unreachable(error, account.baseUrl));
        }
        progress.note(`${error.message} Trying again in ${(delayMs / 1_000).toFixed(1)} s.`);
      },
    },
  });
  const startedAtMs = account.clock.nowMs();
  const fromMs = account.clock.monotonicMs();
  const batches: LatestBatch[] = [];
  let asked = 0;
  try {
    for await (const batch of client.readLatest(serials, AbortSignal.any([signal, hopeless.signal]))) {
      batches.push(batch);
      asked += batch.asked.length;
      progress.advance(asked, (plan.spanMs * (serials.length - asked)) / serials.length);
      if (batches.length === 1) refuseWrongAddress(batch, account.baseUrl);
    }
  } catch (error) {
    if (error instanceof VendorAuthRejected)
      throw new CommandFailed(`${error.message} Check the token; nothing more was sent.`);
    if (!signal.aborted) throw error;
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
    requests,
  });
}

/** Ends a sweep whose first request was refused for a reason that every other request would meet. */
function refuseWrongAddress({ failure }: LatestBatch, baseUrl: string): void {
  if (failure instanceof VendorRefused && WRONG_ADDRESS_STATUSES.has(failure.status ?? 0)) {
    throw unreachable(failure, baseUrl);
  }
}

function unreachable(error: VendorError, baseUrl: string): CommandFailed {
  return new CommandFailed(`${error.message.replace(/\.$/, "")}; the address was ${baseUrl}`);
}
