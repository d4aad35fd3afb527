import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import type { Clock } from "../domain/clock.ts";
import { qualityName } from "../domain/reading.ts";
import type { LiveEvent, LiveHub, LiveInterest, LiveTaken, LiveWatch } from "../live/hub.ts";
import { HEARTBEAT, HEARTBEAT_INTERVAL_MS, openEventStream, RIGHTS_LOOKED_AT_EVERY_MS } from "./event-stream.ts";
import { isoTime } from "./views/times.ts";

/** What a stream asks of whoever reads it. */
export interface StreamReader {
  readonly interest: LiveInterest;
  /** False ends the stream. */
  readonly mayGoOn: () => boolean;
  /** What the stream is of, for `endOf`. */
  readonly subjectId?: string;
}

/** Where a stream goes on: behind an event, or else at a time, epoch ms; with the next reading where neither is said. */
export interface StreamBegin {
  readonly lastEventId: string | undefined;
  readonly sinceMs: number | undefined;
}

/**
 * Live readings as server-sent events (HTML standard, "Server-sent events"). Event `reading` brings one reading; `dropped`
 * says how many were lost because the reader was too slow; `reset` says that what was missed is gone and the state should be read anew.
 */
export class LiveStreams {
  readonly #hub: LiveHub;
  /** Tells this process' places from an earlier one's. */
  readonly #epoch = randomBytes(6).toString("base64url");
  readonly #open = new Set<LiveStream>();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #clock: Clock;
  readonly #closed = new AbortController();
  #isLooking = false;

  constructor(hub: LiveHub, clock: Clock) {
    this.#hub = hub;
    this.#clock = clock;
    this.#heartbeat = setInterval(() => {
      for (const stream of this.#open) stream.beat();
    }, HEARTBEAT_INTERVAL_MS);
    this.#heartbeat.unref();
  }

  get open(): number {
    return this.#open.size;
  }

  /** Takes the reply over and streams until the reader goes or the server closes. */
  stream(reply: FastifyReply, reader: StreamReader, begin: StreamBegin): void {
    const response = openEventStream(reply);
    if (!response) return;
    const stream = new LiveStream(response, this.#epoch, reader);
    this.#open.add(stream);
    if (!this.#isLooking) void this.#lookAtRights();
    stream.follow(this.#hub.watch(reader.interest, () => stream.wake(), this.#placeOf(begin)));
    response.once("close", () => {
      this.#open.delete(stream);
      stream.end();
    });
  }

  /** Ends the streams of something that was changed: their readers come back, miss nothing, and get it as it is now. */
  endOf(subjectId: string): void {
    for (const stream of this.#open) if (stream.subjectId === subjectId) stream.end();
  }

  /** Ends every stream; browsers come back by themselves. */
  close(): void {
    clearInterval(this.#heartbeat);
    this.#closed.abort();
    for (const stream of this.#open) stream.end();
  }

  /** Ends the streams of those who may read them no more, for as long as there are streams. */
  async #lookAtRights(): Promise<void> {
    this.#isLooking = true;
    while (this.#open.size > 0) {
      try {
        await this.#clock.sleepUntil(this.#clock.monotonicMs() + RIGHTS_LOOKED_AT_EVERY_MS, this.#closed.signal);
      } catch (error) {
        // The server closes, and with it every stream.
        if (this.#closed.signal.aborted) return;
        throw error;
      }
      for (const stream of this.#open) stream.endUnlessAllowed();
    }
    this.#isLooking = false;
  }

  /** Null for whoever begins now; for what cannot be gone on from a place that the hub cannot know, so that the reader is told to start anew. */
  #placeOf({ lastEventId, sinceMs }: StreamBegin): number | null {
    if (lastEventId === undefined) return sinceMs === undefined ? null : this.#hub.placeBefore(sinceMs);
    const [epoch, place] = lastEventId.split(":");
    return epoch === this.#epoch && /^\d{1,15}$/.test(place ?? "") ? Number(place) : Number.MAX_SAFE_INTEGER;
  }
}

class LiveStream {
  readonly subjectId: string | undefined;
  readonly #response: ServerResponse;
  readonly #epoch: string;
  readonly #mayGoOn: () => boolean;
  #watch: LiveWatch | null = null;
  #isScheduled = false;

  constructor(response: ServerResponse, epoch: string, { mayGoOn, subjectId }: StreamReader) {
    this.subjectId = subjectId;
    this.#response = response;
    this.#epoch = epoch;
    this.#mayGoOn = mayGoOn;
    response.on("drain", () => this.wake());
  }

  follow(watch: LiveWatch): void {
    this.#watch = watch;
    this.wake();
  }

  /** Sends what waits, in one write a turn of the loop; while the reader is behind, it waits in the bounded queue instead. */
  wake(): void {
    if (this.#isScheduled || !this.#watch) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (!this.#watch || this.#response.writableNeedDrain) return;
      const text = this.#textOf(this.#watch.take());
      if (text !== "") this.#response.write(text);
    });
  }

  beat(): void {
    if (!this.#response.writableNeedDrain) this.#response.write(HEARTBEAT);
  }

  endUnlessAllowed(): void {
    if (!this.#mayGoOn()) this.end();
  }

  end(): void {
    this.#watch?.close();
    this.#watch = null;
    this.#response.end();
  }

  #textOf({ events, dropped, startAnew }: LiveTaken): string {
    let text = startAnew ? "event: reset\ndata: {}\n\n" : "";
    if (dropped > 0) text += `event: dropped\ndata: {"readings":${dropped}}\n\n`;
    for (const event of events) text += this.#reading(event);
    return text;
  }

  #reading({ place, reading }: LiveEvent): string {
    const data = JSON.stringify({
      metricId: reading.metricId,
      time: isoTime(reading.timeMs),
      value: reading.value,
      quality: qualityName(reading.quality),
    });
    return `id: ${this.#epoch}:${place}\nevent: reading\ndata: ${data}\n\n`;
  }
}
