import type { FastifyReply } from "fastify";
import type { Clock } from "../domain/clock.ts";
import { HEARTBEAT, HEARTBEAT_INTERVAL_MS, openEventStream, RIGHTS_LOOKED_AT_EVERY_MS } from "./event-stream.ts";

/** How often it is looked how far a job is. */
export const PROGRESS_LOOKED_AT_EVERY_MS = 1_000;

/** What a stream tells of a job, and to whom. */
export interface JobReader {
  /** The job as it is, and whether more may come of it. */
  readonly read: () => Promise<{ readonly view: object; readonly goesOn: boolean }>;
  /** False ends the stream. */
  readonly mayGoOn: () => boolean;
}

/**
 * How far jobs are, as server-sent events: `progress` brings a job as it is whenever it has changed, the last one when it has ended. A
 * reader that is slow is told less often, and always the newest.
 */
export class JobStreams {
  readonly #clock: Clock;
  readonly #closed = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes the reply over and streams until the job has ended, the reader goes or may read it no more, or the server closes. */
  async stream(reply: FastifyReply, reader: JobReader): Promise<void> {
    const first = await reader.read();
    const response = openEventStream(reply);
    if (!response) return;
    const gone = new AbortController();
    response.once("close", () => gone.abort(GONE));
    const closed = this.#closed.signal;
    const leave = (): void => gone.abort(GONE);
    closed.addEventListener("abort", leave, { once: true });
    if (closed.aborted) leave();
    try {
      await this.#tell(first, reader, response, gone.signal);
    } catch (error) {
      // The reader comes back and asks anew; what went wrong is told then.
      if (!gone.signal.aborted) reply.log.warn({ err: error }, "a stream of progress was cut");
    } finally {
      closed.removeEventListener("abort", leave);
      response.end();
    }
  }

  /** Ends every stream; browsers come back by themselves. */
  close(): void {
    this.#closed.abort();
  }

  async #tell(
    first: Awaited<ReturnType<JobReader["read"]>>,
    { read, mayGoOn }: JobReader,
    response: { write(text: string): unknown; readonly writableNeedDrain: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const clock = this.#clock;
    let job = first;
    let told = "";
    let looksAtMs = clock.monotonicMs() + PROGRESS_LOOKED_AT_EVERY_MS;
    let beatsAtMs = clock.monotonicMs() + HEARTBEAT_INTERVAL_MS;
    for (;;) {
      const text = JSON.stringify(job.view);
      const isTold = text === told;
      if (!isTold && !response.writableNeedDrain) {
        response.write(`event: progress\ndata: ${text}\n\n`);
        told = text;
      } else if (clock.monotonicMs() >= beatsAtMs && !response.writableNeedDrain) response.write(HEARTBEAT);
      else if (isTold && !job.goesOn) return;
      if (clock.monotonicMs() >= beatsAtMs) beatsAtMs = clock.monotonicMs() + HEARTBEAT_INTERVAL_MS;
      await clock.sleepUntil(clock.monotonicMs() + RIGHTS_LOOKED_AT_EVERY_MS, signal);
      if (!mayGoOn()) return;
      if (job.goesOn && clock.monotonicMs() >= looksAtMs) {
        job = await read();
        looksAtMs = clock.monotonicMs() + PROGRESS_LOOKED_AT_EVERY_MS;
      }
    }
  }
}

const GONE = new Error("nobody reads this any more");
