import type { BudgetStore, StoredBudget } from "./account-budget.ts";

/** Budgets as the catalogue keeps them, in memory: what several processes of one test share. */
export class MemoryBudgets implements BudgetStore {
  readonly rows = new Map<string, StoredBudget>();
  /** What every call waits for, or fails with. */
  gate: () => Promise<void> = async () => {};

  async find(account: string): Promise<StoredBudget | null> {
    await this.gate();
    return this.rows.get(account) ?? null;
  }

  async take(
    account: string,
    holder: string,
    seen: Pick<StoredBudget, "token" | "beat"> | null,
    nowMs: number,
  ): Promise<StoredBudget | null> {
    await this.gate();
    const row = this.rows.get(account);
    if (row?.token !== seen?.token || row?.beat !== seen?.beat) return null;
    const taken = row
      ? { ...row, holder, token: row.token + 1, beat: row.beat + 1 }
      : { holder, token: 1, beat: 0, beatenAtMs: nowMs, spending: "" };
    this.rows.set(account, taken);
    return taken;
  }

  async beat(account: string, token: number, spending: string, nowMs: number): Promise<boolean> {
    await this.gate();
    const row = this.rows.get(account);
    if (row?.token !== token) return false;
    this.rows.set(account, { ...row, spending, beat: row.beat + 1, beatenAtMs: nowMs });
    return true;
  }

  async giveBack(account: string, token: number, spending: string, nowMs: number): Promise<void> {
    if (await this.beat(account, token, spending, nowMs)) {
      const row = this.rows.get(account);
      if (row) this.rows.set(account, { ...row, holder: "" });
    }
  }
}
