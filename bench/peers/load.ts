import { type Clock, systemClock } from "../../src/domain/clock.ts";
import type { Body, Form } from "./bodies.ts";
import { type Address, type Answer, Connection } from "./connection.ts";

/** Where bodies go, and which answer says that they are kept. */
export interface Target {
  readonly address: Address;
  writeRequest(form: Form): { readonly start: string; readonly headers: string };
  isAck(form: Form, status: number): boolean;
}

export interface LoadFigures {
  readonly lines: number;
  /** From the first byte sent to the last ack. */
  readonly tookMs: number;
  /** Of each body: from the moment it was due (open loop) or sent (closed loop) until its ack. */
  readonly acksMs: readonly number[];
  /** Answers of 429 and 503, each sent again after its `Retry-After`. */
  readonly putOff: number;
}

/** Answered when a peer is busy: the body is sent again. */
const STATUS_PUT_OFF: readonly number[] = [429, 503];
const RETRY_AFTER_S_DEFAULT = 1;

/** Closed loop: each connection sends its next body when the last one is acked. @throws on any other answer than an ack */
export async function sendAll(
  target: Target,
  form: Form,
  bodies: Iterable<Body>,
  connections: number,
  clock: Clock = systemClock,
): Promise<LoadFigures> {
  const queue = bodies[Symbol.iterator]();
  const sender = new Sender(target, form, clock);
  const beganMs = clock.monotonicMs();
  await sender.onEach(connections, async (connection) => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      await sender.send(connection, next.value, clock.monotonicMs());
    }
  });
  return sender.figures(clock.monotonicMs() - beganMs);
}

/**
 * Open loop: body n is due at n · interval, whatever the peer does. The time of an ack counts from then, so that a stall
 * is felt by every body that it holds up (no coordinated omission).
 */
export async function sendPaced(
  target: Target,
  form: Form,
  bodies: readonly Body[],
  { connections, linesPerS }: { readonly connections: number; readonly linesPerS: number },
  clock: Clock = systemClock,
): Promise<LoadFigures> {
  const sender = new Sender(target, form, clock);
  const beganMs = clock.monotonicMs();
  let nextBody = 0;
  let linesDue = 0;
  await sender.onEach(connections, async (connection) => {
    for (let body = bodies[nextBody++]; body; body = bodies[nextBody++]) {
      const dueMs = beganMs + (linesDue / linesPerS) * 1_000;
      linesDue += body.lines;
      await clock.sleepUntil(dueMs);
      await sender.send(connection, body, dueMs);
    }
  });
  return sender.figures(clock.monotonicMs() - beganMs);
}

class Sender {
  readonly #target: Target;
  readonly #form: Form;
  readonly #clock: Clock;
  readonly #acksMs: number[] = [];
  #lines = 0;
  #putOff = 0;

  constructor(target: Target, form: Form, clock: Clock) {
    this.#target = target;
    this.#form = form;
    this.#clock = clock;
  }

  async onEach(connections: number, work: (connection: Connection) => Promise<void>): Promise<void> {
    const opened = Array.from({ length: connections }, () => new Connection(this.#target.address));
    try {
      await Promise.all(opened.map(work));
    } finally {
      for (const connection of opened) connection.close();
    }
  }

  async send(connection: Connection, body: Body, fromMs: number): Promise<void> {
    const { start, headers } = this.#target.writeRequest(this.#form);
    for (;;) {
      const answer: Answer = await connection.send(start, headers, body.bytes);
      if (this.#target.isAck(this.#form, answer.status)) break;
      if (!STATUS_PUT_OFF.includes(answer.status)) {
        throw new Error(`${start} answered ${answer.status}: ${answer.body.toString().slice(0, 500)}`);
      }
      this.#putOff++;
      const retryAfterS = answer.retryAfterS ?? RETRY_AFTER_S_DEFAULT;
      await this.#clock.sleepUntil(this.#clock.monotonicMs() + retryAfterS * 1_000);
    }
    this.#acksMs.push(this.#clock.monotonicMs() - fromMs);
    this.#lines += body.lines;
  }

  figures(tookMs: number): LoadFigures {
    return { lines: this.#lines, tookMs, acksMs: this.#acksMs, putOff: this.#putOff };
  }
}
