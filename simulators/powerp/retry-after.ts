/** `Retry-After` in both forms, by turns: whole seconds, and an HTTP date by the vendor's own clock. Never earlier than the wait. */
export class RetryAfter {
  #given = 0;

  text(waitMs: number, nowMs: number): string {
    if (this.#given++ % 2 === 0) return String(Math.max(1, Math.ceil(waitMs / 1_000)));
    return new Date(Math.ceil((nowMs + waitMs) / 1_000) * 1_000).toUTCString();
  }
}
