import { expect, test } from "vitest";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { DirtyDays } from "../rollups/dirty-days.ts";
import type { RollupLedger } from "../rollups/ledger.ts";
import type { TouchedDays } from "../sql/connection.ts";
import { SettlingLedger } from "./settling-ledger.ts";
import { SETTLE_MS } from "./settling-line.ts";

const pairs = (...given: (readonly [series: number, day: number])[]): TouchedDays => ({
  length: given.length,
  series: Uint32Array.from(given, ([series]) => series),
  days: Int32Array.from(given, ([, day]) => day),
});

function settling(settleMs = SETTLE_MS) {
  const clock = new VirtualClock();
  const removed: string[] = [];
  const settings = new Map<string, string>();
  const kept: RollupLedger = {
    saveDays: async () => {},
    removeDays: async ({ series, days }) =>
      void removed.push(...Array.from(series, (each, row) => `${each}/${days[row]}`)),
    setting: async (name) => settings.get(name) ?? null,
    setSetting: async (name, value) => void settings.set(name, value),
  };
  const dirty = new DirtyDays(() => clock.monotonicMs());
  const options = { settleMs: () => settleMs, confirm: () => Promise.resolve(), clock };
  const ledger = new SettlingLedger(kept, dirty, options, "http://db/a");
  return { clock, removed, settings, dirty, ledger, kept, options };
}

test("a day that was rolled up is forgotten when that has settled, unless it was written to since", async () => {
  const { clock, removed, dirty, ledger } = settling();
  await ledger.removeDays(pairs([1, 5], [1, 6], [2, 5], [3, 5]));
  dirty.mark(pairs([1, 6]));
  dirty.markWhole(Uint32Array.of(3));
  await clock.advance(SETTLE_MS - 1);
  expect(removed).toStrictEqual([]);
  await clock.advance(1);
  expect(removed).toStrictEqual(["1/5", "2/5"]);
  await ledger.close();
});

test("a restart of the server makes days dirty again whose rolling up had not settled", async () => {
  const { clock, removed, dirty, ledger } = settling();
  await ledger.removeDays(pairs([1, 5]));
  ledger.rewritten();
  expect(dirty.daysOf(1, 0, 9)).toStrictEqual([5]);
  await clock.advance(3 * SETTLE_MS);
  expect(removed).toStrictEqual([]);
  await ledger.close();
});

test("a server that puts rows on stable storage is trusted at once", async () => {
  const { removed, ledger } = settling(0);
  await ledger.removeDays(pairs([1, 5]));
  expect(removed).toStrictEqual(["1/5"]);
  await ledger.close();
});

test("what is said of one database is not said of another", async () => {
  const { kept, dirty, options, ledger } = settling();
  await ledger.setSetting("rollups", "1");
  expect(await ledger.setting("rollups")).toBe("1");
  expect(await new SettlingLedger(kept, dirty, options, "http://db/b").setting("rollups")).toBeNull();
  expect(await kept.setting("rollups")).toBeNull();
});
