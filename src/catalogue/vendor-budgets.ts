import type { Selectable } from "kysely";
import type { CatalogueDatabase } from "./database.ts";
import type { Schema } from "./schema.ts";

/** Who holds the budget of a vendor's account, and what of it is spent. */
export interface HeldBudget {
  /** A process; empty when the last holder gave it back. */
  readonly holder: string;
  /** Grows with each holder: what an earlier one writes is refused. */
  readonly token: number;
  /** Grows with each sign of life. */
  readonly beat: number;
  /** Of the last sign of life, epoch ms by the holder's wall clock. */
  readonly beatenAtMs: number;
  /** What the holder wrote with it. */
  readonly spending: string;
}

/** Requests of one connection and lane in an hour. */
export interface BudgetUse {
  readonly account: string;
  /** Begin of the hour, epoch ms. */
  readonly hourMs: number;
  readonly connectionId: string;
  readonly lane: string;
  readonly requests: number;
  /** Of them: answered 429. */
  readonly refusals: number;
}

/** Budgets of vendors' accounts, shared by every server of a catalogue; each is one process's at a time. */
export class VendorBudgets {
  readonly #database: CatalogueDatabase;

  constructor(database: CatalogueDatabase) {
    this.#database = database;
  }

  async find(account: string): Promise<HeldBudget | null> {
    const row = await this.#database
      .selectFrom("vendor_budget")
      .selectAll()
      .where("account", "=", account)
      .executeTakeFirst();
    return row ? heldBudgetOf(row) : null;
  }

  /**
   * Makes `holder` the one that may spend, if nothing has happened since `seen` was read; null otherwise.
   * @param seen null when there was nothing to read
   */
  async take(
    account: string,
    holder: string,
    seen: Pick<HeldBudget, "token" | "beat"> | null,
    nowMs: number,
  ): Promise<HeldBudget | null> {
    if (!seen) {
      const first = { account, holder, token: 1, beat: 0, beaten_at_ms: nowMs, spending: "" };
      const made = await this.#database
        .insertInto("vendor_budget")
        .values(first)
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst();
      return made ? heldBudgetOf(made) : null;
    }
    const taken = await this.#database
      .updateTable("vendor_budget")
      .set({ holder, token: seen.token + 1, beat: seen.beat + 1 })
      .where("account", "=", account)
      .where("token", "=", seen.token)
      .where("beat", "=", seen.beat)
      .returningAll()
      .executeTakeFirst();
    return taken ? heldBudgetOf(taken) : null;
  }

  /** A sign of life, with what is spent. False when another has taken over: nothing more may be spent then. */
  async beat(account: string, token: number, spending: string, nowMs: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable("vendor_budget")
      .set((row) => ({ spending, beat: row("beat", "+", 1), beaten_at_ms: nowMs }))
      .where("account", "=", account)
      .where("token", "=", token)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /** Gives a budget back, so that another may take it at once; nothing happens when it was taken over already. */
  async giveBack(account: string, token: number, spending: string, nowMs: number): Promise<void> {
    await this.#database
      .updateTable("vendor_budget")
      .set((row) => ({ holder: "", spending, beat: row("beat", "+", 1), beaten_at_ms: nowMs }))
      .where("account", "=", account)
      .where("token", "=", token)
      .execute();
  }

  /** Adds to what was spent. */
  async addUses(uses: readonly BudgetUse[]): Promise<void> {
    if (uses.length === 0) return;
    await this.#database.transaction().execute(async (transaction) => {
      for (const { account, hourMs, connectionId, lane, requests, refusals } of uses) {
        await transaction
          .insertInto("budget_use")
          .values({ account, hour_ms: hourMs, connection_id: connectionId, lane, requests, refusals })
          .onConflict((conflict) =>
            conflict.columns(["account", "hour_ms", "connection_id", "lane"]).doUpdateSet((row) => ({
              requests: row("budget_use.requests", "+", requests),
              refusals: row("budget_use.refusals", "+", refusals),
            })),
          )
          .execute();
      }
    });
  }

  /** Who spent what of an account's budget in the hours that begin within a span, oldest first. */
  async uses(account: string, fromMs: number, toMs: number): Promise<BudgetUse[]> {
    const rows = await this.#database
      .selectFrom("budget_use")
      .selectAll()
      .where("account", "=", account)
      .where("hour_ms", ">=", fromMs)
      .where("hour_ms", "<", toMs)
      .orderBy("hour_ms")
      .orderBy("connection_id")
      .orderBy("lane")
      .execute();
    return rows.map(({ hour_ms, connection_id, ...row }) => ({ ...row, hourMs: hour_ms, connectionId: connection_id }));
  }

  /** Forgets what was spent before then. */
  async forgetUsesBefore(beforeMs: number): Promise<void> {
    await this.#database.deleteFrom("budget_use").where("hour_ms", "<", beforeMs).execute();
  }
}

function heldBudgetOf(row: Selectable<Schema["vendor_budget"]>): HeldBudget {
  const { holder, token, beat, spending } = row;
  return { holder, token, beat, beatenAtMs: row.beaten_at_ms, spending };
}
