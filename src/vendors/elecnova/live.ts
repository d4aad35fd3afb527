import type { Clock } from "../../domain/clock.ts";
import { onAbort } from "../../transport/abort.ts";
import { VendorAuthRejected, VendorError, VendorRateLimited, VendorRefused } from "../../transport/errors.ts";
import { RETRY_CAP_MS, retryDelayMs } from "../../transport/retry.ts";
import type { Session } from "../../transport/session.ts";
import { piecewise } from "../piecewise.ts";
import { BrokerConnection, type BrokerMessage } from "./broker.ts";
import { noTopics } from "./broker-failure.ts";
import type { LiveBatch, LiveEvents } from "./live-batch.ts";
import type { LiveDecoder } from "./live-decoder.ts";
import type { LiveMemory } from "./live-memory.ts";
import type { Login } from "./wire.ts";

export { LiveMemory } from "./live-memory.ts";

/** Topic calls under way at once. */
const TOPIC_CALLS_OPEN_MAX = 8;
/** A connection that has held for so long was a good one: the next loss is met as a first. */
const GOOD_CONNECTION_MS = RETRY_CAP_MS;

export interface LiveParts {
  readonly cabinets: readonly string[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly session: Session<Login>;
  readonly topics: (sn: string, signal: AbortSignal) => Promise<readonly string[]>;
  readonly url: string;
  readonly ca: string | undefined;
  readonly connectTimeoutMs: number;
  readonly decoder: LiveDecoder;
  readonly memory: LiveMemory;
  readonly events: LiveEvents;
  readonly attemptsMax: number;
  readonly signals: readonly (AbortSignal | undefined)[];
}

/** The messages of cabinets, over any number of connections. A message is done when the consumer asks for the next. */
export async function* readLive(parts: LiveParts): AsyncGenerator<LiveBatch, void, undefined> {
  const { clock, random, session, memory, events, attemptsMax } = parts;
  if (parts.cabinets.length === 0) return;
  const stop = new AbortController();
  for (const signal of parts.signals) signal?.throwIfAborted();
  const leave = parts.signals.map((signal) => signal && onAbort(signal, (reason) => stop.abort(reason)));
  let failures = 0;
  let refusedLogin: Login | null = null;
  try {
    for (;;) {
      let login: Login | null = null;
      let connection: BrokerConnection | null = null;
      let connectedAtMs = Number.POSITIVE_INFINITY;
      try {
        login = await session.token(stop.signal);
        const topics = await topicsOf(parts, failures + 1, stop.signal);
        // A login that was made meanwhile may have another id, and topics are an id's.
        if ((await session.token(stop.signal)) !== login) continue;
        const opened = await BrokerConnection.open({
          ...parts,
          login,
          memory,
          topics: [...topics.keys()],
          attempts: failures + 1,
          signal: stop.signal,
          onTopicRefused: (topic) => events.onTopicRefused?.(topic),
        });
        connection = opened.connection;
        connectedAtMs = clock.monotonicMs();
        refusedLogin = null;
        events.onConnected?.({ topics: topics.size, sessionKept: opened.sessionKept });
        for (;;) {
          const message = await connection.next();
          failures = 0;
          yield batchOf(message, topics, parts);
          message.done();
        }
      } catch (error) {
        stop.signal.throwIfAborted();
        if (!(error instanceof VendorError) || error instanceof VendorRefused) throw error;
        if (error instanceof VendorAuthRejected) {
          // The calls over HTTP have tried a fresh token already; the broker's word on an old one is not final.
          if (login === null || error.status !== null || (refusedLogin !== null && refusedLogin !== login)) throw error;
          session.drop(login);
          refusedLogin = login;
          continue;
        }
        if (clock.monotonicMs() - connectedAtMs >= GOOD_CONNECTION_MS) failures = 0;
        failures++;
        if (failures >= attemptsMax) throw error;
        const delayMs = delayAfter(error, failures, clock, random);
        events.onLost?.(error, delayMs);
        await clock.sleepUntil(clock.monotonicMs() + delayMs, stop.signal);
      } finally {
        await connection?.close();
      }
    }
  } finally {
    for (const leaveSignal of leave) leaveSignal?.();
  }
}

/** Each topic with its cabinet. */
async function topicsOf(parts: LiveParts, attempts: number, signal: AbortSignal): Promise<Map<string, string>> {
  const { cabinets, topics, events } = parts;
  const cabinetByTopic = new Map<string, string>();
  let refused: VendorRefused | null = null;
  const answers = piecewise({
    pieces: cabinets,
    openMax: TOPIC_CALLS_OPEN_MAX,
    signal,
    read: async (sn, stop) => {
      try {
        return { sn, topics: await topics(sn, stop) };
      } catch (error) {
        if (error instanceof VendorRefused) return { sn, error };
        throw error;
      }
    },
  });
  for await (const answer of answers) {
    if ("error" in answer) {
      refused = answer.error;
      events.onCabinetRefused?.(answer.sn, answer.error);
    } else for (const topic of answer.topics) cabinetByTopic.set(topic, answer.sn);
  }
  if (cabinetByTopic.size === 0) throw refused ?? noTopics(attempts, "the vendor names no topic");
  return cabinetByTopic;
}

function batchOf({ packet }: BrokerMessage, topics: ReadonlyMap<string, string>, parts: LiveParts): LiveBatch {
  const { topic } = packet;
  const receivedAtMs = Math.trunc(parts.clock.nowMs());
  const payload = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
  const cabinet = topics.get(topic) ?? null;
  return { topic, receivedAtMs, ...parts.decoder({ topic, payload, receivedAtMs, cabinet }) };
}

function delayAfter(error: VendorError, failures: number, clock: Clock, random: () => number): number {
  const delayMs = retryDelayMs(failures, null, clock.nowMs(), random);
  return error instanceof VendorRateLimited ? Math.max(delayMs, error.retryAtMs - clock.nowMs()) : delayMs;
}
