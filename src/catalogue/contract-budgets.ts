import { describe, expect, test } from "vitest";
import type { ContractDatabase } from "./contract.ts";
import { Scene } from "./contract-scene.ts";
import type { BudgetUse } from "./vendor-budgets.ts";

const HOUR_MS = 3_600_000;

/** How budgets of vendors' accounts are handed from process to process. */
export function budgetsContract(name: string, make: () => Promise<ContractDatabase>): void {
  describe(`${name}: a vendor's budget`, () => {
    const scene = new Scene(make);

    test("is taken by one of many who try at once, each time by a greater token", async () => {
      const { budgets } = scene.catalogue;
      const first = await Promise.all(["a", "b", "c"].map((holder) => budgets.take("account", holder, null, 1)));
      expect(first.filter((taken) => taken !== null)).toHaveLength(1);
      const seen = await budgets.find("account");
      expect(seen).toMatchObject({ token: 1, beatenAtMs: 1, spending: "" });
      const second = await Promise.all(["d", "e"].map((holder) => budgets.take("account", holder, seen, 2)));
      expect(second.filter((taken) => taken?.token === 2)).toHaveLength(1);
      expect(await budgets.find("another")).toBeNull();
    });

    test("is not taken by somebody who saw it before its holder's last sign of life", async () => {
      const { budgets } = scene.catalogue;
      await budgets.take("account", "a", null, 1);
      const seen = await budgets.find("account");
      expect(await budgets.beat("account", 1, "spent", 2)).toBe(true);
      expect(await budgets.take("account", "b", seen, 3)).toBeNull();
      expect(await budgets.take("account", "b", await budgets.find("account"), 3)).toMatchObject({
        holder: "b",
        token: 2,
        spending: "spent",
        beatenAtMs: 2,
      });
    });

    test("is written by nobody who has lost it", async () => {
      const { budgets } = scene.catalogue;
      await budgets.take("account", "a", null, 1);
      await budgets.take("account", "b", await budgets.find("account"), 2);
      expect(await budgets.beat("account", 1, "of a", 3)).toBe(false);
      await budgets.giveBack("account", 1, "of a", 3);
      expect(await budgets.find("account")).toMatchObject({ holder: "b", token: 2, spending: "" });
    });

    test("is nobody's when it was given back, and what was spent is known after a restart", async () => {
      await scene.catalogue.budgets.take("account", "a", null, 1);
      await scene.catalogue.budgets.giveBack("account", 1, "spent", 5);
      const { budgets } = await scene.reopen();
      expect(await budgets.find("account")).toMatchObject({ holder: "", spending: "spent", beatenAtMs: 5 });
    });

    test("is told by hour, connection and lane, whoever spent it, until it is forgotten", async () => {
      const { budgets } = scene.catalogue;
      const use: BudgetUse = {
        account: "account",
        hourMs: HOUR_MS,
        connectionId: "c",
        lane: "live",
        requests: 3,
        refusals: 1,
      };
      await budgets.addUses([]);
      await Promise.all([budgets.addUses([use, { ...use, lane: "history" }]), budgets.addUses([use])]);
      await budgets.addUses([
        { ...use, hourMs: 2 * HOUR_MS },
        { ...use, account: "another" },
      ]);
      expect(await budgets.uses("account", HOUR_MS, 2 * HOUR_MS)).toEqual([
        { ...use, lane: "history" },
        { ...use, requests: 6, refusals: 2 },
      ]);
      await budgets.forgetUsesBefore(2 * HOUR_MS);
      expect(await budgets.uses("account", 0, 3 * HOUR_MS)).toEqual([{ ...use, hourMs: 2 * HOUR_MS }]);
    });
  });
}
