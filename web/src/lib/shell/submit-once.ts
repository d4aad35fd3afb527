/** The longest that a form which was sent waits for its answer before it may be sent again, ms. */
export const ANSWER_MS_MAX = 10_000;

/** A form as far as it matters here. */
type Sent = Pick<HTMLFormElement, "method">;

/** Sends each form that changes something once, however often its button is clicked before the answer is there: a double click is one wish. */
export class SubmitOnce {
  readonly #nowMs: () => number;
  #sent: { readonly form: Sent; readonly atMs: number } | null = null;

  /** @param nowMs of any clock that never goes back */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether a form may be sent now; if so, it counts as sent. */
  maySend(form: Sent): boolean {
    if (form.method !== "post") return true;
    const atMs = this.#nowMs();
    if (this.#sent?.form === form && atMs - this.#sent.atMs < ANSWER_MS_MAX) return false;
    this.#sent = { form, atMs };
    return true;
  }

  /** What was sent has its answer. */
  answered(): void {
    this.#sent = null;
  }
}
