import { describe, expect, test } from "vitest";
import { silentLog } from "../../domain/log.ts";
import { settleTicks, VirtualClock } from "../../domain/virtual-clock.ts";
import { EngineRefused, EngineUnavailable } from "../engine.ts";
import type { TouchedDays } from "../sql/connection.ts";
import { STATEMENT_WINDOWS_MAX } from "./days.ts";
import { DirtyDays, WHOLE_SERIES } from "./dirty-days.ts";
import { PENDING_READINGS_MAX, PIECE_PAIRS_MAX, PRESENT_QUIET_MS, QUIET_MS, Roller } from "./roller.ts";

const NOON_MS = Date.UTC(2026, 5, 21, 12);
const TODAY = NOON_MS / 86_400_000 - 0.5;
/** Longer than the roller rests between two looks. */
const A_LOOK_MS = 15_000;

function touched(...pairs: [series: number, day: number][]): TouchedDays {
  return {
    length: pairs.length,
    series: Uint32Array.from(pairs, ([series]) => series),
    days: Int32Array.from(pairs, ([, day]) => day),
  };
}

/** A roller over an engine that answers what it is told, and keeps the statements it was given. */
function stage(options: { readonly adopted?: boolean; readonly series?: readonly number[] } = {}) {
  const clock = new VirtualClock(NOON_MS, settleTicks);
  const dirtyDays = new DirtyDays(() => clock.monotonicMs());
  const settings = new Map<string, string>(options.adopted === false ? [] : [["rollups", "1"]]);
  const told = {
    statements: [] as string[],
    log: [] as string[],
    removed: [] as string[],
    saved: [] as string[],
    pending: 0,
    ready: true,
    rolledDays: 0n,
    lastVersion: 40n,
    /** Called for each statement; may throw, or wait. */
    execute: async (_sql: string): Promise<void> => {},
    isAdopted: false,
    idle: 0,
  };
  const keys = ({ length, series, days }: TouchedDays): string[] =>
    Array.from({ length }, (_, row) => `${series[row]} ${days[row]}`);
  const connection = {
    state: () => ({ ready: told.ready, detail: "" }),
    async query(sql: string): Promise<Uint8Array> {
      if (sql.includes("max(version)")) return new Uint8Array(BigUint64Array.of(told.lastVersion).buffer);
      if (sql.includes("SELECT count()")) return new Uint8Array(BigUint64Array.of(told.rolledDays).buffer);
      if (sql.startsWith("SELECT DISTINCT series FROM"))
        return new Uint8Array(Uint32Array.from(options.series ?? []).buffer);
      // Days 3 and 4 of each.
      const rows = Buffer.alloc(48);
      for (const [row, [series, day]] of [
        [7, 3],
        [7, 4],
        [9, 3],
        [9, 4],
      ].entries()) {
        rows.writeUInt32LE(series ?? 0, row * 12);
        rows.writeBigInt64LE(BigInt(day ?? 0), row * 12 + 4);
      }
      return rows;
    },
    async execute(sql: string): Promise<void> {
      await told.execute(sql);
      told.statements.push(sql);
    },
  };
  const ledger = {
    async saveDays(days: TouchedDays) {
      told.saved.push(...keys(days));
    },
    async removeDays(days: TouchedDays) {
      told.removed.push(...keys(days));
    },
    setting: async (name: string) => settings.get(name) ?? null,
    async setSetting(name: string, value: string) {
      settings.set(name, value);
    },
  };
  const log = { ...silentLog, warn: (_fields: object, text: string) => told.log.push(text) };
  const parts = { dirtyDays, ledger, hidden: () => [], pendingReadings: () => told.pending, clock, log };
  const roller = new Roller(connection, parts, {
    onReady: () => {
      told.isAdopted = true;
    },
    onIdle: () => {
      told.idle++;
    },
  });
  return { clock, dirtyDays, settings, told, roller };
}

