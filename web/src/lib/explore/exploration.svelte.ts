import type { TimeRange } from "../chart/range.ts";
import { KeptPictures } from "./kept-pictures.ts";
import { loadFirstMs, loadPicture, type PickedLine } from "./load-picture.ts";
import type { Picture } from "./picture.ts";
import { resolvedRange } from "./quick-range.ts";
import { loadSummary, type Summary } from "./summary.ts";
import type { Aggregate, RangeChoice } from "./view.ts";

/** Until the table of what is drawn is asked for: whoever zooms on at once needs the next picture, and no table of this one. */
const SUMMARY_AFTER_MS = 400;

/** What is to be shown. */
export interface Wish {
  readonly metrics: readonly PickedLine[];
  readonly choice: RangeChoice;
  readonly aggregate: Aggregate;
  readonly compares: boolean;
  readonly timezone: string;
}

/** What the world gives an exploration. */
export interface Surroundings {
  /** The API. */
  readonly fetch: typeof fetch;
  /** The server's time, epoch ms. */
  nowMs(): number;
  /** Width of the drawing, px. */
  widthPx(): number;
}

/** An answer of the API that is not a good one. */
export class NotAnswered extends Error {
  override readonly name = "NotAnswered";
  readonly status: number;

  constructor(status: number) {
    super(`the API answered ${status}`);
    this.status = status;
  }
}

/**
 * What is seen of some metrics: a range, and the newest picture that there is of it. A new wish ends the requests of the one before; until its
 * answer is there the picture that it had the last time is shown, or else the old one stays, to be stretched to the new range.
 */
export class Exploration {
  range = $state.raw<TimeRange | null>(null);
  picture = $state.raw<Picture | null>(null);
  summary = $state.raw<Summary | null>(null);
  isLoading = $state(false);
  /** Whether the newest wish could not be fulfilled. */
  hasFailed = $state(false);

  readonly #surroundings: Surroundings;
  readonly #kept = new KeptPictures();
  #wish: Wish | null = null;
  #running = new AbortController();

  constructor(surroundings: Surroundings, first: { readonly picture: Picture; readonly summary: Summary } | null) {
    this.#surroundings = surroundings;
    this.range = first?.picture.range ?? null;
    this.picture = first?.picture ?? null;
    this.summary = first?.summary ?? null;
  }

  /** Shows something else. The same wish again changes nothing. @param settleMs how long to wait for the next wish before asking */
  show(wish: Wish, settleMs = 0): void {
    if (this.#wish && JSON.stringify(wish) === JSON.stringify(this.#wish)) return;
    this.#wish = wish;
    void this.#load(wish, settleMs);
  }

  /** Asks for the same again: a range that ends now has moved on. */
  refresh(): void {
    if (this.#wish) void this.#load(this.#wish, 0);
  }

  close(): void {
    this.#running.abort();
  }

  async #load(wish: Wish, settleMs: number): Promise<void> {
    this.#running.abort();
    const running = new AbortController();
    this.#running = running;
    const { signal } = running;
    const { choice, timezone, metrics } = wish;
    const metricIds = metrics.map(({ id }) => id);
    const ask = async <T>(path: string): Promise<T> => {
      const answer = await this.#surroundings.fetch(path, { signal });
      if (!answer.ok) throw new NotAnswered(answer.status);
      return (await answer.json()) as T;
    };
    this.isLoading = true;
    try {
      const nowMs = this.#surroundings.nowMs();
      const isAll = choice.kind === "quick" && choice.name === "all";
      const firstMs = isAll ? await loadFirstMs(ask, metricIds, nowMs) : null;
      if (signal.aborted) return;
      const range = resolvedRange(choice, nowMs, timezone, firstMs);
      this.range = range;
      const key = JSON.stringify(wish);
      this.picture = this.#kept.of(key) ?? this.picture;
      if (settleMs > 0) await pause(settleMs);
      if (signal.aborted) return;
      const picture = await loadPicture(ask, { ...wish, range, widthPx: this.#surroundings.widthPx() });
      if (signal.aborted) return;
      this.picture = picture;
      this.#kept.keep(key, picture);
      this.hasFailed = false;
      this.isLoading = false;
      await pause(SUMMARY_AFTER_MS);
      if (signal.aborted || metricIds.length === 0) return;
      const summary = await loadSummary(ask, metricIds, range, timezone, nowMs);
      if (!signal.aborted) this.summary = summary;
    } catch {
      // Whoever ended it has begun something else. Anything else is a server that does not answer, or refuses: the page says so.
      if (!signal.aborted) this.hasFailed = true;
    } finally {
      if (!signal.aborted) this.isLoading = false;
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
