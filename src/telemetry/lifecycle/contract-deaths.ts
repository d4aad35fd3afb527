import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Clock, systemClock } from "../../domain/clock.ts";
import { InvalidInput } from "../../domain/errors.ts";
import { silentLog } from "../../domain/log.ts";
import { ReadingColumnsBuilder } from "../../domain/reading.ts";
import { type ReadingRow, rowsOf, stepsFrom } from "../contract-model.ts";
import { EmbeddedConnection } from "../embedded/connection.ts";
import { JournaledStore } from "../journaled-store.ts";
import { PATIENT_READ_MS } from "../patience.fixture.ts";
import { DAY_MS } from "../rollups/days.ts";
import { ROLLUPS } from "../rollups/rollup.ts";
import { readRows } from "../row-binary.ts";
import { ROLLUP_COLUMNS } from "../sql/rollup-table.ts";
import { SqlReadingEngine } from "../sql-reading-engine.ts";
import { STEP_AGGREGATES, type TimeWindow } from "../store.ts";
import { TRACE_CHANNEL, type TracePoint } from "../trace.ts";
import { DyingConnection } from "./dying-connection.fixture.ts";

const NOW_MS = Date.UTC(2026, 6, 20, 12);
const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
/** The wall clock stands still; the engine behind is a real one. */
const clock: Clock = { ...systemClock, nowMs: () => NOW_MS };
const RAW_DAYS = 30;
/** Five days that are too old for it, and ten that are not; the month of the engine's between begins on 1 July, nearly. */
const OLD_MS = Date.UTC(2026, 3, 10);
const YOUNG_MS = Date.UTC(2026, 6, 10);

/**
 * Deletion and retention come to their end whenever the engine's connection dies, and what is read is right at every moment between.
 *
 * @param stride it dies at every so manieth of their requests
 */
