import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SERIES_PER_BLOCK } from "../../catalogue/coverage-segments.ts";
import { StorageUnavailable } from "../../domain/errors.ts";
import { type Log, silentLog } from "../../domain/log.ts";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { FaultyTable, run } from "./ledger.fixture.ts";
import { FLUSHED_MAX, LEDGER_FLUSH_MS, Ledger } from "./ledger.ts";
import { monthOf } from "./months.ts";
import { REQUEST_MAX } from "./run-codec.ts";

const MARCH_MS = Date.UTC(2026, 2, 1);
const ALL = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };

let table: FaultyTable;
let clock: VirtualClock;
let ledger: Ledger;
/** Another for each test, in a block of its own. */
let series = 0;

beforeAll(async () => {
  table = await FaultyTable.open();
});
afterAll(() => table.close());
beforeEach(() => {
  table.fates.length = 0;
  clock = new VirtualClock();
  ledger = opened();
  series += SERIES_PER_BLOCK;
});

function opened(log: Log = silentLog, runsHeldMax?: number): Ledger {
  return new Ledger({ coverage: table, clock, log, ...(runsHeldMax !== undefined && { runsHeldMax }) });
}

const segmentsOf = () => table.segments([series], 0, monthOf(Date.UTC(9_999, 11, 31)));

describe("what is noted", () => {
  test("is known at once, and still once it is written and the ledger opened anew", async () => {
    const runs = [run(MARCH_MS, MARCH_MS + 10), run(MARCH_MS + 10, MARCH_MS + 20, "failed")];
    for (const each of runs) ledger.note(series, each);
    expect(await ledger.runs(series, ALL)).toEqual(runs);
    await ledger.flush();
    expect(await ledger.runs(series, ALL)).toEqual(runs);
    expect(await opened().runs(series, ALL)).toEqual(runs);
  });

  test("of several months is one run again when it is read, and is read within a span", async () => {
    const year = run(Date.UTC(2025, 5, 10), Date.UTC(2026, 5, 20), "nothing");
    ledger.note(series, year);
    ledger.note(series, run(year.toMs, year.toMs + 1, "refused"));
    await ledger.flush();
    expect(await segmentsOf()).toHaveLength(13);
    expect((await opened().runs(series, ALL))[0]).toEqual(year);
    const within = { fromMs: MARCH_MS - 5, toMs: MARCH_MS + 5 };
    expect(await opened().runs(series, within)).toEqual([{ ...year, ...within }]);
  });

  test("poll after poll is one run that takes no row of its own", async () => {
    for (let minute = 0; minute < 500; minute++) {
      ledger.note(series, run(MARCH_MS + minute * 60_000, MARCH_MS + (minute + 1) * 60_000));
      if (minute % 100 === 0) await ledger.flush();
    }
    await ledger.flush();
    const whole = run(MARCH_MS, MARCH_MS + 500 * 60_000);
    expect(await ledger.runs(series, ALL)).toEqual([whole]);
    expect(await segmentsOf()).toEqual([]);
    // A start later, the next poll goes on with it.
    const next = opened();
    next.note(series, run(whole.toMs, whole.toMs + 60_000));
    await next.flush();
    expect(await next.runs(series, ALL)).toEqual([run(MARCH_MS, whole.toMs + 60_000)]);
    expect(await segmentsOf()).toEqual([]);
  });

  test("before the newest run is taken beside it, as history is that comes while polling goes on", async () => {
    ledger.note(series, run(MARCH_MS + 1_000, MARCH_MS + 2_000));
    ledger.note(series, run(MARCH_MS, MARCH_MS + 500, "nothing"));
    ledger.note(series, run(MARCH_MS + 2_000, MARCH_MS + 3_000));
    ledger.note(series, run(MARCH_MS + 500, MARCH_MS + 700, "nothing"));
    const expected = [run(MARCH_MS, MARCH_MS + 700, "nothing"), run(MARCH_MS + 1_000, MARCH_MS + 3_000)];
    expect(await ledger.runs(series, ALL)).toEqual(expected);
    await ledger.flush();
    expect(await opened().runs(series, ALL)).toEqual(expected);
  });

  test("after the newest run lies over it, also when what comes then is joined to that run", async () => {
    ledger.note(series, run(MARCH_MS, MARCH_MS + 100, "nothing"));
    await ledger.flush();
    ledger.note(series, run(MARCH_MS + 50, MARCH_MS + 60, "failed"));
    ledger.note(series, run(MARCH_MS + 60, MARCH_MS + 70, "nothing"));
    await ledger.flush();
    const outcomes = (await opened().runs(series, ALL)).map(({ fromMs, outcome }) => [fromMs - MARCH_MS, outcome]);
    expect(outcomes).toEqual([
      [0, "nothing"],
      [50, "failed"],
      [60, "nothing"],
    ]);
  });

  test("of more series than one transaction takes is written whole", async () => {
    const many = Array.from({ length: (FLUSHED_MAX.blocksMax + 1) * 2 }, (_, index) => series + index * 200);
    for (const each of many) ledger.note(each, run(MARCH_MS, MARCH_MS + 10));
    const before = table.changes;
    await ledger.flush();
    expect(table.changes - before).toBe(Math.ceil((many.length * 200) / SERIES_PER_BLOCK / FLUSHED_MAX.blocksMax));
    const known = await opened().runsOf(many, ALL);
    expect([...known.values()]).toEqual(many.map(() => [run(MARCH_MS, MARCH_MS + 10)]));
    series = (many.at(-1) ?? 0) + SERIES_PER_BLOCK;
  });

  test("must be a run that can be written", () => {
    for (const bad of [run(5, 5), run(-1, 5), { ...run(1, 5), request: REQUEST_MAX + 1 }, run(0.5, 5)]) {
      expect(() => ledger.note(series, bad)).toThrow(RangeError);
    }
  });

  test("is nothing outside of time", async () => {
    ledger.note(series, run(MARCH_MS, MARCH_MS + 10));
    expect(await ledger.runs(series, { fromMs: 5, toMs: 5 })).toEqual([]);
    expect(await ledger.runs(series, { fromMs: -10, toMs: -5 })).toEqual([]);
    expect(await ledger.runs(series + 1, ALL)).toEqual([]);
  });
});

