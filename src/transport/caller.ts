import { type Dispatcher, Pool } from "undici";
import type { ZodType } from "zod";
import { type Clock, systemClock } from "../domain/clock.ts";
import { onAbort } from "./abort.ts";
import { parseBaseUrl } from "./base-url.ts";
import { VendorError, VendorProtocolError, VendorRateLimited } from "./errors.ts";
import { ExchangeFault, exchange, type RawAnswer } from "./exchange.ts";
import { type FailureContext, factsOf, failureOfAnswer, failureOfFault } from "./failure.ts";
import type { Lane } from "./lanes.ts";
import type { Limiter, Permit } from "./limiter.ts";
import { type Redact, redactor } from "./redact.ts";
import { type AnswerHead, isRetryable, RetryBudget, retryAfterMs, retryDelayMs } from "./retry.ts";

export const REQUEST_TIMEOUT_MS = 30_000;
export const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
export const RETRIES_MAX = 3;
/** A vendor that asks for more patience than this gets it, but the call ends and says when to come back. */
export const RETRY_WAIT_MAX_MS = 120_000;
const SOCKETS_MAX = 128;

/** Told what happens to calls, for metrics. Handlers must not throw. */
export interface CallEvents {
  /** A request is being written: it counts against the vendor's limit. `attempt` is 1 for a call's first. */
  onAttempt?(attempt: number): void;
  /** A whole answer came, whatever its status. */
  onAnswer?(status: number, durationMs: number): void;
  /** The call will be sent again after `delayMs`. */
  onRetry?(error: VendorError, delayMs: number): void;
  /** The call failed for good. */
  onFailure?(error: VendorError): void;
}

/** What a signer sees of an attempt. */
export interface SignedAttempt {
  readonly method: string;
  /** The request target exactly as it is sent: the base URL's path, the call's path, the query. */
  readonly target: string;
  readonly body: string | null;
  /** Wall time of this attempt, whole epoch ms. */
  readonly nowMs: number;
}

export interface CallerOptions {
  /** The vendor's name for messages. */
  readonly vendor: string;
  /** http or https; a path is kept before every call's path, with or without a last slash. */
  readonly baseUrl: string;
  readonly limiter: Limiter;
  /** Headers that prove who asks; made anew for every attempt. */
  readonly sign?: ((attempt: SignedAttempt) => Readonly<Record<string, string>>) | undefined;
  /** What must show in no error. */
  readonly secrets?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). */
  readonly random?: (() => number) | undefined;
  readonly events?: CallEvents | undefined;
  /** For each attempt, from the send to the answer's last byte. Default `REQUEST_TIMEOUT_MS`. */
  readonly requestTimeoutMs?: number | undefined;
  /** Default `ANSWER_BYTES_MAX`. */
  readonly answerBytesMax?: number | undefined;
  /** Default `RETRIES_MAX`. */
  readonly retriesMax?: number | undefined;
  /** Sends requests; given by tests and proxies, and closed by them. By default a keep-alive pool of the caller's own. */
  readonly dispatcher?: Dispatcher | undefined;
}

export interface CallRequest<T> {
  readonly method: "GET" | "POST";
  /** Path and query below the base URL, beginning with "/". */
  readonly path: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** What the answer's JSON must be; anything else is a `VendorProtocolError`. */
  readonly schema: ZodType<T>;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default `live`. */
  readonly lane?: Lane | undefined;
}

export interface Answer<T> extends AnswerHead {
  readonly value: T;
  /** Wall time at which the answer was whole, epoch ms. */
  readonly receivedAtMs: number;
}

/** Calls one account of one vendor: retry wraps limiter wraps signer wraps HTTP, so every attempt is signed and spends budget. */
export class Caller {
  readonly #options: CallerOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #origin: string;
  readonly #pathPrefix: string;
  readonly #redact: Redact;
  readonly #dispatcher: Dispatcher;
  readonly #ownsDispatcher: boolean;
  readonly #retryBudget = new RetryBudget();
  readonly #open = new Set<AbortController>();
  #closed = false;

