import { type Dispatcher, Pool } from "undici";
import { type Clock, systemClock } from "../domain/clock.ts";
import { onAbort } from "./abort.ts";
import { contentOf, unreadable } from "./answer.ts";
import { parseBaseUrl } from "./base-url.ts";
import { UnreadableAnswer, VendorAuthRejected, VendorError, VendorRateLimited } from "./errors.ts";
import { ExchangeFault, exchange, type RawAnswer } from "./exchange.ts";
import { type FailureContext, factsOf, failureOfAnswer, failureOfFault, isSuccess } from "./failure.ts";
import { Gate, RETRY_WAIT_MAX_MS } from "./gate.ts";
import type { Lane } from "./lanes.ts";
import type { Limiter, Permit } from "./limiter.ts";
import { type Redact, Secrets } from "./redact.ts";
import { type Answer, type CallOptions, type CallRequest, encodeBody } from "./request.ts";
import { isRetryable, RetryBudget, retryAfterMs, retryDelayMs } from "./retry.ts";
import { type ClockOffset, type SignedExchange, SigningClock, vendorAheadMs } from "./signing-clock.ts";

export type { Answer, CallOptions, CallRequest } from "./request.ts";

export const REQUEST_TIMEOUT_MS = 30_000;
export const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
export const RETRIES_MAX = 3;
/** Of the sockets of an account. */
export const POOL_OPTIONS = { connections: 128, pipelining: 1 } as const;

/** Told what happens to calls, for metrics. Handlers must not throw. */
export interface CallEvents {
  /** A request is being written: it counts against the vendor's limit. `attempt` is 1 for a call's first. */
  onAttempt?(attempt: number, lane: Lane): void;
  /** An answer came, whatever its status: the whole, or as much as could be read. */
  onAnswer?(status: number, durationMs: number, lane: Lane): void;
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
  /** Wall time of this attempt, whole epoch ms; the vendor's, once a refusal has shown that this machine's is wrong. */
  readonly nowMs: number;
}

/** How an attempt ended that brought no value. */
interface FailedAttempt {
  readonly error: VendorError;
  /** How long to wait before the next attempt, ms. */
  readonly delayMs: number;
  /** What the refusal taught of the vendor's clock: signed anew with it, the call may succeed. */
  readonly learned: ClockOffset | null;
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

/** Calls one account of one vendor: retry wraps limiter wraps signer wraps HTTP, so every attempt is signed and spends budget. */
export class Caller {
  readonly #options: CallerOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #origin: string;
  readonly #pathPrefix: string;
  readonly #secrets: Secrets;
  readonly #signingClock: SigningClock;
  readonly #gate: Gate;
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
    this.#gate = new Gate({ vendor: options.vendor, limiter: options.limiter, clock: this.#clock });
    this.#secrets = new Secrets(options.secrets ?? []);
    this.#signingClock = new SigningClock(this.#clock);
    this.#ownsDispatcher = options.dispatcher === undefined;
    this.#dispatcher =
      options.dispatcher ?? new Pool(this.#origin, { ...POOL_OPTIONS, connectTimeout: this.#requestTimeoutMs });
  }

  /** Cleans text of the account's secrets. */
  get redact(): Redact {
    return this.#secrets.redact;
  }

  /** Adds secrets that a login brought to what must show nowhere. */
  keepSecret(secrets: readonly string[]): void {
    this.#secrets.add(secrets);
  }

  /**
   * Sends a call, again if need be, until it is answered or has failed for good.
   *
   * @throws VendorError of the kind that says what happens next
   * @throws the signal's reason, at once, when it aborts
   */
  async call<T>(request: CallRequest<T>, options: CallOptions = {}): Promise<Answer<T>> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#closed) throw closedError(this.#options.vendor);
    const stop = new AbortController();
    const leaveSignal = signal ? onAbort(signal, (reason) => stop.abort(reason)) : null;
    this.#open.add(stop);
    try {
      return await this.#callUntilSettled(request, options, stop.signal);
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

  async #callUntilSettled<T>(request: CallRequest<T>, options: CallOptions, signal: AbortSignal): Promise<Answer<T>> {
    const { events, retriesMax = RETRIES_MAX } = this.#options;
    let signedAnew: ClockOffset | null = null;
    for (let attempt = 1; ; attempt++) {
      const outcome: Answer<T> | FailedAttempt = await this.#attempt(request, attempt, options, signedAnew, signal);
      if ("value" in outcome) {
        this.#retryBudget.earn();
        return outcome;
      }
      const { error, delayMs, learned }: FailedAttempt = outcome;
      if (error instanceof VendorAuthRejected && signedAnew) this.#signingClock.refused(signedAnew);
      const again = learned
        ? !signedAnew
        : isRetryable(error) && attempt <= retriesMax && delayMs <= RETRY_WAIT_MAX_MS && this.#retryBudget.spend();
      if (!again) {
        if (isRetryable(error) && attempt > retriesMax) this.#retryBudget.forfeit();
        events?.onFailure?.(error);
        throw error;
      }
      signedAnew ??= learned;
      events?.onRetry?.(error, delayMs);
      await this.#clock.sleepUntil(this.#clock.monotonicMs() + delayMs, signal);
    }
  }

