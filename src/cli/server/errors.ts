import { CommandFailed } from "../exit-codes.ts";

/** The server said no, and would again. */
export class ServerRefused extends CommandFailed {
  readonly status: number;
  /** What the server said, without what this program adds. */
  readonly detail: string;

  constructor(status: number, detail: string, hint = "") {
    super(`The server refused (${status}): ${detail}${hint ? ` ${hint}` : ""}`);
    this.status = status;
    this.detail = detail;
  }
}

/** The server cannot do it now. The same request is right, later. */
export class ServerBusy extends CommandFailed {
  /** What it asked for, ms from its answer; null when it did not say. */
  readonly retryAfterMs: number | null;

  constructor(status: number, detail: string, retryAfterMs: number | null) {
    super(`The server cannot do it now (${status}): ${detail}`);
    this.retryAfterMs = retryAfterMs;
  }
}

/** No answer came, or not all of one. */
export class ServerUnreachable extends CommandFailed {
  /** Whether the connection was there, and broke. */
  readonly broke: boolean;

  constructor(url: string, why: string, broke: boolean) {
    super(
      broke
        ? `The connection to ${url} broke (${why}).`
        : `No server answers at ${url} (${why}): is it running, and is --url right?`,
    );
    this.broke = broke;
  }
}