export function lifecycleDeaths({ stride, timeoutMs }: { readonly stride: number; readonly timeoutMs: number }): void {
  let folder: string;
  let engine: EmbeddedConnection;
  let connection: DyingConnection;
  let store: JournaledStore;
  let seriesGiven = 0;
  const classes = new Map<number, string>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "kilowatch-lifecycle-"));
    engine = new EmbeddedConnection({ directory: join(folder, "readings"), clock, log: silentLog });
    await engine.opened();
    connection = new DyingConnection(engine);
    store = await open();
  });
  afterAll(async () => {
    await store.close();
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(): Promise<JournaledStore> {
    const opened = await JournaledStore.open({
      journalPath: join(folder, "journal.db"),
      openEngine: () => new SqlReadingEngine(connection),
      clock,
      log: silentLog,
      readWaitMs: PATIENT_READ_MS,
    });
    opened.classify({
      classOf: (series) => classes.get(series),
      seriesOf: (name) => [...classes].filter(([, of]) => of === name).map(([series]) => series),
    });
    return opened;
  }

  /** Ends the store with its engine away, as far as it knows, and opens it again with the engine there. */
  async function crash(): Promise<void> {
    await store.close();
    connection.revive();
    store = await open();
    await store.latestKnown();
  }

  async function append(rows: readonly ReadingRow[]): Promise<void> {
    const builder = new ReadingColumnsBuilder();
    for (const row of rows) builder.push(...row);
    await store.append(builder.finish(), NOW_MS);
  }

  /** Readings every 7 minutes, two decimals. */
  function readings(series: number, fromMs: number, days: number): ReadingRow[] {
    return Array.from({ length: Math.floor((days * DAY_MS) / (7 * MINUTE_MS)) }, (_, index) => [
      series,
      fromMs + index * 7 * MINUTE_MS,
      ((index * 7_919) % 10_007) / 100,
      0,
    ]);
  }

  async function count(table: string, condition: string): Promise<number> {
    return (
      readRows(await engine.query(`SELECT count() FROM ${table} WHERE ${condition}`), ["UInt64"]).columns[0][0] ?? 0
    );
  }

  async function expectRows(series: number, rows: readonly ReadingRow[], window: TimeWindow): Promise<void> {
    const answer = await store.readRaw({ series: [series], ...window, limit: 50_000 });
    expect(rowsOf(answer.columns)).toStrictEqual(rows);
    await expectSteps(series, rows, window);
  }

  async function expectSteps(series: number, rows: readonly ReadingRow[], window: TimeWindow): Promise<void> {
    for (const [index, aggregate] of STEP_AGGREGATES.entries()) {
      const stepMs = [DAY_MS, 4 * QUARTER_MS, QUARTER_MS][(index + series) % 3] ?? DAY_MS;
      const query = { series: [series], ...window, stepMs, aggregate };
      const steps = await store.readSteps(query);
      const expected = stepsFrom(rows, query);
      expect([...steps.startsMs]).toStrictEqual(expected.map(({ startMs }) => startMs));
      expect([...steps.counts]).toStrictEqual(expected.map((step) => step.count));
      for (const [row, { value, magnitude }] of expected.entries()) {
        expect(Math.abs((steps.values[row] ?? Number.NaN) - value)).toBeLessThanOrEqual(magnitude * 1e-12);
      }
      expect(steps.plan.goneShare).toBeUndefined();
    }
  }

  /** A hash of a series' rollups of a window, to the bit. */
  async function rolledHash(series: number, { fromMs, toMs }: TimeWindow): Promise<bigint> {
    const columns = ROLLUP_COLUMNS.replace(", version", "");
    const each = ROLLUPS.map(
      ({ table }) => `SELECT cityHash64(tuple(${columns})) AS hash FROM ${table} FINAL
      WHERE series = ${series} AND bucket >= ${fromMs} AND bucket < ${toMs} AND readings > 0`,
    );
    const bytes = await engine.query(`SELECT groupBitXor(hash) FROM (${each.join(" UNION ALL ")})`);
    return Buffer.from(bytes).readBigUInt64LE();
  }

  /** Resolves when the work reaches a point for the next time. */
  function traced(wanted: TracePoint): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const listen = (message: unknown): void => {
      if ((message as { point: TracePoint }).point !== wanted) return;
      unsubscribe(TRACE_CHANNEL, listen);
      resolve();
    };
    subscribe(TRACE_CHANNEL, listen);
    return promise;
  }

  const soon = { timeout: 60_000, interval: 20 };

  describe("a deletion", () => {
    test("is whole after a death of the engine's connection at any of its requests, and leaves nothing on the disk", {
      timeout: timeoutMs,
    }, async () => {
      const fromMs = YOUNG_MS + DAY_MS + 5 * MINUTE_MS;
      const window = { fromMs: YOUNG_MS, toMs: YOUNG_MS + 4 * DAY_MS };
      let deaths = 0;
      for (let requests = 0, hasDied = true; hasDied; requests += stride) {
        const series = ++seriesGiven;
        const rows = readings(series, YOUNG_MS, 3);
        await append(rows);
        await store.rollAll();
        const again: ReadingRow = [series, fromMs + 2 * DAY_MS + 1, 5, 0];
        const deleted = `series = ${series} AND ts >= ${fromMs} AND ts != ${again[1]}`;
        const died = connection.dieAfter(requests, (requests / stride) % 2 === 1);
        await store.deleteReadings({ series: [series], fromMs, toMs: window.toMs });
        const done = traced("delete.done");
        await Promise.race([died, done]);
        hasDied = connection.isDead;
        deaths += Number(hasDied);
        await crash();
        const left = rows.filter(([, timeMs]) => timeMs < fromMs);
        expect(store.latest(series)?.timeMs).toBe(left.at(-1)?.[1]);
        await expectRows(series, left, window);
        await append([again]);
        await expectRows(series, [...left, again], window);
        await done;
        expect(await count("readings_2", deleted)).toBe(0);
        await store.rollAll();
        await expectRows(series, [...left, again], window);
        for (const { table, bucketMs } of ROLLUPS) {
          const gone = `series = ${series} AND bucket >= ${fromMs + bucketMs} AND bucket + ${bucketMs} <= ${again[1]}`;
          await vi.waitFor(async () => expect(await count(table, gone)).toBe(0), soon);
        }
        expect(
          (await store.readSteps({ series: [series], ...window, stepMs: DAY_MS, aggregate: "sum" })).plan.rollup,
        ).toBe("P1D");
      }
      expect(deaths).toBeGreaterThan(8 / stride);
    });
  });

  describe("retention", () => {
    test("removes readings month by month and not their rollups, whenever the engine's connection dies", {
      timeout: timeoutMs,
    }, async () => {
      const window = { fromMs: OLD_MS, toMs: YOUNG_MS + 2 * DAY_MS };
      const old = { fromMs: OLD_MS, toMs: OLD_MS + 3 * DAY_MS };
      let deaths = 0;
      let policy = {};
      for (let requests = 0, hasDied = true; hasDied; requests += stride) {
        const series = ++seriesGiven;
        const other = ++seriesGiven;
        const name = `class ${requests}`;
        classes.set(series, name);
        const young = readings(series, YOUNG_MS, 2);
        const rows = [...readings(series, OLD_MS, 3), ...young];
        await append([...rows, ...readings(other, OLD_MS, 1)]);
        await store.rollAll();
        const rolled = await rolledHash(series, old);
        // The same again, so that there is something to roll up.
        await append(rows);
        const died = connection.dieAfter(requests, (requests / stride) % 2 === 1);
        policy = { ...policy, [name]: { rawDays: RAW_DAYS, rollupDays: null } };
        await store.setRetention(policy);
        const isGone = `series = ${series} AND ts < ${YOUNG_MS}`;
        const done = vi.waitFor(async () => expect(await count("readings_2", isGone)).toBe(0), soon);
        await Promise.race([died, done]);
        hasDied = connection.isDead;
        deaths += Number(hasDied);
        await crash();
        await expectSteps(series, rows, window);
        await done;
        await vi.waitFor(() => expect(store.retention().horizons[name]?.readingsFromMs).toBeGreaterThan(OLD_MS), soon);
        await store.rollAll();
        await expectSteps(series, rows, window);
        expect(await rolledHash(series, old)).toBe(rolled);
        const raw = await store.readRaw({ series: [series], ...window, limit: 50_000 });
        expect(rowsOf(raw.columns)).toStrictEqual(young);
        expect(await count("readings_2", `series = ${other}`)).toBeGreaterThan(100);
        const late = append([[series, OLD_MS + 1, 1, 0]]);
        await expect(late).rejects.toThrow(InvalidInput);
        await expect(late).rejects.toThrow(name);
        // So that later runs ask for nothing but their own.
        classes.delete(series);
      }
      expect(deaths).toBeGreaterThan(5 / stride);
    });
  });
}