  constructor(options: CallerOptions) {
    const base = parseBaseUrl(options.baseUrl);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#origin = base.origin;
    this.#pathPrefix = base.pathname.replace(/\/+$/, "");
    this.#redact = redactor(options.secrets ?? []);
    this.#ownsDispatcher = options.dispatcher === undefined;
    this.#dispatcher =
      options.dispatcher ??
      new Pool(this.#origin, { connections: SOCKETS_MAX, pipelining: 1, connectTimeout: this.#requestTimeoutMs });
  }

  /**
   * Sends a call, again if need be, until it is answered or has failed for good.
   *
   * @throws VendorError of the kind that says what happens next
   * @throws the signal's reason, at once, when it aborts
   */
  async call<T>(request: CallRequest<T>, options: CallOptions = {}): Promise<Answer<T>> {
    const { signal, lane } = options;
    signal?.throwIfAborted();
    if (this.#closed) throw closedError(this.#options.vendor);
    const stop = new AbortController();
    const leaveSignal = signal ? onAbort(signal, (reason) => stop.abort(reason)) : null;
    this.#open.add(stop);
    try {
      return await this.#callUntilSettled(request, lane, stop.signal);
    } finally {
      leaveSignal?.();
      this.#open.delete(stop);
    }
  }

  /** Ends open calls with an `AbortError` and closes the sockets. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of this.#open) stop.abort(closedError(this.#options.vendor));
    if (this.#ownsDispatcher) await this.#dispatcher.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #requestTimeoutMs(): number {
    return this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  }

  async #callUntilSettled<T>(request: CallRequest<T>, lane: Lane | undefined, signal: AbortSignal): Promise<Answer<T>> {
    const { events, retriesMax = RETRIES_MAX } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(request, attempt, lane, signal);
      if ("value" in outcome) {
        this.#retryBudget.earn();
        return outcome;
      }
      const { error, delayMs } = outcome;
      const again =
        isRetryable(error) && attempt <= retriesMax && delayMs <= RETRY_WAIT_MAX_MS && this.#retryBudget.spend();
      if (!again) {
        events?.onFailure?.(error);
        throw error;
      }
      events?.onRetry?.(error, delayMs);
      await this.#clock.sleepUntil(this.#clock.monotonicMs() + delayMs, signal);
    }
  }

  /** One attempt: its answer, or its failure and how long to wait before the next. Rejects only when aborted. */
  async #attempt<T>(
    request: CallRequest<T>,
    attempt: number,
    lane: Lane | undefined,
    signal: AbortSignal,
  ): Promise<Answer<T> | { error: VendorError; delayMs: number }> {
    const permit = await this.#acquire(attempt, lane, signal);
    if (permit instanceof VendorError) return { error: permit, delayMs: Number.POSITIVE_INFINITY };
    const context: FailureContext = { vendor: this.#options.vendor, redact: this.#redact, attempts: attempt };
    let answer: RawAnswer;
    try {
      answer = await this.#send(request, attempt, permit, signal);
    } catch (error) {
      if (!(error instanceof ExchangeFault)) throw error;
      const delayMs = retryDelayMs(attempt, null, this.#clock.nowMs(), this.#random);
      return { error: failureOfFault(error, context), delayMs };
    }
    const receivedAtMs = Math.trunc(this.#clock.nowMs());
    if (answer.status >= 200 && answer.status < 300) {
      const { status, headers } = answer;
      const read = this.#read(request, answer, context);
      if (!(read instanceof VendorError)) return { status, headers, value: read.value, receivedAtMs };
      return { error: read, delayMs: retryDelayMs(attempt, null, receivedAtMs, this.#random) };
    }
    const delayMs = retryDelayMs(attempt, answer, receivedAtMs, this.#random);
    if (answer.status === 429 || retryAfterMs(answer, receivedAtMs) !== null) this.#pauseAll(delayMs);
    if (answer.status !== 429) return { error: failureOfAnswer(answer, context), delayMs };
    const message = `${context.vendor}'s limit was met (HTTP 429).`;
    return { error: new VendorRateLimited(message, factsOf(answer, context), receivedAtMs + delayMs), delayMs };
  }

  async #send<T>(request: CallRequest<T>, attempt: number, permit: Permit, signal: AbortSignal): Promise<RawAnswer> {
    const { sign, events, answerBytesMax = ANSWER_BYTES_MAX } = this.#options;
    const sentAtMs = this.#clock.monotonicMs();
    const progress = { sent: false };
    try {
      const target = this.#pathPrefix + request.path;
      const body = request.json === undefined ? null : JSON.stringify(request.json);
      const proof = sign?.({ method: request.method, target, body, nowMs: Math.trunc(this.#clock.nowMs()) });
      const headers: Record<string, string> = { accept: "application/json", ...proof };
      if (body !== null) headers["content-type"] = "application/json";
      const answer = await exchange(
        this.#dispatcher,
        { origin: this.#origin, method: request.method, target, headers, body },
        {
          clock: this.#clock,
          timeoutMs: this.#requestTimeoutMs,
          answerBytesMax,
          signal,
          onSend: () => {
            progress.sent = true;
            events?.onAttempt?.(attempt);
          },
          onHead: () => permit.release(),
        },
      );
      events?.onAnswer?.(answer.status, this.#clock.monotonicMs() - sentAtMs);
      return answer;
    } finally {
      // A connection that fails spends budget too, though the vendor saw nothing: otherwise an outage would be met at full speed.
      if (progress.sent || !signal.aborted) permit.release();
      else permit.cancel();
    }
  }

  #read<T>(request: CallRequest<T>, answer: RawAnswer, context: FailureContext): { value: T } | VendorProtocolError {
    let reason = "it is not JSON";
    try {
      const read = request.schema.safeParse(JSON.parse(answer.body));
      if (read.success) return { value: read.data };
      const issue = read.error.issues[0];
      reason = [issue?.path.join("."), issue?.message].filter(Boolean).join(": ");
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    const message = `${context.vendor}'s answer is not what its contract says: ${this.#redact(reason)}.`;
    return new VendorProtocolError(message, factsOf(answer, context));
  }

  /** A permit, or the error to end with when the vendor's pause is longer than a caller should wait without a word. */
  async #acquire(attempt: number, lane: Lane | undefined, signal: AbortSignal): Promise<Permit | VendorRateLimited> {
    const held = this.#longPause(attempt);
    if (held) return held;
    try {
      return await this.#options.limiter.acquire({ lane, signal });
    } catch (error) {
      const heldNow = signal.aborted ? null : this.#longPause(attempt);
      if (heldNow) return heldNow;
      throw error;
    }
  }

  #pauseAll(delayMs: number): void {
    const { limiter, vendor } = this.#options;
    limiter.pauseUntil(this.#clock.monotonicMs() + delayMs);
    if (delayMs > RETRY_WAIT_MAX_MS) limiter.rejectWaiting(() => new Error(`${vendor} has asked for a long silence`));
  }

  #longPause(attempt: number): VendorRateLimited | null {
    const leftMs = this.#options.limiter.pausedUntilMs - this.#clock.monotonicMs();
    if (leftMs <= RETRY_WAIT_MAX_MS) return null;
    const message = `${this.#options.vendor} has asked for ${Math.ceil(leftMs / 1000)} s of silence; nothing was sent.`;
    const facts = { status: null, attempts: attempt - 1, requestId: null, body: null };
    return new VendorRateLimited(message, facts, Math.trunc(this.#clock.nowMs() + leftMs));
  }
}

function closedError(vendor: string): DOMException {
  return new DOMException(`The ${vendor} client was closed.`, "AbortError");
}
