import type { Clock } from "../domain/clock.ts";
import type { Actor } from "./actor.ts";
import { clientOf } from "./client-address.ts";

/** How many requests an actor may make in a window of time. */
export interface RequestPolicy {
  readonly name: string;
  readonly requestsMax: number;
  readonly windowMs: number;
}

/** Far above what pages and programs that poll ask for, and a brake on a program that asks in a circle. */
export const SIGNED_IN_POLICY: RequestPolicy = { name: "default", requestsMax: 120_000, windowMs: 60_000 };
/** Of one client address that has not signed in: it can do little more than that. */
export const NOBODY_POLICY: RequestPolicy = { name: "anonymous", requestsMax: 12_000, windowMs: 60_000 };
/** Actors remembered; beyond, the one whose window began first is forgotten. */
export const ACTORS_MAX = 20_000;

export interface Allowance {
  readonly policy: RequestPolicy;
  /** Whether this request is within it. */
  readonly isGranted: boolean;
  /** Requests left in the window. */
  readonly remaining: number;
  /** Seconds until a new window begins, at least 1. */
  readonly resetS: number;
}

interface Window {
  endMs: number;
  requests: number;
}

/** Counts each actor's requests: a window begins with the first one. */
export class RequestLimits {
  readonly #clock: Clock;
  /** In the order in which their windows began. */
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#windows.size;
  }

  /** Takes one request of whoever asks. @param from their address, which counts where nothing else is known of them */
  take(actor: Actor, from: { readonly ip: string }): Allowance {
    const policy = actor.kind === "nobody" ? NOBODY_POLICY : SIGNED_IN_POLICY;
    const nowMs = this.#clock.monotonicMs();
    const window = this.#windowOf(keyOf(actor, from), policy, nowMs);
    const isGranted = window.requests < policy.requestsMax;
    if (isGranted) window.requests++;
    return {
      policy,
      isGranted,
      remaining: policy.requestsMax - window.requests,
      resetS: Math.ceil((window.endMs - nowMs) / 1_000),
    };
  }

  #windowOf(key: string, policy: RequestPolicy, nowMs: number): Window {
    const found = this.#windows.get(key);
    if (found && nowMs < found.endMs) return found;
    const begun = { endMs: nowMs + policy.windowMs, requests: 0 };
    this.#windows.delete(key);
    this.#windows.set(key, begun);
    if (this.#windows.size > ACTORS_MAX) this.#forgetOldest();
    return begun;
  }

  #forgetOldest(): void {
    for (const key of this.#windows.keys()) {
      this.#windows.delete(key);
      return;
    }
  }
}

function keyOf(actor: Actor, from: { readonly ip: string }): string {
  switch (actor.kind) {
    case "user":
      return actor.user.id;
    case "key":
      return actor.key.id;
    case "visitor":
    case "nobody":
      return `${actor.kind} ${clientOf(from.ip)}`;
  }
}