describe("the roller", () => {
  test("says when it has nothing to do: at first, and after each time that it had", async () => {
    const { clock, dirtyDays, told, roller } = stage();
    roller.start();
    await clock.advance(3 * A_LOOK_MS);
    expect(told.idle).toBe(1);
    dirtyDays.mark(touched([1, TODAY - 1], [2, TODAY - 1]));
    await clock.advance(QUIET_MS + 3 * A_LOOK_MS);
    expect(told.removed).toHaveLength(2);
    expect(told.idle).toBe(2);
    await roller.stop();
  });

  test("rolls a day up when it was quiet, the present one much later, and lets go of it", async () => {
    const { clock, dirtyDays, told, roller } = stage();
    roller.start();
    dirtyDays.mark(touched([1, TODAY - 1], [1, TODAY]));
    await clock.advance(QUIET_MS - 1);
    expect(told.statements).toStrictEqual([]);
    await clock.advance(A_LOOK_MS);
    expect(told.removed).toStrictEqual([`1 ${TODAY - 1}`]);
    expect(told.statements.map((sql) => /INSERT INTO (\w+)/.exec(sql)?.[1])).toStrictEqual([
      "rollup_15m",
      "rollup_1h",
      "rollup_1d",
    ]);
    expect(told.statements[0]).toContain("toUInt64(41) AS version");
    await clock.advance(PRESENT_QUIET_MS - QUIET_MS - 2 * A_LOOK_MS);
    expect(told.removed).toHaveLength(1);
    await clock.advance(3 * A_LOOK_MS);
    expect(told.removed).toStrictEqual([`1 ${TODAY - 1}`, `1 ${TODAY}`]);
    expect(told.statements[3]).toContain("toUInt64(42) AS version");
    await roller.stop();
  });

  test("leaves a day dirty that is written to while it is rolled up", async () => {
    const { dirtyDays, told, roller } = stage();
    dirtyDays.mark(touched([1, 3], [2, 3]));
    let first = true;
    told.execute = async () => {
      if (first) dirtyDays.mark(touched([2, 3]));
      first = false;
    };
    const rolled = roller.rollAll();
    await rolled;
    // Both at first, and once more the one that was touched.
    expect(told.statements).toHaveLength(6);
    expect(told.removed).toStrictEqual(["1 3", "2 3"]);
    expect(dirtyDays.size).toBe(0);
  });

  test("empties what was rolled up before, so that a bucket without readings does not stay", async () => {
    const { dirtyDays, told, roller } = stage();
    told.rolledDays = 1n;
    dirtyDays.mark(touched([1, 3]));
    await roller.rollAll();
    expect(told.statements).toHaveLength(6);
    expect(told.statements[0]).toMatch(/INSERT INTO rollup_1d .*toUInt64\(41\) AS version FROM rollup_1d FINAL/s);
    expect(told.statements[3]).toContain("toUInt64(42) AS version");
  });

  test("waits while readings wait, and while the engine is away", async () => {
    const { clock, dirtyDays, told, roller } = stage();
    dirtyDays.mark(touched([1, 3]));
    told.pending = PENDING_READINGS_MAX + 1;
    roller.start();
    await clock.advance(10 * QUIET_MS);
    expect(told.statements).toStrictEqual([]);
    // What queries wait for does not wait.
    expect(told.isAdopted).toBe(true);
    told.pending = PENDING_READINGS_MAX;
    told.ready = false;
    await clock.advance(QUIET_MS);
    expect(told.statements).toStrictEqual([]);
    told.ready = true;
    let failures = 2;
    told.execute = async () => {
      if (failures-- > 0) throw new EngineUnavailable("gone");
    };
    await clock.advance(A_LOOK_MS);
    expect(told.removed).toStrictEqual(["1 3"]);
    await roller.stop();
  });

  test("tries a smaller piece when the engine refuses one, and says so when the smallest is refused", async () => {
    const { clock, dirtyDays, told, roller } = stage();
    dirtyDays.mark(touched([1, 3], [1, 4], [2, 3]));
    told.execute = async (sql) => {
      if (sql.includes(") OR (") || sql.includes("series >=") || sql.includes("ts >= 259200000 AND ts < 432000000"))
        throw new EngineRefused("too much");
    };
    roller.start();
    await clock.advance(QUIET_MS + 10 * A_LOOK_MS);
    expect(told.removed.toSorted()).toStrictEqual(["1 3", "1 4", "2 3"]);
    expect(told.log).toStrictEqual([]);
    told.execute = async () => {
      throw new EngineRefused("the disk is full");
    };
    dirtyDays.mark(touched([1, 3]));
    await clock.advance(QUIET_MS + 10 * A_LOOK_MS);
    expect(told.log.length).toBeGreaterThan(0);
    expect(dirtyDays.size).toBe(1);
    await roller.stop();
  });

  test("takes all that an engine holds as dirty when the journal does not know its rollups, once", async () => {
    const { clock, dirtyDays, settings, told, roller } = stage({ adopted: false, series: [7, 9] });
    roller.start();
    await clock.advance(0);
    expect(told.isAdopted).toBe(true);
    const whole = [`7 ${WHOLE_SERIES}`, `9 ${WHOLE_SERIES}`];
    expect(told.saved).toStrictEqual(whole);
    expect(settings.get("rollups")).toBe("1");
    expect(dirtyDays.daysOf(7, 0, 1)).toBe("whole");
    await clock.advance(QUIET_MS + A_LOOK_MS);
    expect(dirtyDays.size).toBe(0);
    expect(told.saved.slice(2)).toStrictEqual(["7 3", "7 4", "9 3", "9 4"]);
    expect(told.removed.slice(0, 2)).toStrictEqual(whole);
    expect(told.removed.slice(2).toSorted()).toStrictEqual(told.saved.slice(2));
    const windows = told.statements
      .filter((sql) => sql.includes("rollup_15m ("))
      .map((sql) => /series IN \(7, 9\) AND ts >= (\d+) AND ts < (\d+)/.exec(sql)?.slice(1));
    expect(windows).toStrictEqual([["259200000", "432000000"]]);
    await roller.stop();
  });

  test("names few windows in a statement, however scattered the days are", async () => {
    const { dirtyDays, told, roller } = stage();
    dirtyDays.mark(
      touched(...Array.from({ length: 300 }, (_, index): [number, number] => [1 + (index % 2), 2 * index])),
    );
    await roller.rollAll();
    const windows = told.statements
      .filter((sql) => sql.includes("rollup_15m ("))
      .map((sql) => new Set(sql.match(/ts >= \d+ AND ts < \d+/g)).size);
    // A condition of several windows names also the one that spans them.
    expect(Math.max(...windows)).toBeLessThanOrEqual(STATEMENT_WINDOWS_MAX + 2);
    expect(Math.max(...windows)).toBeGreaterThan(30);
    expect(dirtyDays.size).toBe(0);
    expect(told.removed).toHaveLength(300);
  });

  test("lets pieces grow while they are quick, within a limit", async () => {
    const { dirtyDays, told, roller } = stage();
    const pairs = 4 * PIECE_PAIRS_MAX;
    dirtyDays.mark(touched(...Array.from({ length: pairs }, (_, index): [number, number] => [index, 3])));
    await roller.rollAll();
    const pieces = told.statements
      .filter((sql) => sql.includes("rollup_15m ("))
      .map((sql) => /series >= (\d+) AND series <= (\d+)/.exec(sql))
      .map((match) => 1 + Number(match?.[2]) - Number(match?.[1]));
    expect(pieces.reduce((sum, each) => sum + each, 0)).toBe(pairs);
    expect(Math.max(...pieces)).toBe(PIECE_PAIRS_MAX);
  });
});
