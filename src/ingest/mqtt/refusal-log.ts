import type { ApiKey } from "../../domain/api-key.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Log } from "../../domain/log.ts";

/** A key's refused messages are said this often at most, ms: a device that sends nonsense every second must not fill the log. */
export const REFUSALS_SAID_EVERY_MS = 60_000;

interface Said {
  readonly atMs: number;
  refusedSince: number;
}

/** Says in the log which messages are refused and why, seldom enough. */
export class RefusalLog {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Said>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  note(key: ApiKey, topic: string, reason: string): void {
    const nowMs = this.#clock.monotonicMs();
    const said = this.#byKey.get(key.id);
    if (said && nowMs - said.atMs < REFUSALS_SAID_EVERY_MS) {
      said.refusedSince++;
      return;
    }
    this.#byKey.set(key.id, { atMs: nowMs, refusedSince: 0 });
    const before = said?.refusedSince ?? 0;
    this.#log.warn(
      { key: key.prefix, topic: topic.slice(0, TOPIC_CHARS_SAID), reason, refusedBefore: before },
      "An MQTT message was refused and not acknowledged.",
    );
  }
}

const TOPIC_CHARS_SAID = 200;
