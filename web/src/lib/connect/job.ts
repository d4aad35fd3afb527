import type { BackfillJob } from "#lib/api/types.gen.ts";

/** How much of an import is done, 0 to 1, by the requests that it takes. */
export function shareOf({ state, requests, requestsLeft }: BackfillJob): number {
  if (state === "done") return 1;
  const all = requests + requestsLeft;
  return all === 0 ? 0 : requests / all;
}

/** Reads one event of the stream; null for anything that is no import. */
export function parseJob(data: string): BackfillJob | null {
  try {
    const job: unknown = JSON.parse(data);
    const isJob = typeof job === "object" && job !== null && "state" in job && "requestsLeft" in job;
    return isJob ? (job as BackfillJob) : null;
  } catch {
    return null;
  }
}