  /** One attempt: its answer, or its failure. Rejects only when aborted. */
  async #attempt<T>(
    request: CallRequest<T>,
    attempt: number,
    { lane, attemptsBefore = 0 }: CallOptions,
    signedAnew: ClockOffset | null,
    signal: AbortSignal,
  ): Promise<Answer<T> | FailedAttempt> {
    const attempts = attemptsBefore + attempt;
    const permit = await this.#gate.acquire(attempts, lane, signal);
    if (permit instanceof VendorError) return { error: permit, delayMs: Number.POSITIVE_INFINITY, learned: null };
    const context: FailureContext = {
      vendor: this.#options.vendor,
      redact: this.#secrets.redact,
      attempts,
      confidential: request.confidential ?? false,
    };
    const sentAtMs = this.#clock.nowMs();
    // What others learn meanwhile, or doubt, is not this call's matter.
    const offset = signedAnew ?? this.#signingClock.offset;
    const signedAtMs = this.#signingClock.timeMs(offset);
    let answer: RawAnswer | null = null;
    try {
      answer = await this.#send(request, attempts, signedAtMs, permit, signal);
      const receivedAtMs = Math.trunc(this.#clock.nowMs());
      const content = isSuccess(answer) ? contentOf(request, answer) : { statusInside: answer.status };
      if ("value" in content) {
        this.#signingClock.accepted(offset);
        return { status: answer.status, headers: answer.headers, value: content.value, receivedAtMs };
      }
      return this.#refusal(answer, content.statusInside, context, { signedAtMs, sentAtMs, receivedAtMs });
    } catch (error) {
      const delayMs = retryDelayMs(attempt, null, this.#clock.nowMs(), this.#random);
      if (error instanceof UnreadableAnswer)
        return { error: unreadable(error, answer, context), delayMs, learned: null };
      if (!(error instanceof ExchangeFault)) throw error;
      return { error: failureOfFault(error, context), delayMs, learned: null };
    }
  }

  #refusal(answer: RawAnswer, status: number, context: FailureContext, exchange: SignedExchange): FailedAttempt {
    const { receivedAtMs } = exchange;
    const delayMs = retryDelayMs(context.attempts, answer, receivedAtMs, this.#random);
    if (status === 429 || retryAfterMs(answer, receivedAtMs) !== null) this.#gate.pause(delayMs);
    if (status === 429) {
      const message = `${context.vendor}'s limit was met (${status === answer.status ? "HTTP 429" : `429 in an answer with HTTP ${answer.status}`}).`;
      const error = new VendorRateLimited(message, factsOf(answer, context), receivedAtMs + delayMs);
      return { error, delayMs, learned: null };
    }
    const signed = this.#options.sign !== undefined && status === 401;
    const error = failureOfAnswer(answer, status, context, signed ? vendorAheadMs(answer, exchange) : null);
    const learned = signed ? this.#signingClock.learn(answer, exchange) : null;
    return { error, delayMs: learned ? 0 : delayMs, learned };
  }

  async #send<T>(
    request: CallRequest<T>,
    attempt: number,
    signedAtMs: number,
    permit: Permit,
    signal: AbortSignal,
  ): Promise<RawAnswer> {
    const { sign, events, answerBytesMax = ANSWER_BYTES_MAX } = this.#options;
    const sentAtMs = this.#clock.monotonicMs();
    const progress = { sent: false };
    try {
      const target = this.#pathPrefix + request.path;
      const encoded = encodeBody(request);
      const body = encoded?.text ?? null;
      const proof = sign?.({ method: request.method, target, body, nowMs: signedAtMs });
      const headers: Record<string, string> = { accept: "application/json", ...proof, ...request.headers };
      if (encoded) headers["content-type"] = encoded.contentType;
      const answer = await exchange(
        this.#dispatcher,
        { origin: this.#origin, method: request.method, target, headers, body },
        {
          clock: this.#clock,
          timeoutMs: this.#requestTimeoutMs,
          answerBytesMax: request.answerBytesMax ?? answerBytesMax,
          decoder: "decoder" in request ? request.decoder() : null,
          signal,
          onSend: () => {
            progress.sent = true;
            events?.onAttempt?.(attempt, permit.lane);
          },
          onHead: () => permit.release(),
        },
      );
      this.#gate.heed(answer);
      events?.onAnswer?.(answer.status, this.#clock.monotonicMs() - sentAtMs, permit.lane);
      return answer;
    } finally {
      // A connection that fails spends budget too, though the vendor saw nothing: otherwise an outage would be met at full speed.
      if (progress.sent || !signal.aborted) permit.release();
      else permit.cancel();
    }
  }
}

function closedError(vendor: string): DOMException {
  return new DOMException(`The ${vendor} client was closed.`, "AbortError");
}
