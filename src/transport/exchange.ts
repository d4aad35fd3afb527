import type { Dispatcher } from "undici";
import type { Clock } from "../domain/clock.ts";
import { onAbort } from "./abort.ts";
import { ERROR_BODY_CHARS_MAX, UnreadableAnswer } from "./errors.ts";
import type { AnswerDecoder } from "./request.ts";
import type { AnswerHead } from "./retry.ts";

/** One HTTP request as it is sent. */
export interface ExchangeRequest {
  readonly origin: string;
  readonly method: "GET" | "POST";
  /** Path and query, as sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface ExchangeOptions {
  readonly clock: Clock;
  /** For the whole exchange: connection, head and body. */
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
  /** Takes the body of a 2xx answer as it comes; without one the body is kept whole. */
  readonly decoder: AnswerDecoder<unknown> | null;
  readonly signal: AbortSignal;
  /** The request is about to be written to a socket; before this the vendor cannot have seen it. */
  readonly onSend: () => void;
  /** The answer has begun, so the vendor has seen the request. */
  readonly onHead: () => void;
}

/** A whole answer, whatever its status; or one up to where its decoder could not read it. */
export interface RawAnswer extends AnswerHead {
  /** All of it, or the start of one that was decoded. */
  readonly body: string;
  /** What the decoder made of a 2xx answer, or its `UnreadableAnswer`; undefined without a decoder. */
  readonly decoded?: unknown;
}

/** Why an exchange brought no whole answer. `network`: refused, reset, cut off, not found. `address`: one that may not be called. */
export class ExchangeFault extends Error {
  readonly kind: "timeout" | "too_large" | "network" | "address";
  /** Node's or undici's error code, where there is one. */
  readonly code: string | null;

  constructor(kind: ExchangeFault["kind"], message: string, code: string | null = null) {
    super(message);
    this.name = "ExchangeFault";
    this.kind = kind;
    this.code = code;
  }
}

/** What a dispatcher fails with that opens no socket to the vendor's address; the message goes on from "is not called: ". */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}

/** Ends a timer whose exchange is over; made once, since making an error is not cheap. */
const OVER = new Error("the exchange is over");

/**
 * Sends one request and reads the whole answer. Rejects with an `ExchangeFault`, or at once with the signal's reason.
 * Redirects are not followed: a signed request is for the address that it was signed for.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: ExchangeRequest,
  options: ExchangeOptions,
): Promise<RawAnswer> {
  const { clock, timeoutMs, answerBytesMax, decoder, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    let over = false;
    let sending: Dispatcher.DispatchController | null = null;
    let head: AnswerHead | null = null;
    const chunks: Buffer[] = [];
    let bytes = 0;

    const timer = new AbortController();
    const leaveSignal = onAbort(signal, (reason) => fail(reason));
    clock.sleepUntil(clock.monotonicMs() + timeoutMs, timer.signal).then(
      () => fail(new ExchangeFault("timeout", `no whole answer within ${timeoutMs / 1000} s`)),
      () => {},
    );
    const end = (): void => {
      over = true;
      leaveSignal();
      timer.abort(OVER);
    };
    const fail = (error: Error): void => {
      if (over) return;
      end();
      sending?.abort(OVER);
      reject(error);
    };

    const settle = (whole: AnswerHead, decoded: unknown): void => {
      end();
      const body = (chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)).toString("utf8");
      resolve({ ...whole, body, decoded });
    };
    const decode = (whole: AnswerHead, read: () => void): void => {
      try {
        read();
      } catch (error) {
        if (error instanceof UnreadableAnswer) {
          settle(whole, error);
          sending?.abort(OVER);
        } else fail(error as Error);
      }
    };

    const { origin, method, target: path, headers, body } = request;
    dispatcher.dispatch(
      // Our own timer covers head and body.
      { origin, method, path, headers, body, headersTimeout: 0, bodyTimeout: 0 },
      {
        onRequestStart(controller) {
          sending = controller;
          if (over) controller.abort(OVER);
          else options.onSend();
        },
        onResponseStart(_controller, status, answerHeaders) {
          if (over) return;
          options.onHead();
          // 1xx are only a prelude; the answer follows.
          if (status >= 200) head = { status, headers: answerHeaders };
        },
        onResponseData(_controller, chunk) {
          if (over || !head) return;
          bytes += chunk.length;
          if (bytes > answerBytesMax) {
            fail(new ExchangeFault("too_large", `the answer is larger than ${answerBytesMax} bytes`));
            return;
          }
          const decodes = decoder !== null && isWell(head);
          if (!decodes || bytes - chunk.length < ERROR_BODY_CHARS_MAX) chunks.push(chunk);
          if (decodes) decode(head, () => decoder.write(chunk));
        },
        onResponseEnd() {
          if (over || !head) return;
          const whole = head;
          decode(whole, () => settle(whole, decoder !== null && isWell(whole) ? decoder.end() : undefined));
        },
        onResponseError(_controller, error) {
          const kind = error instanceof AddressRefused ? "address" : "network";
          fail(new ExchangeFault(kind, error.message, codeOf(error)));
        },
      },
    );
  });
}

function isWell({ status }: AnswerHead): boolean {
  return status >= 200 && status < 300;
}

function codeOf(error: Error): string | null {
  return "code" in error && typeof error.code === "string" ? error.code : null;
}
