import { describe, expect, test } from "vitest";
import type { BackfillState } from "../domain/backfill.ts";
import { Conflict, InvalidInput, NotFound } from "../domain/errors.ts";
import { BACKFILL_JOBS_OPEN_MAX, type NewBackfillJob } from "./backfill-jobs.ts";
import { ChangedMeanwhile } from "./changed.ts";
import type { ContractDatabase } from "./contract.ts";
import { CONNECTION, Scene } from "./contract-scene.ts";

/** What the repositories of imports and restatements do. */
export function historyContract(name: string, make: () => Promise<ContractDatabase>): void {
  describe(`${name}: imports of history`, () => {
    const scene = new Scene(make);
    const jobOf = (connectionId: string): NewBackfillJob => {
      return { connectionId, fromMs: 1_000, toMs: 8_640_000_000_000, deviceIds: null };
    };
    const connected = async (): Promise<string> => (await scene.catalogue.connections.create(CONNECTION, {})).id;

    test("are kept over a restart, with their devices and what they have brought", async () => {
      const deviceIds = ["01900000-0000-7000-8000-000000000001"];
      const { item } = await scene.catalogue.backfillJobs.create({ ...jobOf(await connected()), deviceIds });
      await scene.catalogue.backfillJobs.add(item.id, { requests: 2, readings: 500 });
      await scene.catalogue.backfillJobs.add(item.id, { requests: 1, readings: 3_000_000_000 });
      const again = await scene.reopen();
      expect(await again.backfillJobs.get(item.id)).toEqual({
        item: {
          ...jobOf(item.connectionId),
          id: item.id,
          deviceIds,
          state: "running",
          message: null,
          requests: 3,
          readings: 3_000_000_500,
          createdAtMs: scene.clock.nowMs(),
          endedAtMs: null,
        },
        version: 1,
      });
    });

    test("go from state to state as they may, and say when they ended", async () => {
      const jobs = scene.catalogue.backfillJobs;
      const connectionId = await connected();
      const paths: Readonly<Record<BackfillState, readonly BackfillState[]>> = {
        running: [],
        paused: ["paused"],
        done: ["done"],
        failed: ["failed"],
        cancelled: ["cancelled"],
      };
      const may: Readonly<Record<BackfillState, readonly BackfillState[]>> = {
        running: ["paused", "done", "failed", "cancelled"],
        paused: ["running", "cancelled"],
        done: [],
        failed: [],
        cancelled: [],
      };
      const states = Object.keys(may) as BackfillState[];
      for (const from of states) {
        for (const to of states) {
          const { id } = (await jobs.create(jobOf(connectionId))).item;
          for (const state of paths[from]) await jobs.become(id, state);
          const becoming = jobs.become(id, to, null, "Because.");
          if (may[from].includes(to)) {
            const hasEnded = !["running", "paused"].includes(to);
            const endedAtMs = hasEnded ? scene.clock.nowMs() : null;
            expect((await becoming).item).toMatchObject({ state: to, message: "Because.", endedAtMs });
          } else await expect(becoming).rejects.toThrow(Conflict);
          // Or there would soon be too many.
          await jobs.become(id, "cancelled").catch(() => {});
        }
      }
    });

    test("are changed from the version that the asker has seen, or not at all", async () => {
      const jobs = scene.catalogue.backfillJobs;
      const { item, version } = await jobs.create(jobOf(await connected()));
      await jobs.add(item.id, { requests: 1, readings: 1 });
      expect((await jobs.become(item.id, "paused", version)).version).toBe(version + 1);
      await expect(jobs.become(item.id, "running", version)).rejects.toThrow(ChangedMeanwhile);
      await expect(jobs.become("01900000-0000-7000-8000-000000000000", "paused")).rejects.toThrow(NotFound);
    });

    test("are listed by connection and page, those that run apart; a reason is kept while it runs", async () => {
      const jobs = scene.catalogue.backfillJobs;
      const [connectionId, other] = [await connected(), await connected()];
      await jobs.create(jobOf(other));
      const ids: string[] = [];
      for (let number = 0; number < 5; number++) ids.push((await jobs.create(jobOf(connectionId))).item.id);
      await jobs.become(ids[1] ?? "", "paused");
      await jobs.explain(ids[0] ?? "", "The vendor does not answer.");
      await jobs.explain(ids[1] ?? "", "The vendor does not answer.");
      const running = await jobs.running(connectionId);
      expect(running.map(({ id }) => id)).toEqual(ids.filter((_, index) => index !== 1));
      expect(running[0]?.message).toBe("The vendor does not answer.");
      expect((await jobs.get(ids[1] ?? "")).item.message).toBeNull();
      const first = await jobs.list(connectionId, { limit: 3 });
      const second = await jobs.list(connectionId, { limit: 3, cursor: first.nextCursor ?? "" });
      expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
      expect(second.nextCursor).toBeNull();
    });

    test(`are at most ${BACKFILL_JOBS_OPEN_MAX} of a connection that have not ended`, async () => {
      const jobs = scene.catalogue.backfillJobs;
      const connectionId = await connected();
      const made = [];
      for (let count = 0; count < BACKFILL_JOBS_OPEN_MAX; count++) made.push(await jobs.create(jobOf(connectionId)));
      await jobs.become(made[0]?.item.id ?? "", "paused");
      await expect(jobs.create(jobOf(connectionId))).rejects.toThrow(Conflict);
      await jobs.create(jobOf(await connected()));
      await jobs.become(made[0]?.item.id ?? "", "cancelled");
      await jobs.create(jobOf(connectionId));
    });
  });

  describe(`${name}: restatements`, () => {
    const scene = new Scene(make);
    const foundAt = (timeMs: number, foundAtMs: number, value: number) => {
      return { series: 7, timeMs, foundAtMs, formerValue: 1.5, formerReceivedAtMs: timeMs + 1, value };
    };

    test("are kept with both values, in order, page by page, and each once", async () => {
      const { restatements } = scene.catalogue;
      const all = [foundAt(1_000, 5_000, 2), foundAt(1_000, 6_000, 3), foundAt(2_000, 5_000, -0.25)];
      await restatements.add([all[2], all[0]].flatMap((each) => each ?? []));
      await restatements.add([...all, { ...foundAt(1_000, 5_000, 9), series: 8 }]);
      await restatements.add([]);
      const first = await restatements.list(7, { limit: 2 });
      expect(first.items).toEqual(all.slice(0, 2));
      const second = await restatements.list(7, { limit: 2, cursor: first.nextCursor ?? "" });
      expect(second).toEqual({ items: all.slice(2), nextCursor: null });
      expect((await restatements.list(9, { limit: 2 })).items).toEqual([]);
      await expect(restatements.list(7, { limit: 2, cursor: "nonsense" })).rejects.toThrow(InvalidInput);
    });
  });
}
