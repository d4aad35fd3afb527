import { CommandFailed, EXIT } from "../exit-codes.ts";
import { startProgress } from "../progress.ts";
import type { ServerApi } from "../server/api.ts";
import { counted, say } from "../terminal.ts";
import { Job, jobPath } from "./job.ts";

/**
 * Shows how far an import is until it has ended: a bar on a terminal, lines elsewhere. Answers the import as it was at the end, and sets the
 * exit code when it did not bring all.
 */
export async function watchJob(api: ServerApi, id: string, signal: AbortSignal): Promise<Job> {
  const first = await api.get(Job, jobPath(id), {}, signal);
  const progress = await startProgress({
    title: "History",
    total: first.requests + first.requestsLeft,
    unit: "requests",
  });
  let job = first;
  try {
    for await (const next of progressOf(api, id, signal)) {
      job = next;
      progress.setTotal(job.requests + job.requestsLeft);
      progress.advance(job.requests, job.leftMs ?? 0, counted(job.readings, "reading"));
      if (job.message !== null && job.endedAt === null) progress.note(job.message);
    }
  } finally {
    progress.stop();
  }
  if (job.endedAt === null) throw new CommandFailed("The server ended the stream; the import goes on.");
  if (job.state === "failed") throw new CommandFailed(job.message ?? "The import failed.");
  if (job.state !== "done") process.exitCode = EXIT.partly;
  say(`The import is ${job.state}: ${counted(job.requests, "request")}, ${counted(job.readings, "reading")}.`);
  return job;
}

/** What the stream tells, event by event. */
async function* progressOf(api: ServerApi, id: string, signal: AbortSignal): AsyncGenerator<Job, void, undefined> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of api.stream(`${jobPath(id)}/stream`, {}, signal)) {
    text += decoder.decode(chunk, { stream: true });
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (data !== undefined) yield Job.parse(JSON.parse(data.slice("data: ".length)));
    }
  }
}
