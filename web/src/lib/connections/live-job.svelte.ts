import type { BackfillJob } from "#lib/api/types.gen.ts";

/** Whether nothing more comes of it. */
export function hasEnded({ state }: Pick<BackfillJob, "state">): boolean {
  return state !== "running" && state !== "paused";
}

/** How much of an import is done, 0 to 1, by its requests; what it still takes is the server's estimate. */
export function doneShare({
  state,
  requests,
  requestsLeft,
}: Pick<BackfillJob, "state" | "requests" | "requestsLeft">): number {
  if (state === "done") return 1;
  const all = requests + requestsLeft;
  return all === 0 ? 0 : requests / all;
}

/**
 * Follows how far an import is. The browser reconnects by itself after a break.
 * @param onProgress told of the job whenever it has changed
 * @param onEnd told once, when it has ended
 * @returns what ends the following
 */
export function followJob(id: string, onProgress: (job: BackfillJob) => void, onEnd: () => void): () => void {
  const source = new EventSource(`/api/v1/backfill-jobs/${id}/stream`);
  source.addEventListener("progress", (event: MessageEvent<string>) => {
    const job = JSON.parse(event.data) as BackfillJob;
    onProgress(job);
    if (!hasEnded(job)) return;
    source.close();
    onEnd();
  });
  return () => source.close();
}