describe("the background", () => {
  test("writes every ten seconds, and the rest at the end", async () => {
    ledger.start();
    ledger.note(series, run(MARCH_MS, MARCH_MS + 10));
    await clock.advance(LEDGER_FLUSH_MS - 1);
    expect(await opened().runs(series, ALL)).toEqual([]);
    await clock.advance(1);
    // The write goes through a file, which the clock does not wait for.
    await expect.poll(() => opened().runs(series, ALL)).toEqual([run(MARCH_MS, MARCH_MS + 10)]);
    ledger.note(series, run(MARCH_MS + 20, MARCH_MS + 30));
    await ledger.close();
    await ledger.close();
    expect(await opened().runs(series, ALL)).toEqual([run(MARCH_MS, MARCH_MS + 10), run(MARCH_MS + 20, MARCH_MS + 30)]);
  });

  test("waits for a database that is away, and says so once", async () => {
    const lines: string[] = [];
    const log: Log = { ...silentLog, warn: (_, line) => lines.push(line), info: (_, line) => lines.push(line) };
    const waiting = opened(log);
    waiting.start();
    table.fates.push("refused", "refused", "refused");
    waiting.note(series, run(MARCH_MS, MARCH_MS + 10));
    for (let attempt = 0; attempt < 4; attempt++) {
      await clock.advance(LEDGER_FLUSH_MS);
      await expect.poll(() => table.fates.length).toBe(Math.max(0, 2 - attempt));
      await waiting.runs(series, ALL);
    }
    await expect
      .poll(() => lines)
      .toEqual(["the coverage ledger waits for the catalogue", "the coverage ledger is written again"]);
    expect(await opened().runs(series, ALL)).toEqual([run(MARCH_MS, MARCH_MS + 10)]);
    await waiting.close();
  });

  test("ends when the database takes nothing at the end", async () => {
    ledger.note(series, run(MARCH_MS, MARCH_MS + 10));
    table.fates.push("refused");
    await ledger.close();
    expect(await opened().runs(series, ALL)).toEqual([]);
  });
});

