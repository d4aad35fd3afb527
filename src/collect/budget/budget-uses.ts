import type { Lane } from "../../transport/lanes.ts";

/** Where uses are added up for every process: the catalogue. */
export interface UseStore {
  addUses(uses: readonly AccountUse[]): Promise<void>;
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

const HOUR_MS = 3_600_000;

/** Counts who spends what, by the hour, and writes it now and then: what a crash loses is a few counts, never a limit. */
export class BudgetUses {
  readonly #store: UseStore;
  #counted = new Map<string, AccountUse>();

  constructor(store: UseStore) {
    this.#store = store;
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

  /** Writes what was counted. @throws StorageUnavailable; what could not be written is written with the next */
  async flush(): Promise<void> {
    const written = this.#counted;
    this.#counted = new Map();
    try {
      await this.#store.addUses([...written.values()]);
    } catch (error) {
      for (const [key, use] of written) {
        const since = this.#counted.get(key);
        const { requests = 0, refusals = 0 } = since ?? {};
        this.#counted.set(key, { ...use, requests: use.requests + requests, refusals: use.refusals + refusals });
      }
      throw error;
    }
  }
}
