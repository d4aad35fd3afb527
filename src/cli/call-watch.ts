import type { CallEvents } from "../transport/caller.ts";
import { VendorAuthRejected, VendorError, VendorRefused } from "../transport/errors.ts";
import { CommandFailed } from "./exit-codes.ts";

/** Attempts, over all requests, after which a vendor that none has reached counts as unreachable. */
const FRUITLESS_ATTEMPTS_MAX = 4;
/** Statuses that say that the address is wrong, and so would be for every other request. */
const WRONG_ADDRESS_STATUSES = new Set([301, 302, 307, 308, 404, 405]);

export interface RequestCounts {
  readonly sent: number;
  /** Answered with 429. */
  readonly refused: number;
  /** Sent again after a failure. */
  readonly retried: number;
}

export interface CallWatchOptions {
  readonly baseUrl: string;
  /** What a person is to check when it is refused, as in "the token". */
  readonly credential: string;
  /** Told in a sentence why it goes slower. */
  readonly note: (words: string) => void;
}

/** Looks on as one command calls a vendor: counts, tells of retries, and ends what can reach nobody. */
export class CallWatch {
  readonly #options: CallWatchOptions;
  readonly #counts = { sent: 0, refused: 0, retried: 0 };
  readonly #hopeless = new AbortController();
  /** To be handed to the client. */
  readonly events: CallEvents;

  constructor(options: CallWatchOptions) {
    this.#options = options;
    const counts = this.#counts;
    this.events = {
      onAttempt: () => {
        counts.sent++;
      },
      onAnswer: (status) => {
        if (status === 429) counts.refused++;
      },
      onRetry: (error, delayMs) => {
        counts.retried++;
        if (counts.sent === 0 && counts.retried === FRUITLESS_ATTEMPTS_MAX)
          this.#hopeless.abort(this.unreachable(error));
        options.note(`${error.message} Trying again in ${(delayMs / 1_000).toFixed(1)} s.`);
      },
    };
  }

  get requests(): RequestCounts {
    return { ...this.#counts };
  }

  /** Aborts, with a CommandFailed, once nothing has been reached for too long. */
  get hopeless(): AbortSignal {
    return this.#hopeless.signal;
  }

  /** Whether a call was refused for a reason that every other call would meet. */
  isWrongAddress(failure: VendorError | null): failure is VendorRefused {
    return failure instanceof VendorRefused && WRONG_ADDRESS_STATUSES.has(failure.status ?? 0);
  }

  /** The failure as the end of the command, with the address beside it. */
  unreachable(error: VendorError): CommandFailed {
    return new CommandFailed(`${error.message.replace(/\.$/, "")}; the address was ${this.#options.baseUrl}`);
  }

  /** An error that ended the calls, in words for a person; one that is no vendor's as it is. */
  endOf(error: unknown): unknown {
    if (error instanceof VendorAuthRejected) {
      return new CommandFailed(`${error.message} Check ${this.#options.credential}; nothing more was sent.`);
    }
    return error instanceof VendorError ? this.unreachable(error) : error;
  }
}