describe("a database that is away", () => {
  test.each(["refused", "stored, and not told"] as const)("(%s) leaves what is noted noted", async (fate) => {
    const runs = [run(MARCH_MS, MARCH_MS + 10, "failed"), run(MARCH_MS + 10, MARCH_MS + 20)];
    for (const each of runs) ledger.note(series, each);
    table.fates.push(fate);
    const flushed = ledger.flush();
    // While it is being written the newest run makes way for another, which then overlaps what it was.
    const isUnderWay = Promise.resolve().then(() => {
      ledger.note(series, run(MARCH_MS + 15, MARCH_MS + 17, "failed"));
      ledger.note(series, run(MARCH_MS + 17, MARCH_MS + 25));
    });
    await expect(flushed).rejects.toThrow(StorageUnavailable);
    await isUnderWay;
    const expected = [run(MARCH_MS, MARCH_MS + 10, "failed"), run(MARCH_MS + 10, MARCH_MS + 25)];
    expect(await ledger.runs(series, ALL)).toEqual(expected);
    await ledger.flush();
    expect(await opened().runs(series, ALL)).toEqual(expected);
  });

  test("makes it forget the oldest past its bound, and never invent", async () => {
    const held = 20;
    const bounded = opened(silentLog, held);
    const noted = Array.from({ length: held + 5 }, (_, index) => run(MARCH_MS + index * 10, MARCH_MS + index * 10 + 5));
    for (const each of noted) bounded.note(series, each);
    // A stream, its newest run and the closed ones.
    expect(await bounded.runs(series, ALL)).toEqual(noted.slice(-held));
    const edge = opened(silentLog, held);
    for (const each of noted.slice(0, held)) edge.note(series, each);
    expect(await edge.runs(series, ALL)).toEqual(noted.slice(0, held));
  });

  test("takes whole streams from memory once no other run waits, those first that are written", async () => {
    const bounded = opened(silentLog, 3);
    const streams = [0, 1, 2, 3, 4].map((index) => series + index);
    const known = run(MARCH_MS, MARCH_MS + 5);
    for (const each of streams.slice(0, 2)) bounded.note(each, known);
    await bounded.flush();
    for (const each of streams.slice(2)) bounded.note(each, known);
    // The two that are written are on disk; of the three others none had to go.
    expect([...(await bounded.runsOf(streams, ALL)).values()]).toEqual(streams.map(() => [known]));
    bounded.note(series + 5, known);
    expect(await bounded.runs(series + 2, ALL)).toEqual([]);
    expect(await bounded.runs(series + 3, ALL)).toEqual([known]);
  });
});

test("a row that cannot be read is left out, said in the log, and written anew", async () => {
  const errors: object[] = [];
  const month = monthOf(MARCH_MS);
  const block = Math.floor(series / SERIES_PER_BLOCK);
  await table.change(async (rows) => {
    await rows.putSegments([{ series, month, runs: Uint8Array.of(99) }]);
    await rows.putTails([{ block, runs: Uint8Array.of(1, 0) }]);
  });
  const careful = opened({ ...silentLog, error: (facts) => errors.push(facts) });
  expect(await careful.runs(series, ALL)).toEqual([]);
  expect(errors).toMatchObject([{ block }, { series, month }]);
  careful.note(series, run(MARCH_MS, MARCH_MS + 10, "failed"));
  careful.note(series, run(MARCH_MS + 10, MARCH_MS + 20));
  await careful.flush();
  errors.length = 0;
  expect(await careful.runs(series, ALL)).toHaveLength(2);
  expect(errors).toEqual([]);
});

test("two servers of one catalogue keep what each has noted", async () => {
  const other = opened();
  for (let index = 0; index < 10; index++) {
    const server = index % 2 === 0 ? ledger : other;
    server.note(series, run(MARCH_MS + index * 10, MARCH_MS + (index + 1) * 10));
    if (index % 3 === 0) await Promise.all([ledger.flush(), other.flush()]);
  }
  await Promise.all([ledger.flush(), other.flush()]);
  expect(await opened().runs(series, ALL)).toEqual([run(MARCH_MS, MARCH_MS + 100)]);
});
