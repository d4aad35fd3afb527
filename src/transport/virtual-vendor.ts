import { Dispatcher } from "undici";
import type { VirtualClock } from "../domain/virtual-clock.ts";

/** A request as the vendor saw it. */
export interface SeenRequest {
  /** Counts from 0. */
  readonly index: number;
  /** Monotonic ms of the test's clock. */
  readonly seenAtMs: number;
  /** Epoch ms by the test's clock. */
  readonly wallMs: number;
  readonly method: string;
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface VendorAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** How long the body comes after the head. Default 0. */
  readonly bodyAfterMs?: number;
}

export interface VirtualVendorOptions {
  readonly clock: VirtualClock;
  /** What the vendor says; "cut" cuts the connection, "never" leaves the request without an answer. */
  readonly answer: (request: SeenRequest) => VendorAnswer | "cut" | "never";
  /** How long the next request takes to the vendor, and its answer back, ms. Default 0. */
  readonly delays?: () => { readonly requestMs: number; readonly answerMs: number };
}

/** A vendor for tests: takes the place of the network under a client, in virtual time. Order on the wire is not kept, as between sockets. */
export class VirtualVendor extends Dispatcher {
  readonly seen: SeenRequest[] = [];
  /** Requests that the client gave up before they were answered. */
  aborted = 0;
  readonly #options: VirtualVendorOptions;

  constructor(options: VirtualVendorOptions) {
    super();
    this.#options = options;
  }

  override dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.#exchange(request, handler).catch((error: unknown) => {
      throw error;
    });
    return true;
  }

  async #exchange(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): Promise<void> {
    const { clock, answer, delays = () => ({ requestMs: 0, answerMs: 0 }) } = this.#options;
    const stop = new AbortController();
    const controller = new VirtualController(stop);
    handler.onRequestStart?.(controller, {});
    const { requestMs, answerMs } = delays();
    try {
      await clock.sleepUntil(clock.monotonicMs() + requestMs, stop.signal);
      const given = answer(this.#record(request));
      if (given === "never") return await clock.sleepUntil(Number.POSITIVE_INFINITY, stop.signal);
      await clock.sleepUntil(clock.monotonicMs() + answerMs, stop.signal);
      if (given === "cut") {
        handler.onResponseError?.(
          controller,
          Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" }),
        );
        return;
      }
      handler.onResponseStart?.(controller, given.status, given.headers ?? {});
      await clock.sleepUntil(clock.monotonicMs() + (given.bodyAfterMs ?? 0), stop.signal);
      if (!stop.signal.aborted) handler.onResponseData?.(controller, Buffer.from(given.body));
      if (!stop.signal.aborted) handler.onResponseEnd?.(controller, {});
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      this.aborted++;
      handler.onResponseError?.(controller, error as Error);
    }
  }

  #record(request: Dispatcher.DispatchOptions): SeenRequest {
    const { clock } = this.#options;
    const headers = Object.entries(request.headers as Record<string, string>);
    const seen: SeenRequest = {
      index: this.seen.length,
      seenAtMs: clock.monotonicMs(),
      wallMs: clock.nowMs(),
      method: request.method,
      target: request.path,
      headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
      body: typeof request.body === "string" ? request.body : "",
    };
    this.seen.push(seen);
    return seen;
  }
}

class VirtualController implements Dispatcher.DispatchController {
  readonly #stop: AbortController;

  constructor(stop: AbortController) {
    this.#stop = stop;
  }

  get aborted(): boolean {
    return this.#stop.signal.aborted;
  }

  get paused(): boolean {
    return false;
  }

  get reason(): Error | null {
    return this.#stop.signal.aborted ? (this.#stop.signal.reason as Error) : null;
  }

  abort(reason: Error): void {
    this.#stop.abort(reason);
  }

  pause(): void {}

  resume(): void {}
}

/** The most calls that any window of `perMs` holds as the vendor saw them; what happens exactly `perMs` later is outside. */
export function mostInAnyWindow(seenAtMs: readonly number[], perMs: number): number {
  const sorted = [...seenAtMs].sort((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [index, atMs] of sorted.entries()) {
    while ((sorted[first] ?? atMs) + perMs <= atMs) first++;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
