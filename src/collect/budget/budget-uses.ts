import type { Clock } from "../../domain/clock.ts";
import { StorageUnavailable } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import type { CallEvents } from "../../transport/caller.ts";
import type { Lane } from "../../transport/lanes.ts";

/** Where uses are added up for every process: the catalogue. */
export interface UseStore {
  addUses(uses: readonly AccountUse[]): Promise<void>;
  forgetUsesBefore(beforeMs: number): Promise<void>;
}

export interface AccountUse {
  readonly account: string;
  /** Begin of the hour, epoch ms. */
  readonly hourMs: number;
  readonly connectionId: string;
  readonly lane: Lane;
  readonly requests: number;
  /** Of them: answered 429. */
  readonly refusals: number;
}

const TOO_MANY_REQUESTS = 429;
const HOUR_MS = 3_600_000;
/** From one writing of what was counted to the next. */
const WRITE_EVERY_MS = 60_000;
/** What was spent is known for so long. */
export const USES_KEPT_MS = 90 * 24 * HOUR_MS;

export interface BudgetUsesParts {
  readonly store: UseStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** Counts who spends what, by the hour, and writes it now and then: what a crash loses is a few counts, never a limit. */
export class BudgetUses {
  readonly #parts: BudgetUsesParts;
  readonly #stop = new AbortController();
  #counted = new Map<string, AccountUse>();
  #running: Promise<void> | null = null;

  constructor(parts: BudgetUsesParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Writes what is left, as far as storage takes it. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#write();
  }

  count(
    spender: Pick<AccountUse, "account" | "connectionId" | "lane">,
    kind: "requests" | "refusals",
    nowMs: number,
  ): void {
    const hourMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
    const { account, connectionId, lane } = spender;
    const key = [account, connectionId, lane, hourMs].join(" ");
    const use = this.#counted.get(key) ?? { account, connectionId, lane, hourMs, requests: 0, refusals: 0 };
    this.#counted.set(key, { ...use, [kind]: use[kind] + 1 });
  }

  /** Events of a client whose requests are counted as a connection's. */
  counting(
    spender: Pick<AccountUse, "account" | "connectionId">,
  ): Required<Pick<CallEvents, "onAttempt" | "onAnswer">> {
    const { clock } = this.#parts;
    return {
      onAttempt: (_attempt, lane) => this.count({ ...spender, lane }, "requests", clock.nowMs()),
      onAnswer: (status, _durationMs, lane) => {
        if (status === TOO_MANY_REQUESTS) this.count({ ...spender, lane }, "refusals", clock.nowMs());
      },
    };
  }

  /** Writes what was counted. @throws StorageUnavailable; what could not be written is written with the next */
  async flush(): Promise<void> {
    const written = this.#counted;
    this.#counted = new Map();
    try {
      await this.#parts.store.addUses([...written.values()]);
    } catch (error) {
      for (const [key, use] of written) {
        const since = this.#counted.get(key);
        const { requests = 0, refusals = 0 } = since ?? {};
        this.#counted.set(key, { ...use, requests: use.requests + requests, refusals: use.refusals + refusals });
      }
      throw error;
    }
  }

  async #run(): Promise<void> {
    const { clock } = this.#parts;
    for (;;) {
      try {
        await clock.sleepUntil(clock.monotonicMs() + WRITE_EVERY_MS, this.#stop.signal);
      } catch {
        return;
      }
      await this.#write();
    }
  }

  async #write(): Promise<void> {
    const { store, clock, log } = this.#parts;
    try {
      await this.flush();
      await store.forgetUsesBefore(clock.nowMs() - USES_KEPT_MS);
    } catch (error) {
      // What cannot be written now is written with the next.
      if (!(error instanceof StorageUnavailable))
        log.error({ err: error }, "what vendors' budgets were used for cannot be written");
    }
  }
}
