import type { Clock } from "../domain/clock.ts";
import type { Log } from "../domain/log.ts";

/** How a connection does, for the page, the API and the log. */
export const CONNECTION_STATES = [
  /** Nothing has been asked yet. */
  "starting",
  /** The last request was answered. */
  "running",
  /** The last request failed; it is tried again by itself. */
  "backing_off",
  /** Another server of this catalogue asks the vendor; this one takes over when that one is gone. */
  "standing_by",
  /** A person has paused it: nothing is sent. */
  "paused",
  /** The vendor refused the credential, or its address may not be called: nothing is sent until a person changes that. */
  "refused",
] as const;
export type ConnectionState = (typeof CONNECTION_STATES)[number];

export interface ConnectionHealth {
  readonly state: ConnectionState;
  /** Why it is not running: one sentence for a person, without secrets. */
  readonly message: string | null;
  /** Epoch ms of the last change of state. */
  readonly sinceMs: number;
}

/** Follows a connection's state, and says each change in the log once however many requests fail alike. */
export class ConnectionHealthTracker {
  #health: ConnectionHealth;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(name: string, clock: Clock, log: Log) {
    this.#name = name;
    this.#clock = clock;
    this.#log = log;
    this.#health = { state: "starting", message: null, sinceMs: clock.nowMs() };
  }

  get health(): ConnectionHealth {
    return this.#health;
  }

  answered(): void {
    const before = this.#health;
    if (before.state === "running") return;
    this.#health = { state: "running", message: null, sinceMs: this.#clock.nowMs() };
    if (before.state === "starting" || before.state === "standing_by") return;
    const outageS = Math.round((this.#clock.nowMs() - before.sinceMs) / 1_000);
    this.#log.info({ connection: this.#name, outageS }, "the vendor answers again");
  }

  /** This process may ask the vendor. */
  heldHere(): void {
    if (this.#health.state === "standing_by")
      this.#health = { state: "starting", message: null, sinceMs: this.#clock.nowMs() };
  }

  /** Another process may ask the vendor, or nobody knows who. */
  heldElsewhere(): void {
    this.#change(
      "standing_by",
      "Another server asks this vendor at the moment.",
      "another server asks the vendor from now on",
    );
  }

  failed(message: string): void {
    this.#change("backing_off", message, "the vendor does not answer as it should; backing off");
  }

  refused(message: string): void {
    this.#change("refused", message, "the vendor refused the credential; polling stops");
  }

  /** Nothing may be sent to the vendor's address. */
  barred(message: string): void {
    this.#change("refused", message, "the vendor's address may not be called; nothing is sent");
  }

  #change(state: ConnectionState, message: string, logLine: string): void {
    const isNew = this.#health.state !== state;
    this.#health = { state, message, sinceMs: isNew ? this.#clock.nowMs() : this.#health.sinceMs };
    if (isNew) this.#log.warn({ connection: this.#name, reason: message }, logLine);
  }
}
